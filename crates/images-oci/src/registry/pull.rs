//! An image comes from a registry.

use std::collections::BTreeMap;
use std::io::{self, Write};

use images_engine::threads;

use super::client::Client;
use super::platform::select;
use super::{Name, RawManifest, RegistryError, RegistryErrorKind, Repository};
use crate::model::{Descriptor, Digest, Index, Manifest, Platform, media_type};

/// Where the blobs of an image go.
pub trait BlobSink: Sync {
    /// Whether the blob is there, whole and right.
    ///
    /// # Errors
    /// That cannot be found out.
    fn has_blob(&self, descriptor: &Descriptor) -> io::Result<bool>;

    /// Keeps what `fill` writes; nothing of it where `fill` fails. `fill` is called once, and fails if what it wrote is
    /// not the blob.
    ///
    /// # Errors
    /// Those of `fill`, as they are, and its own.
    fn keep_blob(
        &self,
        descriptor: &Descriptor,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()>;
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// What the name means: an index, or the manifest.
    pub named: Descriptor,
    /// The manifest of the image.
    pub manifest: RawManifest,
}

/// Gets an image for a platform with all its blobs into the sink; those that are there are not got. An image that is in
/// no index is taken as it is. Manifest and index go into the sink last.
///
/// # Errors
/// There is none, or none for the platform; a part is not what its digest says; whatever may happen on the way.
pub fn pull_image(
    client: &Client,
    repository: &Repository,
    name: &Name,
    platform: &Platform,
    sink: &dyn BlobSink,
) -> Result<Pulled, RegistryError> {
    let named = client.manifest(repository, name)?;
    let index = named.clone();
    let manifest = of_platform(client, repository, named, platform)?;
    let parsed: Manifest = parse(repository, &manifest)?;
    let blobs = std::iter::once(&parsed.config).chain(&parsed.layers);
    let blobs: BTreeMap<Digest, &Descriptor> = blobs.map(|blob| (blob.digest, blob)).collect();
    let blobs: Vec<&Descriptor> = blobs.into_values().collect();
    let kept = threads::map(client.options.jobs, &blobs, |blob| keep(client, repository, blob, sink));
    kept.into_iter().collect::<Result<(), _>>()?;
    for raw in [&manifest, &index] {
        keep_bytes(raw, sink)?;
    }
    Ok(Pulled { named: index.descriptor, manifest })
}

/// Follows indexes, of which one may be in another.
fn of_platform(
    client: &Client,
    repository: &Repository,
    mut raw: RawManifest,
    platform: &Platform,
) -> Result<RawManifest, RegistryError> {
    for _ in 0..4 {
        if !media_type::is_index(&raw.descriptor.media_type) {
            return Ok(raw);
        }
        let index: Index = parse(repository, &raw)?;
        let child = select(&index, platform).map_err(|error| {
            let message = format!("{repository}@{}: {error}", raw.descriptor.digest);
            RegistryError { message, ..error }
        })?;
        raw = client.manifest(repository, &Name::Digest(child.digest))?;
    }
    Err(unusable(repository, &raw))
}

fn parse<T: serde::de::DeserializeOwned>(
    repository: &Repository,
    raw: &RawManifest,
) -> Result<T, RegistryError> {
    serde_json::from_slice(&raw.bytes).map_err(|_| unusable(repository, raw))
}

fn unusable(repository: &Repository, raw: &RawManifest) -> RegistryError {
    let message = format!("{repository}@{} is neither a manifest nor an index", raw.descriptor.digest);
    RegistryError::new(RegistryErrorKind::Garbled, message)
}

fn keep(
    client: &Client,
    repository: &Repository,
    blob: &Descriptor,
    sink: &dyn BlobSink,
) -> Result<(), RegistryError> {
    if sink.has_blob(blob).map_err(|error| kept(blob, error))? {
        return Ok(());
    }
    let mut fill = |into: &mut dyn Write| client.blob(repository, blob, into).map_err(io::Error::other);
    sink.keep_blob(blob, &mut fill).map_err(|error| kept(blob, error))
}

fn keep_bytes(raw: &RawManifest, sink: &dyn BlobSink) -> Result<(), RegistryError> {
    let blob = &raw.descriptor;
    let keep = || match sink.has_blob(blob)? {
        true => Ok(()),
        false => sink.keep_blob(blob, &mut |into| into.write_all(&raw.bytes)),
    };
    keep().map_err(|error| kept(blob, error))
}

/// Our own error is in that of the sink.
fn kept(blob: &Descriptor, error: io::Error) -> RegistryError {
    match error.downcast::<RegistryError>() {
        Ok(own) => own,
        Err(error) => RegistryError::local(&format!("the blob {} cannot be kept", blob.digest), &error),
    }
}
