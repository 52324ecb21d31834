//! Layers, made once for equal entries.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::sync::{Arc, Mutex};

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::fingerprint::fingerprint;
use super::names::lock;
use super::{Layout, LayoutError, replace};
use crate::layer::{Compression, Entry, LayerError, write_tar};
use crate::model::{Descriptor, Digest, Hasher};

/// A layer that is in a layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The digest of the archive as it is uncompressed.
    pub diff_id: Digest,
    /// Points at the blob.
    pub descriptor: Descriptor,
}

/// Which layers are being made.
#[derive(Debug, Default)]
pub(super) struct Layers {
    making: Mutex<HashMap<blake3::Hash, Arc<Mutex<()>>>>,
}

impl Layout {
    /// Writes a layer, or finds the one that was made of equal entries before. That one is believed only if its blob is
    /// there with the size that was recorded; the records are in a folder beside the layout, and deleting them costs time.
    ///
    /// # Errors
    /// A file of the layer cannot be read or changed while it was, or the layout cannot be written.
    pub fn layer(&self, entries: &[Entry], compression: Compression) -> Result<Layer, LayoutError> {
        let key = fingerprint(entries, compression).map_err(LayerError::Io)?;
        let making = Arc::clone(lock(&self.inner.layers.making).entry(key).or_default());
        let _alone = lock(&making);
        if let Some(layer) = self.recorded(key).filter(|layer| self.has(&layer.descriptor)) {
            return Ok(layer);
        }
        let layer = self.write_layer(entries, compression)?;
        self.record(key, &layer)?;
        Ok(layer)
    }

    fn write_layer(&self, entries: &[Entry], compression: Compression) -> Result<Layer, LayoutError> {
        let blob = self.write_blob()?;
        let (diff_id, blob) = compression.compress(blob, |out| {
            let mut tar = Hashing { out, hasher: Hasher::default() };
            write_tar(entries, &mut tar)?;
            Ok::<_, LayerError>(tar.hasher.finish())
        })?;
        let (digest, size) = blob.finish()?;
        Ok(Layer { diff_id, descriptor: Descriptor::new(compression.media_type(), digest, size) })
    }

    /// The folder of records.
    pub(super) fn records(&self) -> Utf8PathBuf {
        let root = &self.inner.root;
        let name = format!("{}-layers", root.file_name().unwrap_or("oci"));
        root.with_file_name(name)
    }

    fn record_path(&self, key: blake3::Hash) -> Utf8PathBuf {
        self.records().join(key.to_hex().as_str())
    }

    /// The layer that a file of [`Layout::records`] is about.
    pub(super) fn record_of(&self, name: &str) -> Option<Layer> {
        self.recorded(blake3::Hash::from_hex(name).ok()?)
    }

    /// A record that was cut off, changed or put under another key is none.
    pub(super) fn recorded(&self, key: blake3::Hash) -> Option<Layer> {
        let text = fs::read_to_string(self.record_path(key)).ok()?;
        let (layer, check) = text.split_once('\n')?;
        if check != check_of(key, layer) {
            return None;
        }
        serde_json::from_str(layer).ok()
    }

    pub(super) fn record(&self, key: blake3::Hash, layer: &Layer) -> Result<(), LayoutError> {
        let path = self.record_path(key);
        let text = serde_json::to_string(layer)
            .map_err(|error| LayoutError::io("encode", path.clone())(error.into()))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(LayoutError::io("create", folder))?;
        }
        replace(&self.scratch(), &path, format!("{text}\n{}", check_of(key, &text)).as_bytes())
    }
}

fn check_of(key: blake3::Hash, layer: &str) -> String {
    blake3::keyed_hash(key.as_bytes(), layer.as_bytes()).to_hex().to_string()
}

/// Hashes what it passes on.
pub(super) struct Hashing<'w> {
    pub(super) out: &'w mut dyn Write,
    pub(super) hasher: Hasher,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
