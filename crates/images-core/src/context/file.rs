//! Opening and hashing one file of the user's.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};
use rustix::path::Arg;

/// Large enough for most files to be read at once; what a file of any size costs in memory.
const BUFFER: usize = 128 * 1024;

/// Opens a regular file. A link is not followed and a pipe is not waited for.
///
/// # Errors
/// Those of the operating system; [`io::ErrorKind::InvalidInput`] when it is no regular file.
pub(super) fn open(folder: impl AsFd, name: impl Arg) -> io::Result<(File, u64)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(folder, name, flags, Mode::empty())?;
    let stat = fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file any more"));
    }
    Ok((File::from(file), stat.st_size.cast_unsigned()))
}

/// Hashes files with one buffer.
#[derive(Default)]
pub(super) struct Hasher {
    buffer: Vec<u8>,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) size: u64,
    pub(super) hash: [u8; 32],
}

impl Hasher {
    /// Hashes `reader` to its end and writes what it read to `copy`. `size` is how long it should be; reading stops
    /// there without another call if it turns out to be so.
    pub(super) fn hash(
        &mut self,
        mut reader: impl Read,
        size: u64,
        copy: &mut impl Write,
    ) -> io::Result<Content> {
        self.buffer.resize(BUFFER, 0);
        let mut hasher = blake3::Hasher::new();
        let mut total = 0;
        loop {
            let read = match reader.read(&mut self.buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            hasher.update(&self.buffer[..read]);
            copy.write_all(&self.buffer[..read])?;
            total += read as u64;
            if read == 0 || (read < BUFFER && total == size) {
                return Ok(Content { size: total, hash: *hasher.finalize().as_bytes() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, mknodat};

    use super::*;

    #[test]
    fn only_a_regular_file_is_opened() {
        let kept = tempfile::tempdir().unwrap();
        let path = |name| kept.path().join(name);
        std::fs::write(path("file"), "abc").unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        mknodat(CWD, path("fifo"), FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert_eq!(open(CWD, path("file")).unwrap().1, 3);
        let error = |name| open(CWD, path(name)).unwrap_err();
        assert_eq!(error("link").raw_os_error(), Some(rustix::io::Errno::LOOP.raw_os_error()));
        assert_eq!(error("fifo").kind(), io::ErrorKind::InvalidInput);
        assert_eq!(error(".").kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_reader_is_hashed_to_its_end_whatever_its_size_was() {
        let bytes: Vec<u8> = (0..BUFFER * 2 + 5).map(|at| (at % 251) as u8).collect();
        let hash = |size| {
            let mut copy = Vec::new();
            let content = Hasher::default().hash(&bytes[..], size, &mut copy).unwrap();
            assert!(copy == bytes);
            content
        };
        let expected = Content { size: bytes.len() as u64, hash: *blake3::hash(&bytes).as_bytes() };
        for size in [0, 5, BUFFER, BUFFER * 2, bytes.len(), bytes.len() + 1] {
            assert_eq!(hash(size as u64), expected, "{size}");
        }
    }
}
