//! Names: the references in `index.json`.
//!
//! Each is the annotation `org.opencontainers.image.ref.name` of a descriptor, the full reference, as `podman` and
//! `skopeo` look for in `oci:FOLDER:NAME`. What else is in `index.json` is kept. Each entry is kept as the text that it is
//! in the file, so an update of one of thousands parses none and writes them as they are.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Map, Value, json};

use super::{Layout, LayoutError, replace};
use crate::model::{Descriptor, media_type};

/// The annotation that holds a name:
/// <https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys>.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The changes that wait, and what was read or written last.
#[derive(Debug, Default)]
pub(super) struct Names {
    waiting: Mutex<Vec<Waiting>>,
    known: Mutex<Option<(Stamp, IndexText)>>,
}

/// Tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

/// `index.json`.
#[derive(Debug)]
struct IndexText {
    /// Everything but the descriptors.
    other: Map<String, Value>,
    entries: Vec<EntryText>,
}

/// One descriptor.
#[derive(Debug)]
struct EntryText {
    name: Option<String>,
    text: String,
}

/// To be set, or with no descriptor to be removed.
type Change = Vec<(String, Option<Descriptor>)>;

#[derive(Debug)]
struct Waiting {
    change: Change,
    done: Arc<OnceLock<Result<(), LayoutError>>>,
}

impl Layout {
    /// Gives names to manifests or indexes. A name that there is points elsewhere from now on.
    ///
    /// # Errors
    /// `index.json` or its lock cannot be written.
    pub fn set_names(&self, names: &[(String, Descriptor)]) -> Result<(), LayoutError> {
        self.change(names.iter().map(|(name, descriptor)| (name.clone(), Some(descriptor.clone()))).collect())
    }

    /// Removes names. What they pointed at stays.
    ///
    /// # Errors
    /// `index.json` or its lock cannot be written.
    pub fn remove_names(&self, names: &[String]) -> Result<(), LayoutError> {
        self.change(names.iter().map(|name| (name.clone(), None)).collect())
    }

    /// What a name points at. The descriptor has the annotations that `index.json` has, without the name.
    ///
    /// # Errors
    /// `index.json` cannot be read.
    pub fn resolve(&self, name: &str) -> Result<Option<Descriptor>, LayoutError> {
        self.read_index(|index| {
            let named = index.entries.iter().find(|entry| entry.name.as_deref() == Some(name));
            named.and_then(EntryText::parse)
        })
    }

    /// All names and what they point at, in the order of `index.json`.
    ///
    /// # Errors
    /// `index.json` cannot be read.
    pub fn names(&self) -> Result<Vec<(String, Descriptor)>, LayoutError> {
        let all = self.descriptors()?;
        Ok(all.into_iter().filter_map(|(name, descriptor)| Some((name?, descriptor))).collect())
    }

    /// All descriptors of `index.json`, with their names.
    pub(super) fn descriptors(&self) -> Result<Vec<(Option<String>, Descriptor)>, LayoutError> {
        self.read_index(IndexText::descriptors)
    }

    /// Does something with all descriptors of `index.json` while no thread and no process changes it.
    pub(super) fn while_held<R>(
        &self,
        work: impl FnOnce(&[(Option<String>, Descriptor)]) -> R,
    ) -> Result<R, LayoutError> {
        let mut known = lock(&self.inner.names.known);
        let _locked = self.lock()?;
        let (stamp, index) = self.current(&mut known)?;
        let result = work(&index.descriptors());
        *known = stamp.map(|stamp| (stamp, index));
        Ok(result)
    }

    /// Changes that come while one is written are written together by the next.
    fn change(&self, change: Change) -> Result<(), LayoutError> {
        let names = &self.inner.names;
        let done = Arc::new(OnceLock::new());
        lock(&names.waiting).push(Waiting { change, done: Arc::clone(&done) });
        let mut known = lock(&names.known);
        if let Some(result) = done.get() {
            return result.clone();
        }
        let batch = std::mem::take(&mut *lock(&names.waiting));
        let result = self.apply(&batch, &mut known);
        for waiting in batch {
            // Only this thread, which holds the lock, sets them.
            let _ = waiting.done.set(result.clone());
        }
        result
    }

    fn apply(&self, batch: &[Waiting], known: &mut Option<(Stamp, IndexText)>) -> Result<(), LayoutError> {
        let _locked = self.lock()?;
        let mut index = self.current(known)?.1;
        for (name, descriptor) in batch.iter().flat_map(|waiting| &waiting.change) {
            index.set(name, descriptor.as_ref());
        }
        let path = self.index_path();
        replace(&self.scratch(), &path, index.text().as_bytes())?;
        *known = stamp(&path)?.map(|stamp| (stamp, index));
        Ok(())
    }

    fn read_index<R>(&self, read: impl FnOnce(&IndexText) -> R) -> Result<R, LayoutError> {
        let mut known = lock(&self.inner.names.known);
        let (stamp, index) = self.current(&mut known)?;
        let result = read(&index);
        *known = stamp.map(|stamp| (stamp, index));
        Ok(result)
    }

    /// Takes what is known, or reads the file if that is another one by now. An index that is absent or malformed is an
    /// empty one: what it named is built again.
    fn current(
        &self,
        known: &mut Option<(Stamp, IndexText)>,
    ) -> Result<(Option<Stamp>, IndexText), LayoutError> {
        let path = self.index_path();
        let stamp = stamp(&path)?;
        if let Some((known, index)) = known.take_if(|(known, _)| Some(*known) == stamp) {
            return Ok((Some(known), index));
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(LayoutError::io("read", path)(error)),
        };
        Ok((stamp, IndexText::read(&bytes).unwrap_or_else(IndexText::empty)))
    }

    /// Waits for other processes; the lock ends with this one, however it ends.
    fn lock(&self) -> Result<File, LayoutError> {
        let path = self.inner.root.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let locked = file.and_then(|file| {
            rustix::io::retry_on_intr(|| {
                rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)
            })?;
            Ok(file)
        });
        locked.map_err(LayoutError::io("lock", path))
    }

    fn index_path(&self) -> camino::Utf8PathBuf {
        self.inner.root.join("index.json")
    }
}

impl IndexText {
    fn empty() -> Self {
        let mut other = Map::new();
        other.insert("schemaVersion".to_owned(), 2.into());
        other.insert("mediaType".to_owned(), media_type::INDEX.into());
        Self { other, entries: Vec::new() }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut other: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        if other.get("schemaVersion")? != 2 {
            return None;
        }
        let Value::Array(entries) = other.remove("manifests")? else { return None };
        Some(Self { other, entries: entries.iter().map(EntryText::of).collect() })
    }

    fn text(&self) -> String {
        let entries: Vec<&str> = self.entries.iter().map(|entry| entry.text.as_str()).collect();
        let mut text = Value::Object(self.other.clone()).to_string();
        // Never empty: there is the version at least.
        text.pop();
        text.push_str(",\"manifests\":[");
        text.push_str(&entries.join(","));
        text.push_str("]}");
        text
    }

    fn descriptors(&self) -> Vec<(Option<String>, Descriptor)> {
        let parsed = |entry: &EntryText| Some((entry.name.clone(), entry.parse()?));
        self.entries.iter().filter_map(parsed).collect()
    }

    fn set(&mut self, name: &str, descriptor: Option<&Descriptor>) {
        let new = descriptor.map(|descriptor| {
            let mut named = descriptor.clone();
            named.annotations.insert(REF_NAME.to_owned(), name.to_owned());
            EntryText::of(&json!(named))
        });
        let place = self.entries.iter().position(|entry| entry.name.as_deref() == Some(name));
        match (place, new) {
            (Some(place), Some(new)) => self.entries[place] = new,
            (Some(place), None) => drop(self.entries.remove(place)),
            (None, Some(new)) => self.entries.push(new),
            (None, None) => {}
        }
    }
}

impl EntryText {
    fn of(entry: &Value) -> Self {
        let name = entry["annotations"][REF_NAME].as_str().map(str::to_owned);
        Self { name, text: entry.to_string() }
    }

    /// What is no descriptor is kept, and is none.
    fn parse(&self) -> Option<Descriptor> {
        let mut descriptor: Descriptor = serde_json::from_str(&self.text).ok()?;
        descriptor.annotations.remove(REF_NAME);
        Some(descriptor)
    }
}

fn stamp(path: &camino::Utf8Path) -> Result<Option<Stamp>, LayoutError> {
    match fs::metadata(path) {
        Ok(file) => Ok(Some(Stamp {
            device: file.dev(),
            inode: file.ino(),
            size: file.len(),
            changed: (file.ctime(), file.ctime_nsec()),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LayoutError::io("read", path)(error)),
    }
}

/// What a panic left is whole: changes to it are single assignments.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
