//! An archive whose members are read in any order.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};

use super::reader::{Member, MemberKind, TarReader};
use super::{Content, Entry, Kind, LayerError, Limits, Packing};
use crate::model::{Descriptor, Hasher};

/// An archive in a file, compressed or not, whose members are read in any order.
///
/// A plain one is read where it is. Of a compressed one, an unpacked copy without a name is made once, when the first
/// member is read.
#[derive(Debug)]
pub struct Spool {
    archive: Utf8PathBuf,
    /// Its digest and size, where they are known: they are verified before a member can be read.
    expected: Option<Descriptor>,
    /// What stands for the archive's bytes.
    key: Option<String>,
    /// Where the unpacked copy is made.
    scratch: Utf8PathBuf,
    limits: Limits,
    unpacked: OnceLock<Result<File, String>>,
}

impl Spool {
    /// An archive that must be what the descriptor says.
    pub fn of_blob(
        archive: &Utf8Path,
        expected: &Descriptor,
        scratch: &Utf8Path,
        limits: Limits,
    ) -> Arc<Self> {
        Self::new(archive, Some(expected.clone()), Some(expected.digest.to_string()), scratch, limits)
    }

    /// An archive that was staged; `key` stands for its bytes.
    pub fn of_file(archive: &Utf8Path, key: Option<String>, scratch: &Utf8Path, limits: Limits) -> Arc<Self> {
        Self::new(archive, None, key, scratch, limits)
    }

    fn new(
        archive: &Utf8Path,
        expected: Option<Descriptor>,
        key: Option<String>,
        scratch: &Utf8Path,
        limits: Limits,
    ) -> Arc<Self> {
        Arc::new(Self {
            archive: archive.to_owned(),
            expected,
            key,
            scratch: scratch.to_owned(),
            limits,
            unpacked: OnceLock::new(),
        })
    }

    /// All members, in their order. The whole archive is read, and verified.
    ///
    /// # Errors
    /// It is damaged, or not what it must be.
    pub fn entries(self: &Arc<Self>) -> Result<Vec<Entry>, LayerError> {
        let mut entries = Vec::new();
        self.pass(|input| {
            let mut reader = TarReader::new(input, self.limits);
            while let Some(member) = reader.next()? {
                entries.push(self.entry(member));
            }
            reader.drain()
        })?;
        Ok(entries)
    }

    /// Whether it can be read as an archive at least up to its first member: how BuildKit decides what `ADD` unpacks
    /// (`isArchivePath` of <https://github.com/moby/buildkit/blob/master/solver/llbsolver/file/unpack.go>).
    pub fn is_archive(&self) -> bool {
        let first = self.packed().and_then(|(packing, file)| {
            let input = packing.unpack(BufReader::new(file))?;
            Ok(TarReader::new(input, self.limits).next())
        });
        // What is refused is an archive all the same.
        matches!(first, Ok(Ok(Some(_)) | Err(LayerError::Name { .. } | LayerError::Kind { .. })))
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The archive as it is unpacked.
    pub(crate) fn file(&self) -> io::Result<&File> {
        self.unpacked
            .get_or_init(|| self.unpack().map_err(|error| format!("cannot read {}: {error}", self.archive)))
            .as_ref()
            .map_err(|error| io::Error::other(error.clone()))
    }

    fn unpack(&self) -> Result<File, LayerError> {
        let (packing, plain) = self.packed()?;
        if packing == Packing::Plain {
            self.pass(|input| {
                io::copy(input, &mut io::sink())?;
                Ok(())
            })?;
            return Ok(plain);
        }
        let mut unpacked = tempfile::tempfile_in(&self.scratch)?;
        self.pass(|input| {
            let copied = io::copy(&mut input.take(self.limits.bytes + 1), &mut unpacked)?;
            if copied > self.limits.bytes {
                return Err(LayerError::TooLarge { limit: self.limits.bytes, what: "bytes" });
            }
            Ok(())
        })?;
        Ok(unpacked)
    }

    /// The file at its start, and how it is packed.
    fn packed(&self) -> io::Result<(Packing, File)> {
        let file = File::open(&self.archive)?;
        let mut start = [0; 6];
        let read = file.read_at(&mut start, 0)?;
        Ok((Packing::of(&start[..read]), file))
    }

    /// Runs `read` with the unpacked bytes, and verifies what they were unpacked from.
    fn pass(&self, read: impl FnOnce(&mut dyn Read) -> Result<(), LayerError>) -> Result<(), LayerError> {
        let (packing, file) = self.packed()?;
        let mut packed = Hashed { file, hasher: self.expected.as_ref().map(|_| Hasher::default()), size: 0 };
        let result = packing
            .unpack(BufReader::with_capacity(64 << 10, &mut packed))
            .map_err(LayerError::from)
            .and_then(|mut input| read(&mut input));
        let Some(expected) = &self.expected else { return result };
        // What is damaged is told as that, whatever the unpacking made of it.
        io::copy(&mut packed, &mut io::sink())?;
        let digest = packed.hasher.take().unwrap_or_default().finish();
        if (digest, packed.size) != (expected.digest, expected.size) {
            if digest != expected.digest {
                // Nothing but reading it shows that it is not there.
                fs::remove_file(&self.archive)?;
            }
            let reason = format!(
                "it is {digest} of {} bytes instead of {} of {} bytes; build again, and it is made or pulled anew",
                packed.size, expected.digest, expected.size
            );
            return Err(io::Error::other(format!("the blob {} is damaged: {reason}", self.archive)).into());
        }
        result
    }

    fn entry(self: &Arc<Self>, member: Member) -> Entry {
        let kind = match member.kind {
            MemberKind::Folder => Kind::Folder,
            MemberKind::File { size, offset } => {
                Kind::File { size, content: Content::Spooled { spool: Arc::clone(self), offset } }
            }
            MemberKind::Symlink(target) => Kind::Symlink { target },
            MemberKind::Hardlink(target) => Kind::Hardlink { target },
            MemberKind::Special(special) => Kind::Special(special),
        };
        Entry { path: member.path, kind, meta: member.meta }
    }
}

/// A file that is hashed as it is read.
struct Hashed {
    file: File,
    hasher: Option<Hasher>,
    size: u64,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..read]);
        }
        self.size += read as u64;
        Ok(read)
    }
}

/// A part of a file.
pub(super) struct Slice<'f> {
    file: &'f File,
    offset: u64,
    left: u64,
}

impl<'f> Slice<'f> {
    pub(super) fn new(file: &'f File, offset: u64, size: u64) -> Self {
        Self { file, offset, left: size }
    }
}

impl Read for Slice<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut buffer[..wanted], self.offset)?;
        self.offset += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}
