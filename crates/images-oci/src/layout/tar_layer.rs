//! Layers that come as archives from elsewhere.

use std::io::{self, Read, Write};

use super::layers::{Hashing, Layer};
use super::{Layout, LayoutError};
use crate::layer::{Compression, LayerError};
use crate::model::{Descriptor, Digest, Hasher};

impl Layout {
    /// Writes a layer of an archive that is there already, uncompressed, or finds the one that was made of it before.
    ///
    /// # Errors
    /// The archive cannot be read, or its digest is not `diff_id`; or the layout cannot be written.
    pub fn layer_of_tar(
        &self,
        diff_id: Digest,
        compression: Compression,
        open: impl FnOnce() -> io::Result<Box<dyn Read + Send>>,
    ) -> Result<Layer, LayoutError> {
        let key = blake3::Hasher::new_derive_key("xtask-images layer of an archive, version 1")
            .update(format!("{diff_id} {compression:?}").as_bytes())
            .finalize();
        if let Some(layer) = self.recorded(key).filter(|layer| self.has(&layer.descriptor)) {
            return Ok(layer);
        }
        let mut tar = open().map_err(LayerError::Io)?;
        let (found, blob) = compression.compress(self.write_blob()?, |out| {
            let mut hashing = Hashing { out, hasher: Hasher::default() };
            io::copy(&mut tar, &mut hashing)?;
            hashing.flush()?;
            Ok::<_, LayerError>(hashing.hasher.finish())
        })?;
        if found != diff_id {
            let reason = format!("the layer in the archive is {found}");
            return Err(self.damaged(&diff_id, reason));
        }
        let (digest, size) = blob.finish()?;
        let layer = Layer { diff_id, descriptor: Descriptor::new(compression.media_type(), digest, size) };
        self.record(key, &layer)?;
        Ok(layer)
    }
}
