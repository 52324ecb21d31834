//! Names: the references in `index.json`.
//!
//! Each is the annotation `org.opencontainers.image.ref.name` of a descriptor, the full reference, as `podman` and
//! `skopeo` look for in `oci:FOLDER:NAME`. What else is in `index.json` is kept.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};

use super::{Layout, LayoutError, replace};
use crate::model::{Descriptor, media_type};

/// The annotation that holds a name:
/// <https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys>.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The changes that wait, and what was read or written last.
#[derive(Debug, Default)]
pub(super) struct Names {
    waiting: Mutex<Vec<Waiting>>,
    known: Mutex<Option<(Stamp, Value)>>,
}

/// Tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
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
            let named = descriptors(index).iter().find(|entry| name_of(entry) == Some(name));
            named.and_then(parse)
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
        self.read_index(|index| {
            let entries = descriptors(index).iter();
            entries.filter_map(|entry| Some((name_of(entry).map(str::to_owned), parse(entry)?))).collect()
        })
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

    fn apply(&self, batch: &[Waiting], known: &mut Option<(Stamp, Value)>) -> Result<(), LayoutError> {
        let _locked = self.lock()?;
        let mut index = self.current(known)?.1;
        for (name, descriptor) in batch.iter().flat_map(|waiting| &waiting.change) {
            set(&mut index, name, descriptor.as_ref());
        }
        let path = self.index_path();
        let bytes = serde_json::to_vec(&index)
            .map_err(|error| LayoutError::io("encode", path.clone())(error.into()))?;
        replace(&self.scratch(), &path, &bytes)?;
        *known = stamp(&path)?.map(|stamp| (stamp, index));
        Ok(())
    }

    fn read_index<R>(&self, read: impl FnOnce(&Value) -> R) -> Result<R, LayoutError> {
        let mut known = lock(&self.inner.names.known);
        let (stamp, index) = self.current(&mut known)?;
        let result = read(&index);
        *known = stamp.map(|stamp| (stamp, index));
        Ok(result)
    }

    /// Takes what is known, or reads the file if that is another one by now. An index that is absent or malformed is an
    /// empty one: what it named is built again.
    fn current(&self, known: &mut Option<(Stamp, Value)>) -> Result<(Option<Stamp>, Value), LayoutError> {
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
        let index = serde_json::from_slice::<Value>(&bytes)
            .ok()
            .filter(|index| index["schemaVersion"] == 2 && index["manifests"].is_array());
        Ok((stamp, index.unwrap_or_else(empty)))
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

fn empty() -> Value {
    json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] })
}

fn descriptors(index: &Value) -> &[Value] {
    index["manifests"].as_array().map_or(&[], Vec::as_slice)
}

fn name_of(entry: &Value) -> Option<&str> {
    entry["annotations"][REF_NAME].as_str()
}

fn parse(entry: &Value) -> Option<Descriptor> {
    let mut descriptor: Descriptor = serde::Deserialize::deserialize(entry).ok()?;
    descriptor.annotations.remove(REF_NAME);
    Some(descriptor)
}

fn set(index: &mut Value, name: &str, descriptor: Option<&Descriptor>) {
    let Some(entries) = index["manifests"].as_array_mut() else { return };
    let new = descriptor.map(|descriptor| {
        let mut named = descriptor.clone();
        named.annotations.insert(REF_NAME.to_owned(), name.to_owned());
        json!(named)
    });
    let place = entries.iter().position(|entry| name_of(entry) == Some(name));
    match (place, new) {
        (Some(place), Some(new)) => entries[place] = new,
        (Some(place), None) => drop(entries.remove(place)),
        (None, Some(new)) => entries.push(new),
        (None, None) => {}
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
