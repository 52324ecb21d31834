//! Where the bytes of a file are.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::Spool;
use super::spool::Slice;

/// Where the bytes of a file are.
#[derive(Debug, Clone)]
pub enum Content {
    /// Here.
    Inline(Arc<[u8]>),
    /// In a file of their own.
    Staged(Arc<StagedFile>),
    /// Inside of an archive.
    Spooled {
        /// The archive.
        spool: Arc<Spool>,
        /// Where they start in the archive as it is uncompressed.
        offset: u64,
    },
}

/// A file of a staged context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// What stands for its bytes: a hash that the caller knows. Equal keys must mean equal bytes.
    pub key: Option<String>,
    /// The BLAKE3 hash that its bytes must have, where it is not ours and may change: it is verified as it is read.
    pub hash: Option<[u8; 32]>,
}

/// Reads a file, and fails at the end of what was expected of it if that is not what came.
struct Verified {
    file: File,
    hasher: blake3::Hasher,
    expected: [u8; 32],
    left: u64,
}

impl Read for Verified {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        let changed = || io::Error::other("it changed while it was read");
        self.left = self.left.checked_sub(read as u64).ok_or_else(changed)?;
        if self.left == 0 && self.hasher.finalize() != self.expected {
            return Err(changed());
        }
        Ok(read)
    }
}

impl Content {
    /// Opens them for reading from their start; `size` is how many there are.
    ///
    /// # Errors
    /// The file or archive cannot be read.
    pub fn open(&self, size: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(match self {
            Self::Inline(bytes) => Box::new(Cursor::new(&**bytes)),
            Self::Staged(file) => {
                let open = File::open(&file.path)?;
                match file.hash {
                    Some(expected) => {
                        Box::new(Verified { file: open, hasher: blake3::Hasher::new(), expected, left: size })
                    }
                    None => Box::new(open),
                }
            }
            Self::Spooled { spool, offset } => Box::new(Slice::new(spool.file()?, *offset, size)),
        })
    }

    /// All of them, at most `limit`.
    ///
    /// # Errors
    /// They cannot be read, or are more than `limit`.
    pub fn read(&self, size: u64, limit: u64) -> io::Result<Vec<u8>> {
        if size > limit {
            return Err(io::Error::other(format!(
                "it has {size} bytes, more than the {limit} that it may have"
            )));
        }
        let mut bytes = Vec::new();
        self.open(size)?.take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    /// What stands for the bytes; they are read only where nobody knows a key.
    ///
    /// # Errors
    /// They had to be read and cannot be.
    pub fn key(&self, size: u64) -> io::Result<String> {
        match self {
            Self::Staged(file) if file.hash.is_some() => {
                let hash = blake3::Hash::from_bytes(file.hash.unwrap_or_default());
                Ok(format!("blake3 {}", hash.to_hex()))
            }
            Self::Staged(file) if file.key.is_some() => Ok(format!("staged {:?}", file.key)),
            Self::Spooled { spool, offset } if spool.key().is_some() => {
                Ok(format!("spooled {:?} {offset}", spool.key()))
            }
            _ => {
                let mut hasher = blake3::Hasher::new();
                io::copy(&mut self.open(size)?, &mut hasher)?;
                Ok(format!("blake3 {}", hasher.finalize().to_hex()))
            }
        }
    }
}
