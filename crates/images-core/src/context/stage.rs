//! Staging: a folder that holds exactly one context in its normal form.
//!
//! The folder is filled under another name and renamed when it is complete, so nothing incomplete ever has the name
//! of a context, and two processes that stage one context at once both end with a complete one. Files are copied,
//! by sharing their blocks where the file system can, and never linked: an edit of the original must not reach them.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, futimens, utimensat};

use super::file::{self, Content, Hasher};
use super::trim::discard;
use super::{Context, Entry, EntryKind, StageError};

/// What unfinished stages' names begin with.
const UNFINISHED: &str = ".stage-";

/// Stages a context below `stages`, and gives the folder. A stage that is there already and is what it should be is
/// used again; [`super::trim()`] sees that it was.
///
/// # Errors
/// [`StageError::Changed`] when a file is not any more what was hashed, or those of the operating system.
pub fn stage(context: &Context, stages: &Utf8Path) -> Result<Utf8PathBuf, StageError> {
    let place = stages.join(context.stage_name());
    if is_intact(context, &place) && touch(&place, context.epoch).is_ok() {
        return Ok(place);
    }
    let failed = |source| StageError::Io { path: place.to_string(), source };
    fs::create_dir_all(stages).map_err(failed)?;
    let unfinished = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(stages).map_err(failed)?;
    let folder = Utf8Path::from_path(unfinished.path()).expect("an ASCII name below a UTF-8 path");
    Stager { context, folder, hasher: Hasher::default(), shares_blocks: true }.fill()?;
    put(unfinished, context, &place).map_err(failed)?;
    Ok(place)
}

/// Renames a finished stage to its place, unless another process was faster. What stands there and is not intact was
/// changed by someone, and makes way.
fn put(finished: tempfile::TempDir, context: &Context, place: &Utf8Path) -> io::Result<()> {
    if place.symlink_metadata().is_ok() && !is_intact(context, place) {
        discard(place)?;
    }
    match fs::rename(finished.path(), place) {
        Err(_) if is_intact(context, place) => Ok(()),
        Ok(()) => {
            // Its name is gone, so there is nothing to remove.
            let _ = finished.keep();
            Ok(())
        }
        failed => failed,
    }
}

/// Whether `place` holds the context: each entry as it was staged, and nothing else. Contents are told by size and
/// times, which shows what an unclean shutdown leaves.
fn is_intact(context: &Context, place: &Utf8Path) -> bool {
    let is_intact = |entry: &Entry| is_as_staged(entry, &place.join(&entry.path), context.epoch);
    place.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
        && context.entries.iter().all(is_intact)
        && count(place).is_ok_and(|count| count == context.entries.len())
}

fn is_as_staged(entry: &Entry, place: &Utf8Path, epoch: i64) -> bool {
    let Ok(metadata) = place.symlink_metadata() else { return false };
    let has_mode = metadata.mode() & 0o7777 == entry.mode;
    let is_kind = match &entry.kind {
        EntryKind::Folder => metadata.is_dir() && has_mode,
        EntryKind::File { size, .. } => metadata.is_file() && has_mode && metadata.len() == *size,
        EntryKind::Link { target } => place.read_link_utf8().is_ok_and(|is| is == *target),
    };
    is_kind && (metadata.mtime(), metadata.mtime_nsec()) == (epoch, 0)
}

/// How many files, folders and links there are below a folder.
fn count(folder: &Utf8Path) -> io::Result<usize> {
    let mut counted = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        counted += 1;
        if entry.file_type()?.is_dir() {
            let path = Utf8PathBuf::try_from(entry.path()).map_err(|error| error.into_io_error())?;
            counted += count(&path)?;
        }
    }
    Ok(counted)
}

/// Sets the modification time of a file, folder or link. It stays as it is on a stage that is used again, but the
/// change time becomes now.
fn touch(path: &Utf8Path, epoch: i64) -> io::Result<()> {
    Ok(utimensat(CWD, path.as_str(), &times(epoch), AtFlags::SYMLINK_NOFOLLOW)?)
}

fn times(epoch: i64) -> Timestamps {
    let time = Timespec { tv_sec: epoch, tv_nsec: 0 };
    Timestamps { last_access: time, last_modification: time }
}

/// Fills one folder.
struct Stager<'a> {
    context: &'a Context,
    folder: &'a Utf8Path,
    hasher: Hasher,
    /// Whether the file system can share blocks between files, as far as is known.
    shares_blocks: bool,
}

impl Stager<'_> {
    fn fill(&mut self) -> Result<(), StageError> {
        for entry in &self.context.entries {
            self.add(entry).map_err(|error| error.of(&entry.path))?;
        }
        // What is put into a folder changes its time, and its mode may forbid it.
        let folders = self.context.entries.iter().rev().filter(|entry| entry.kind == EntryKind::Folder);
        for Entry { path, mode, .. } in folders {
            self.finish_folder(&self.folder.join(path), *mode)
                .map_err(|error| Failure::Io(error).of(path))?;
        }
        self.finish_folder(self.folder, 0o755).map_err(|error| Failure::Io(error).of("."))
    }

    fn add(&mut self, entry: &Entry) -> Result<(), Failure> {
        let place = self.folder.join(&entry.path);
        match &entry.kind {
            EntryKind::Folder => Ok(DirBuilder::new().mode(0o700).create(place)?),
            EntryKind::File { size, hash } => {
                let expected = Content { size: *size, hash: *hash };
                let copied = self.copy(&self.context.host_path(entry), &place, entry.mode)?;
                (copied == expected).then_some(()).ok_or(Failure::Changed)
            }
            EntryKind::Link { target } => {
                symlink(target, &place)?;
                Ok(touch(&place, self.context.epoch)?)
            }
        }
    }

    /// Copies a file, and tells what was copied.
    fn copy(&mut self, from: &Utf8Path, to: &Utf8Path, mode: u32) -> Result<Content, Failure> {
        let (original, size) = open_original(from)?;
        let mut copy = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(to)?;
        let content = if self.share_blocks(&copy, &original) {
            self.hasher.hash(&copy, size, &mut io::sink())?
        } else {
            self.hasher.hash(&original, size, &mut copy)?
        };
        copy.set_permissions(Permissions::from_mode(mode))?;
        futimens(&copy, &times(self.context.epoch)).map_err(io::Error::from)?;
        Ok(content)
    }

    /// Makes `copy` share its blocks with `original`, where that can be.
    #[cfg(target_os = "linux")]
    fn share_blocks(&mut self, copy: &File, original: &File) -> bool {
        use rustix::io::Errno;
        let shared = self.shares_blocks.then(|| rustix::fs::ioctl_ficlone(copy, original));
        self.shares_blocks &= !matches!(shared, Some(Err(Errno::OPNOTSUPP | Errno::NOTTY | Errno::INVAL)));
        matches!(shared, Some(Ok(())))
    }

    #[cfg(not(target_os = "linux"))]
    fn share_blocks(&mut self, _copy: &File, _original: &File) -> bool {
        self.shares_blocks = false;
        false
    }

    fn finish_folder(&self, folder: &Utf8Path, mode: u32) -> io::Result<()> {
        fs::set_permissions(folder, Permissions::from_mode(mode))?;
        touch(folder, self.context.epoch)
    }
}

/// Opens a file that was hashed before; one that is not there any more has changed.
pub(super) fn open_original(path: &Utf8Path) -> Result<(File, u64), Failure> {
    use io::ErrorKind::{InvalidInput, NotADirectory, NotFound};
    file::open(CWD, path.as_str()).map_err(|error| match error.kind() {
        NotFound | NotADirectory | InvalidInput => Failure::Changed,
        _ if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Failure::Changed,
        _ => Failure::Io(error),
    })
}

/// A [`StageError`] before it knows its path.
#[derive(Debug)]
pub(super) enum Failure {
    Changed,
    Io(io::Error),
}

impl Failure {
    pub(super) fn of(self, path: &str) -> StageError {
        let path = path.to_owned();
        match self {
            Self::Changed => StageError::Changed { path },
            Self::Io(source) => StageError::Io { path, source },
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
