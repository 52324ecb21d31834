//! What a registry has by a name, and whether it is what would be released.

use std::collections::BTreeMap;

use images_oci::layout::DOCUMENT_LIMIT;
use images_oci::model::{Descriptor, Digest, ImageConfig, Index, Manifest, media_type};
use images_oci::registry::{Client, Name, RawManifest, Repository};

use crate::Error;
use crate::store::{IMAGE_LABEL, KEY_LABEL};

/// The label of the commit.
const REVISION_LABEL: &str = "org.opencontainers.image.revision";
/// The label of the version.
const VERSION_LABEL: &str = "org.opencontainers.image.version";

/// What a registry has by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The manifest or index.
    pub(super) raw: RawManifest,
    /// What the image says; of an index, each image in it.
    images: Vec<About>,
}

/// What an image's configuration says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct About {
    labels: BTreeMap<String, String>,
    /// Its layers as they are uncompressed, the lowest first.
    layers: Vec<Digest>,
}

impl Found {
    /// Asks for a name; `None` where the registry itself says that there is no such thing.
    ///
    /// # Errors
    /// Every other answer: what cannot be known is never "absent".
    pub(super) fn get(client: &Client, repository: &Repository, name: &Name) -> Result<Option<Self>, Error> {
        let raw = match client.manifest(repository, name) {
            Ok(raw) => raw,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let images = images(client, repository, &raw)?;
        Ok(Some(Self { raw, images }))
    }

    /// Whether its images have exactly these keys, in any order.
    pub(super) fn has_keys(&self, keys: &[String]) -> bool {
        let mut expected: Vec<&str> = keys.iter().map(String::as_str).collect();
        let mut found: Vec<&str> = self.keys().into_iter().map(Option::unwrap_or_default).collect();
        expected.sort_unstable();
        found.sort_unstable();
        expected == found
    }

    /// The key of each image, if it has one.
    pub(super) fn keys(&self) -> Vec<Option<&str>> {
        self.images.iter().map(|image| image.labels.get(KEY_LABEL).map(String::as_str)).collect()
    }

    /// The version that it says it has.
    pub(super) fn version(&self) -> Option<&str> {
        self.images.first()?.labels.get(VERSION_LABEL).map(String::as_str)
    }

    /// The commit that it says it was made at. Whoever pushed it wrote that, so it is one by its form at least.
    pub(super) fn revision(&self) -> Option<&str> {
        let revision = self.images.first()?.labels.get(REVISION_LABEL)?;
        let is_id =
            matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then_some(revision.as_str())
    }

    /// The layers of what is one image, as they are uncompressed.
    pub(super) fn layers(&self) -> &[Digest] {
        match self.images.as_slice() {
            [image] => &image.layers,
            _ => &[],
        }
    }

    /// Whether this tag is the very version of what it names.
    pub(super) fn is_own_tag(&self, tag: &str) -> bool {
        let named = self.images.first().and_then(|image| image.labels.get(IMAGE_LABEL));
        let own = named.and_then(|name| name.rsplit_once(':')).is_some_and(|(_, own)| own == tag);
        own || self.version().is_some_and(|version| version.replace('+', "_") == tag)
    }
}

fn images(client: &Client, repository: &Repository, raw: &RawManifest) -> Result<Vec<About>, Error> {
    if !media_type::is_index(&raw.descriptor.media_type) {
        return Ok(vec![about(client, repository, raw)?]);
    }
    let index: Index = parsed(repository, &raw.descriptor, &raw.bytes)?;
    // What builders attach to images in an index is marked so.
    let is_image =
        |child: &&Descriptor| child.platform.as_ref().is_none_or(|platform| platform.os != "unknown");
    let mut images = Vec::new();
    for child in index.manifests.iter().filter(is_image) {
        let child = client.manifest(repository, &Name::Digest(child.digest))?;
        images.push(match media_type::is_index(&child.descriptor.media_type) {
            true => About::default(),
            false => about(client, repository, &child)?,
        });
    }
    Ok(images)
}

fn about(client: &Client, repository: &Repository, raw: &RawManifest) -> Result<About, Error> {
    let manifest: Manifest = parsed(repository, &raw.descriptor, &raw.bytes)?;
    let config = &manifest.config;
    if ![media_type::CONFIG, media_type::DOCKER_CONFIG].contains(&config.media_type.as_str()) {
        return Ok(About::default());
    }
    if config.size > DOCUMENT_LIMIT {
        let message = format!("{repository}: the configuration {} has {} bytes", config.digest, config.size);
        return Err(Error::Transfer { message, help: None });
    }
    let mut bytes = Vec::new();
    client.blob(repository, config, &mut bytes)?;
    let config: ImageConfig = parsed(repository, config, &bytes)?;
    Ok(About { labels: config.config.labels, layers: config.rootfs.diff_ids })
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(
    repository: &Repository,
    descriptor: &Descriptor,
    bytes: &[u8],
) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("{repository}@{} cannot be read: {error}", descriptor.digest);
        Error::Transfer { message, help: None }
    })
}
