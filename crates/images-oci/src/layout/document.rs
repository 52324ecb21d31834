//! Manifests, indexes and configurations: blobs that are read whole.

use std::fs::{self, File};
use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Layout, LayoutError};
use crate::model::{Descriptor, Digest, ImageConfig, Index, Manifest, media_type};

/// The largest manifest, index or configuration in bytes: what registries have to take
/// (<https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests>).
pub const DOCUMENT_LIMIT: u64 = 4 << 20;

impl Layout {
    /// Stores bytes that are here. Ones that are there already are not written again.
    ///
    /// # Errors
    /// The layout cannot be written.
    pub fn put(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, LayoutError> {
        let descriptor = Descriptor::of(media_type, bytes);
        if !self.has(&descriptor) {
            let mut blob = self.write_blob()?;
            blob.write_all(bytes).map_err(LayoutError::io("write into", self.scratch()))?;
            blob.finish()?;
        }
        Ok(descriptor)
    }

    /// Stores a document.
    ///
    /// # Errors
    /// It has more than [`DOCUMENT_LIMIT`] bytes, or the layout cannot be written.
    pub fn put_document(
        &self,
        media_type: &str,
        document: &impl Serialize,
    ) -> Result<Descriptor, LayoutError> {
        let bytes = serde_json::to_vec(document)
            .map_err(|error| LayoutError::io("encode", self.scratch())(error.into()))?;
        self.check_size(&Digest::of(&bytes), bytes.len() as u64)?;
        self.put(media_type, &bytes)
    }

    /// The bytes of a document, verified.
    ///
    /// # Errors
    /// It is absent, damaged or larger than [`DOCUMENT_LIMIT`].
    pub fn document(&self, document: &Descriptor) -> Result<Vec<u8>, LayoutError> {
        self.check_size(&document.digest, document.size)?;
        let path = self.blob_path(&document.digest);
        let mut bytes = Vec::with_capacity(usize::try_from(document.size).unwrap_or_default() + 1);
        File::open(&path).and_then(|file| file.take(document.size + 1).read_to_end(&mut bytes)).map_err(
            |error| match error.kind() {
                io::ErrorKind::NotFound => LayoutError::Absent { path: path.clone() },
                _ => LayoutError::io("read", path.clone())(error),
            },
        )?;
        if bytes.len() as u64 != document.size {
            let size = fs::metadata(&path).map_or(bytes.len() as u64, |file| file.len());
            let reason = format!("it has {size} bytes instead of {}", document.size);
            return Err(self.damaged(&document.digest, reason));
        }
        match Digest::of(&bytes) {
            digest if digest == document.digest => Ok(bytes),
            digest => Err(self.removed(&document.digest, &digest)),
        }
    }

    /// A manifest.
    ///
    /// # Errors
    /// As [`Layout::document`]; the descriptor is none of a manifest, or the document is none.
    pub fn manifest(&self, manifest: &Descriptor) -> Result<Manifest, LayoutError> {
        self.parsed(manifest, media_type::is_manifest, "an image manifest")
    }

    /// An index.
    ///
    /// # Errors
    /// As [`Layout::document`]; the descriptor is none of an index, or the document is none.
    pub fn index(&self, index: &Descriptor) -> Result<Index, LayoutError> {
        self.parsed(index, media_type::is_index, "an image index")
    }

    /// The configuration of an image.
    ///
    /// # Errors
    /// As [`Layout::document`]; the descriptor is none of a configuration, or the document is none.
    pub fn config(&self, config: &Descriptor) -> Result<ImageConfig, LayoutError> {
        let is_config = |found: &str| [media_type::CONFIG, media_type::DOCKER_CONFIG].contains(&found);
        self.parsed(config, is_config, "an image configuration")
    }

    fn parsed<T: DeserializeOwned>(
        &self,
        descriptor: &Descriptor,
        is_expected: impl Fn(&str) -> bool,
        expected: &'static str,
    ) -> Result<T, LayoutError> {
        if !is_expected(&descriptor.media_type) {
            let found = descriptor.media_type.clone();
            return Err(LayoutError::MediaType { digest: descriptor.digest, found, expected });
        }
        let bytes = self.document(descriptor)?;
        serde_json::from_slice(&bytes).map_err(|error| LayoutError::Malformed {
            path: self.blob_path(&descriptor.digest),
            reason: format!("it is no {}: {error}", expected.trim_start_matches("an ")),
        })
    }

    fn check_size(&self, digest: &Digest, size: u64) -> Result<(), LayoutError> {
        if size > DOCUMENT_LIMIT {
            return Err(LayoutError::TooLarge { path: self.blob_path(digest), size, limit: DOCUMENT_LIMIT });
        }
        Ok(())
    }
}
