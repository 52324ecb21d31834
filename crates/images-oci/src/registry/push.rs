//! An image goes to a registry.
//!
//! 1. Its manifests are read, and their blobs collected, each once.
//! 2. Blobs are sent in parallel: those that are there are not, and those of other repositories are mounted.
//! 3. Manifests follow, those of an index before it; blobs that the registry forgot meanwhile are sent again.
//! 4. The tags are read back.

use std::collections::BTreeMap;
use std::io::{self, Read};

use images_engine::threads;

use super::client::Client;
use super::manifests::Put;
use super::{MANIFEST_LIMIT, Name, RawManifest, RegistryError, RegistryErrorKind, Repository, Sent};
use crate::model::{Descriptor, Digest, Index, Manifest, media_type};

/// How often forgotten blobs are sent again for one manifest.
const REMINDERS: usize = 3;
/// How deep indexes may be nested.
const DEPTH: usize = 4;

/// Where the blobs of an image are.
pub trait BlobSource: Sync {
    /// Opens a blob from its byte `offset` on.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    fn open_blob(&self, descriptor: &Descriptor, offset: u64) -> io::Result<Box<dyn Read + '_>>;

    /// The bytes of a manifest or index.
    ///
    /// # Errors
    /// As [`BlobSource::open_blob`].
    fn manifest(&self, descriptor: &Descriptor) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_blob(descriptor, 0)?.take(MANIFEST_LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// An image that is to be sent.
pub struct Push<'a> {
    /// Where its blobs are.
    pub source: &'a dyn BlobSource,
    /// Its manifest or index.
    pub root: &'a Descriptor,
    /// Where it goes.
    pub repository: &'a Repository,
    /// Its tags there; it can be had by its digest in any case.
    pub tags: &'a [String],
    /// Repositories of the same registry that may have its blobs.
    pub elsewhere: &'a [Repository],
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the manifest or index, as the registry has it.
    pub digest: Digest,
    /// Blobs that were there.
    pub present: usize,
    /// Blobs that the registry took from elsewhere.
    pub mounted: usize,
    /// Blobs that were sent.
    pub uploaded: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

/// The parts of an image.
#[derive(Default)]
struct Parts {
    /// Children before their parents, each with its blobs.
    manifests: Vec<(RawManifest, Vec<Descriptor>)>,
}

/// Sends an image, and returns its digest and what that took.
///
/// # Errors
/// A part of it cannot be read, or is not what its digest says; whatever the registry refuses.
pub fn push_image(client: &Client, push: &Push<'_>) -> Result<Pushed, RegistryError> {
    let mut parts = Parts::default();
    parts.collect(push.source, push.root, 0)?;
    let blobs: BTreeMap<Digest, &Descriptor> =
        parts.manifests.iter().flat_map(|(_, blobs)| blobs).map(|blob| (blob.digest, blob)).collect();
    let blobs: Vec<&Descriptor> = blobs.into_values().collect();
    let sent = threads::map(client.options.jobs, &blobs, |blob| {
        let open = |offset| push.source.open_blob(blob, offset);
        client.push_blob(push.repository, blob, &open, push.elsewhere)
    });
    let mut pushed = Pushed { digest: push.root.digest, present: 0, mounted: 0, uploaded: 0, bytes: 0 };
    for (blob, sent) in blobs.iter().zip(sent) {
        pushed.count(blob, sent?);
    }
    for (manifest, blobs) in &parts.manifests {
        let is_root = manifest.descriptor.digest == push.root.digest;
        let tags = if is_root { push.tags } else { &[] };
        push_part(client, push, manifest, blobs, tags, &mut pushed)?;
    }
    Ok(pushed)
}

impl Pushed {
    fn count(&mut self, blob: &Descriptor, sent: Sent) {
        match sent {
            Sent::Present => self.present += 1,
            Sent::Mounted => self.mounted += 1,
            Sent::Uploaded => {
                self.uploaded += 1;
                self.bytes += blob.size;
            }
        }
    }
}

impl Parts {
    fn collect(
        &mut self,
        source: &dyn BlobSource,
        descriptor: &Descriptor,
        depth: usize,
    ) -> Result<(), RegistryError> {
        if self.manifests.iter().any(|(known, _)| known.descriptor.digest == descriptor.digest) {
            return Ok(());
        }
        let wrong = |why: &str| {
            let message = format!("the manifest {} cannot be sent: {why}", descriptor.digest);
            RegistryError::new(RegistryErrorKind::Mismatch, message)
        };
        let bytes = source.manifest(descriptor);
        let what = || format!("the manifest {} cannot be read", descriptor.digest);
        let bytes = bytes.map_err(|error| RegistryError::local(&what(), &error))?;
        if bytes.len() as u64 > MANIFEST_LIMIT {
            return Err(wrong(&format!("it has more than {MANIFEST_LIMIT} bytes")));
        }
        let raw = RawManifest::new(&descriptor.media_type, bytes);
        if raw.descriptor.digest != descriptor.digest {
            return Err(wrong("its bytes have another digest"));
        }
        let blobs = if media_type::is_index(&descriptor.media_type) {
            if depth == DEPTH {
                return Err(wrong("it is too deep within other indexes"));
            }
            let index: Index = serde_json::from_slice(&raw.bytes).map_err(|_| wrong("it is no index"))?;
            for child in &index.manifests {
                self.collect(source, child, depth + 1)?;
            }
            Vec::new()
        } else {
            let manifest: Manifest =
                serde_json::from_slice(&raw.bytes).map_err(|_| wrong("it is no manifest"))?;
            std::iter::once(manifest.config).chain(manifest.layers).filter(is_distributed).collect()
        };
        self.manifests.push((raw, blobs));
        Ok(())
    }
}

/// Layers that may not be copied come from where their licence says:
/// <https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers>.
pub fn is_distributed(blob: &Descriptor) -> bool {
    !blob.media_type.contains(".nondistributable.") && !blob.media_type.contains(".foreign.")
}

fn push_part(
    client: &Client,
    push: &Push<'_>,
    manifest: &RawManifest,
    blobs: &[Descriptor],
    tags: &[String],
    pushed: &mut Pushed,
) -> Result<(), RegistryError> {
    let digest = manifest.descriptor.digest;
    put_with_blobs(client, push, &Name::Digest(digest), manifest, blobs, pushed)?;
    for tag in tags {
        let name = Name::Tag(tag.clone());
        put_with_blobs(client, push, &name, manifest, blobs, pushed)?;
        let found = client.manifest_digest(push.repository, &name)?;
        if found != Some(digest) {
            let found = found.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string());
            let message = format!("{}:{tag} is {found} after {digest} was sent", push.repository);
            return Err(RegistryError::new(RegistryErrorKind::Mismatch, message)
                .help("somebody else may have sent that tag at the same time; send it again"));
        }
    }
    Ok(())
}

/// Sends a manifest, and again the blobs that the registry does not find any more.
fn put_with_blobs(
    client: &Client,
    push: &Push<'_>,
    name: &Name,
    manifest: &RawManifest,
    blobs: &[Descriptor],
    pushed: &mut Pushed,
) -> Result<(), RegistryError> {
    for _ in 0..REMINDERS {
        let named = match client.put_manifest(push.repository, name, manifest)? {
            Put::Done { knows_subject } => {
                return client.note_subject(push.repository, manifest, knows_subject);
            }
            Put::Missing { digests, .. } => digests,
        };
        let is_meant = |blob: &&Descriptor| named.is_empty() || named.contains(&blob.digest);
        let meant: Vec<&Descriptor> = blobs.iter().filter(is_meant).collect();
        let sent = threads::map(client.options.jobs, &meant, |blob| {
            let open = |offset| push.source.open_blob(blob, offset);
            client.send_blob(push.repository, blob, &open, &[])
        });
        for (blob, sent) in meant.iter().zip(sent) {
            pushed.count(blob, sent?);
        }
    }
    match client.put_manifest(push.repository, name, manifest)? {
        Put::Done { knows_subject } => client.note_subject(push.repository, manifest, knows_subject),
        Put::Missing { error, .. } => {
            Err(error.help("the registry forgets what it is sent; ask its operator"))
        }
    }
}
