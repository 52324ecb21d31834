//! The plan: for each variant that is needed, whether it is fresh, tagged again or built, and why. Plain data.

use std::fs;
use std::time::SystemTime;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};

use crate::cache_file;
use crate::graph::{Graph, NodeId};
use crate::key::{Key, Record};
use crate::reason::Reason;
use crate::session::Keyed;
use crate::store::{Store, key_name, version_name};

/// What is done about one variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing: the store has it, under both names.
    Fresh,
    /// The image is there, its version's tag is set.
    Retag(Reason),
    /// It is built.
    Build(Reason),
}

/// One variant of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub id: NodeId,
    /// Its key.
    pub key: Key,
    /// What is done.
    pub action: Action,
    /// Whether it was asked for; otherwise something that is built stands on it.
    pub selected: bool,
}

/// What a command does, parents first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The selected variants, and those that have to be built for them.
    pub items: Vec<Item>,
}

impl Plan {
    /// Whether nothing is to be done.
    pub fn is_fresh(&self) -> bool {
        self.items.iter().all(|item| item.action == Action::Fresh)
    }

    /// The variants that are built.
    pub fn builds(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| matches!(item.action, Action::Build(_)))
    }
}

/// Compares what is asked for with what the store has. A variant that was not asked for is in the plan only if one that
/// is built stands on it and the store lacks it.
pub fn make(graph: &Graph<'_>, selected: &[NodeId], keyed: &Keyed, store: &Store, records: &Records) -> Plan {
    let mut asked = vec![false; graph.nodes.len()];
    selected.iter().for_each(|id| asked[id.0] = true);
    let mut needed = asked.clone();
    let mut items = Vec::new();
    for &id in keyed.nodes.iter().rev() {
        if !needed[id.0] {
            continue;
        }
        let key = keyed.key(id);
        let action = action(graph, id, keyed, store, records);
        if matches!(action, Action::Build(_)) {
            graph.node(id).parents().for_each(|parent| needed[parent.0] = true);
        }
        if asked[id.0] || matches!(action, Action::Build(_)) {
            items.push(Item { id, key, action, selected: asked[id.0] });
        }
    }
    items.reverse();
    Plan { items }
}

fn action(graph: &Graph<'_>, id: NodeId, keyed: &Keyed, store: &Store, records: &Records) -> Action {
    let key = keyed.key(id);
    let pointer = store.get(&version_name(graph, id));
    match store.get(&key_name(graph, id, key)) {
        Some(image) if image.labels.is_some() && store.key_label(image) != Some(&key.to_string()) => {
            Action::Build(Reason::Foreign)
        }
        Some(image) if pointer.is_some_and(|pointer| pointer.id == image.id) => Action::Fresh,
        Some(_) => Action::Retag(Reason::Tag),
        None => Action::Build(why(keyed, id, pointer.map(|image| store.key_label(image)), records)),
    }
}

/// `before` is the key of what the version's tag points at now, if it points at anything that has one.
fn why(keyed: &Keyed, id: NodeId, before: Option<Option<&str>>, records: &Records) -> Reason {
    match before {
        None => Reason::Missing,
        Some(Some(key)) if key == keyed.key(id).to_string() => Reason::Missing,
        Some(key) => match key.and_then(|key| records.read(key)) {
            None => Reason::Unrecorded,
            Some(old) => Reason::first(&old, &keyed.record(id)),
        },
    }
}

/// Records of what was built, by key: files under `target/images/keys`. Deleting them costs only exact reasons.
#[derive(Debug, Clone)]
pub struct Records {
    folder: Utf8PathBuf,
}

impl Records {
    /// The records of a workspace, by its cache folder.
    pub fn of(cache: &Utf8Path) -> Self {
        Self { folder: cache.join("keys") }
    }

    fn path(&self, key: &str) -> Utf8PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    /// What was built under a key, if that is known. Whatever is wrong with the file, it is as if it were not there.
    pub fn read(&self, key: &str) -> Option<Record> {
        if !key.bytes().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        serde_json::from_slice(&fs::read(self.path(key)).ok()?).ok()
    }

    /// The keys of all records, and when each was written.
    pub(crate) fn all(&self) -> Vec<(String, SystemTime)> {
        let entries = self.folder.read_dir_utf8().into_iter().flatten().flatten();
        let record = |entry: Utf8DirEntry| {
            let key = entry.file_name().strip_suffix(".json")?.to_owned();
            Some((key, entry.metadata().ok()?.modified().ok()?))
        };
        entries.filter_map(record).collect()
    }

    /// Keeps what was built under a key.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, key: &Key, record: &Record) -> std::io::Result<()> {
        cache_file::put(&self.path(&key.to_string()), &serde_json::to_vec(record)?)
    }
}
