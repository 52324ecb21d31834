//! Hashes of files that did not change since they were last read.
//!
//! A recorded hash is used only while size, modification time, change time, inode and device are what they were. The
//! kernel keeps times in steps of some milliseconds, so a file that is written twice within one step looks the same
//! after both writes. Therefore a hash is recorded only when the file had been at rest for two seconds before it was
//! read: any later write then shows. (Git calls such files racily clean:
//! <https://git-scm.com/docs/racy-git>.) A younger file is read again the next time.

mod format;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::Stat;

use super::file::Content;
use crate::cache_file;
use format::Recorded;

/// How long a file must have been at rest before its hash is recorded.
const REST: Duration = Duration::from_secs(2);

/// What one workspace remembers of its files' hashes. It is shared between threads.
#[derive(Debug)]
pub struct StatCache {
    /// Where it is kept; `None` when nothing is remembered.
    file: Option<Utf8PathBuf>,
    recorded: Recorded,
    /// What folders' keys are relative to, told by the first read.
    repository: OnceLock<Utf8PathBuf>,
    changes: Mutex<BTreeMap<String, Change>>,
}

/// What tells one state of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    size: u64,
    modified: Time,
    changed: Time,
    inode: u64,
    device: u64,
}

/// Seconds since 1970, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Time(i64, u32);

/// What is remembered of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    fingerprint: Fingerprint,
    hash: [u8; 32],
}

/// What was learned of one folder in this run.
#[derive(Debug, Default)]
struct Change {
    learned: BTreeMap<String, Record>,
    gone: BTreeSet<String>,
}

/// The remembered files of one folder, and what is learned of them.
pub(super) struct Folder<'c> {
    key: String,
    known: Vec<(&'c str, Record)>,
    change: Change,
    enabled: bool,
}

impl StatCache {
    /// Reads the file. One that is missing, damaged or of another version is as good as an empty one.
    pub fn load(file: &Utf8Path) -> Self {
        let recorded = std::fs::read(file).ok().and_then(Recorded::parse).unwrap_or_default();
        Self { file: Some(file.to_owned()), recorded, ..Self::disabled() }
    }

    /// Remembers nothing, so every file is hashed.
    pub fn disabled() -> Self {
        Self {
            file: None,
            recorded: Recorded::default(),
            repository: OnceLock::new(),
            changes: Mutex::default(),
        }
    }

    /// Writes what was learned, beside and then over the file. Nothing is written when nothing was learned. What was
    /// remembered of files that are gone is left out; what this run did not look at stays.
    ///
    /// # Errors
    /// Those of the operating system. Nothing is lost then but time.
    pub fn save(&self) -> io::Result<()> {
        let changes = self.changes();
        let Some(file) = self.file.as_deref().filter(|_| !changes.is_empty()) else { return Ok(()) };
        cache_file::put(file, &format::write(&self.merged(&changes)))
    }

    /// Tells what the keys of folders inside `repository` are relative to.
    pub(super) fn is_for(&self, repository: &Utf8Path) {
        self.repository.get_or_init(|| repository.to_owned());
    }

    /// What is remembered of the files in a folder. The key is relative to the repository, or absolute outside of it.
    pub(super) fn folder(&self, key: String) -> Folder<'_> {
        Folder {
            known: self.recorded.folder(&key),
            key,
            change: Change::default(),
            enabled: self.file.is_some(),
        }
    }

    /// Takes what was learned of a folder.
    pub(super) fn learn(&self, folder: Folder<'_>) {
        if folder.change.learned.is_empty() && folder.change.gone.is_empty() {
            return;
        }
        let mut changes = self.changes();
        let change = changes.entry(folder.key).or_default();
        change.learned.extend(folder.change.learned);
        change.gone.extend(folder.change.gone);
    }

    fn changes(&self) -> MutexGuard<'_, BTreeMap<String, Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn merged<'a>(&'a self, changes: &'a BTreeMap<String, Change>) -> format::Folders<'a> {
        let mut folders = format::Folders::new();
        for key in self.recorded.keys() {
            if changes.contains_key(key) || self.is_there(key) {
                folders.insert(key, self.recorded.folder(key).into_iter().collect());
            }
        }
        for (key, change) in changes {
            let files = folders.entry(key).or_default();
            files.retain(|name, _| !change.gone.contains(*name));
            files.extend(change.learned.iter().map(|(name, record)| (name.as_str(), *record)));
        }
        folders.retain(|_, files| !files.is_empty());
        folders
    }

    fn is_there(&self, key: &str) -> bool {
        self.repository.get().is_none_or(|repository| repository.join(key).is_dir())
    }
}

impl Folder<'_> {
    /// The hash of a file that is still what it was.
    pub(super) fn hash(&self, name: &str, fingerprint: &Fingerprint) -> Option<[u8; 32]> {
        let at = self.known.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        let record = &self.known[at].1;
        (record.fingerprint == *fingerprint).then_some(record.hash)
    }

    /// Remembers a hash, unless the file was too young when its reading began, at `now`.
    pub(super) fn record(&mut self, name: &str, fingerprint: Fingerprint, content: Content, now: SystemTime) {
        let Content { size, hash } = content;
        if self.enabled && size == fingerprint.size && fingerprint.is_at_rest(now) {
            self.change.learned.insert(name.to_owned(), Record { fingerprint, hash });
        }
    }

    /// Forgets the files that the folder does not hold any more.
    pub(super) fn forget_unless(&mut self, is_there: impl Fn(&str) -> bool) {
        let gone = self.known.iter().filter(|(name, _)| !is_there(name));
        self.change.gone = gone.map(|(name, _)| (*name).to_owned()).collect();
    }
}

impl Fingerprint {
    pub(super) fn of(stat: &Stat) -> Self {
        // The fields' types differ between systems.
        #[allow(clippy::unnecessary_cast, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Self {
            size: stat.st_size as u64,
            modified: Time(stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            changed: Time(stat.st_ctime as i64, stat.st_ctime_nsec as u32),
            inode: stat.st_ino as u64,
            device: stat.st_dev as u64,
        }
    }

    fn is_at_rest(&self, now: SystemTime) -> bool {
        let rested = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(REST);
        let rested = Time(rested.as_secs().cast_signed(), rested.subsec_nanos());
        self.modified <= rested && self.changed <= rested
    }
}

#[cfg(test)]
mod tests;
