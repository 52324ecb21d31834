//! Blobs, streamed in and out.

use std::fs::{self, File};
use std::io::{self, Read, Write};

use tempfile::NamedTempFile;

use super::{Layout, LayoutError, readable};
use crate::model::{Descriptor, Digest, Hasher};

/// Writes a blob. Nothing of it is seen before [`BlobWriter::finish`]; one that is dropped leaves nothing.
pub struct BlobWriter {
    layout: Layout,
    file: NamedTempFile,
    hasher: Hasher,
    size: u64,
}

/// Reads a blob. With its last byte it fails if the bytes are not the ones that the descriptor promised, so whoever got
/// them all has the right ones.
pub struct BlobReader {
    layout: Layout,
    expected: Descriptor,
    file: File,
    hasher: Option<Hasher>,
    size: u64,
}

impl Layout {
    /// Begins a blob.
    ///
    /// # Errors
    /// The layout cannot be written.
    pub fn write_blob(&self) -> Result<BlobWriter, LayoutError> {
        let scratch = self.scratch();
        let file = NamedTempFile::new_in(&scratch).map_err(LayoutError::io("write into", scratch))?;
        Ok(BlobWriter { layout: self.clone(), file, hasher: Hasher::default(), size: 0 })
    }

    /// Opens a blob for reading.
    ///
    /// # Errors
    /// It is absent, or its file has another size than the descriptor says.
    pub fn read_blob(&self, blob: &Descriptor) -> Result<BlobReader, LayoutError> {
        let path = self.blob_path(&blob.digest);
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => LayoutError::Absent { path: path.clone() },
            _ => LayoutError::io("read", path.clone())(error),
        })?;
        let size = file.metadata().map_err(LayoutError::io("read", path))?.len();
        if size != blob.size {
            return Err(self.damaged(&blob.digest, format!("it has {size} bytes instead of {}", blob.size)));
        }
        let hasher = Some(Hasher::default());
        Ok(BlobReader { layout: self.clone(), expected: blob.clone(), file, hasher, size: 0 })
    }

    /// Removes a blob with other bytes than its name says, as nothing but reading it shows that it is not there.
    pub(super) fn removed(&self, digest: &Digest, found: &Digest) -> LayoutError {
        if digest != found
            && let Err(error) = self.drop_blob(digest)
        {
            return error;
        }
        self.damaged(digest, format!("its bytes are {found}"))
    }

    pub(super) fn damaged(&self, digest: &Digest, reason: String) -> LayoutError {
        LayoutError::Damaged { path: self.blob_path(digest), digest: *digest, reason }
    }
}

impl BlobWriter {
    /// Puts the blob into its place; one that is there already is kept. Returns its digest and its size.
    ///
    /// # Errors
    /// It cannot be written to the disk.
    pub fn finish(self) -> Result<(Digest, u64), LayoutError> {
        let digest = self.hasher.finish();
        let path = self.layout.blob_path(&digest);
        if fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() == self.size) {
            return Ok((digest, self.size));
        }
        let file = self.file;
        file.as_file()
            .set_permissions(readable())
            .and_then(|()| file.as_file().sync_data())
            .and_then(|()| file.persist(&path).map_err(|error| error.error))
            .map_err(LayoutError::io("write", path))?;
        Ok((digest, self.size))
    }

    /// As [`BlobWriter::finish`], for a blob whose digest and size are known: what came must be that.
    ///
    /// # Errors
    /// It is another blob, of which nothing is kept; or it cannot be written to the disk.
    pub fn finish_as(self, expected: &Descriptor) -> Result<(), LayoutError> {
        let digest = self.hasher.clone().finish();
        if (digest, self.size) != (expected.digest, expected.size) {
            let reason =
                format!("what came is {digest} of {} bytes, instead of {} bytes", self.size, expected.size);
            return Err(self.layout.damaged(&expected.digest, reason));
        }
        self.finish().map(drop)
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.size += read as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        // Whoever knows the size reads no further than that.
        if self.size >= self.expected.size || (read == 0 && !buffer.is_empty()) {
            self.verify()?;
        }
        Ok(read)
    }
}

impl BlobReader {
    fn verify(&mut self) -> io::Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let digest = hasher.finish();
        if digest == self.expected.digest && self.size == self.expected.size {
            return Ok(());
        }
        Err(io::Error::other(self.layout.removed(&self.expected.digest, &digest)))
    }
}
