//! A context as a tar archive, the same bytes for the same context everywhere.

use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

use super::file::Content;
use super::stage::{Failure, open_original};
use super::{Context, Entry, EntryKind, StageError};

/// The longest link target that a header itself holds.
const LINK_MAX: usize = 100;

/// Writes the context as an archive in GNU format (<https://www.gnu.org/software/tar/manual/html_node/Standard.html>):
/// entries in their order, owned by 0:0, with the context's modes and time.
///
/// # Errors
/// [`StageError::Changed`] when a file is not any more what was hashed; what was written until then is of no use. Else
/// those of reading and of `out`.
pub fn write_tar(context: &Context, out: impl Write) -> Result<(), StageError> {
    let mut archive = Builder::new(out);
    for entry in &context.entries {
        append(&mut archive, context, entry).map_err(|failure| failure.of(&entry.path))?;
    }
    let finished = archive.into_inner().and_then(|mut out| out.flush());
    finished.map_err(|error| Failure::Io(error).of("."))
}

fn append(archive: &mut Builder<impl Write>, context: &Context, entry: &Entry) -> Result<(), Failure> {
    let mut header = header(entry.mode, context.epoch);
    match &entry.kind {
        EntryKind::Folder => {
            header.set_entry_type(EntryType::Directory);
            Ok(archive.append_data(&mut header, format!("{}/", entry.path), io::empty())?)
        }
        EntryKind::Link { target } => {
            header.set_entry_type(EntryType::Symlink);
            append_long_target(archive, target, context.epoch)?;
            header.set_link_name_literal(&target.as_bytes()[..target.len().min(LINK_MAX)])?;
            Ok(archive.append_data(&mut header, &entry.path, io::empty())?)
        }
        EntryKind::File { size, hash } => {
            let (file, _) = open_original(&context.host_path(entry))?;
            // One byte more than expected tells a file that grew; the archive is void then anyhow.
            let mut reader = Reader { inner: file.take(*size + 1), hasher: blake3::Hasher::new(), size: 0 };
            header.set_entry_type(EntryType::Regular);
            header.set_size(*size);
            archive.append_data(&mut header, &entry.path, &mut reader)?;
            (reader.content() == Content { size: *size, hash: *hash }).then_some(()).ok_or(Failure::Changed)
        }
    }
}

fn header(mode: u32, epoch: i64) -> Header {
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(epoch.max(0).cast_unsigned());
    header.set_size(0);
    header
}

/// A target that is too long for a header goes before it in an entry of its own, byte for byte.
fn append_long_target(archive: &mut Builder<impl Write>, target: &str, epoch: i64) -> io::Result<()> {
    if target.len() <= LINK_MAX {
        return Ok(());
    }
    let mut header = header(0o644, epoch);
    header.set_entry_type(EntryType::GNULongLink);
    header.set_size(target.len() as u64 + 1);
    archive.append_data(&mut header, "././@LongLink", target.as_bytes().chain(&b"\0"[..]))
}

/// Hashes what is read through it.
struct Reader<R> {
    inner: R,
    hasher: blake3::Hasher,
    size: u64,
}

impl<R> Reader<R> {
    fn content(&self) -> Content {
        Content { size: self.size, hash: *self.hasher.finalize().as_bytes() }
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.size += read as u64;
        Ok(read)
    }
}
