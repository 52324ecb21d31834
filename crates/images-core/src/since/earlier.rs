//! The images as they were at a commit.

use std::collections::{HashMap, HashSet};

use camino::Utf8Path;
use images_engine::process::Cancel;
use images_engine::threads;

use super::artifacts::Binaries;
use super::compare::SinceOptions;
use crate::context::Joined;
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::joined::{self, Built, JoinedByNode};
use crate::key::{Key, Record};
use crate::lock::{self, Pins};
use crate::selection::with_parents;
use crate::session::{self, Keyed};
use crate::workspace::{self, Workspace, relative};
use crate::{Error, HostOptions};

/// A variant as it was.
#[derive(Debug, Clone)]
pub(super) struct Was {
    pub(super) name: String,
    pub(super) tag: String,
    pub(super) suffix: String,
    /// Relative to the root.
    pub(super) folder: String,
    /// Its key, or why it cannot be told.
    pub(super) key: Result<Key, String>,
    /// What the key was made of, unless the key is one of today's.
    pub(super) record: Option<Record>,
}

impl Was {
    pub(super) fn spec(&self) -> String {
        format!("{}:{}", self.name, self.tag)
    }
}

/// The workspace that a commit has at the place where `workspace` is in its repository. `None` where there was none, or
/// one without images.
///
/// # Errors
/// It, or its Images.lock, cannot be loaded.
pub(super) fn load(
    files: &Utf8Path,
    workspace: &Workspace,
    options: &SinceOptions,
    cancel: &Cancel,
) -> Result<Option<Workspace>, Error> {
    let root = files.join(relative(&workspace.root, &workspace.repository));
    let root = Utf8Path::new(root.as_str().trim_end_matches('/')).to_owned();
    let found = workspace::load_at(&root, files, &options.load, cancel)?;
    if let Some(earlier) = &found {
        lock::read(&earlier.root)?;
    }
    // Outputs are named by what makes them, so those of the work tree serve here as well.
    Ok(found.map(|earlier| Workspace { prepared: workspace.prepared.clone(), ..earlier }))
}

/// The variants that today's `nodes` may have been: those of their names, where each name was there. Otherwise one of them
/// may have had any other name, so it is all variants; and so it is where all images are asked for, of which some may be
/// gone.
pub(super) fn wanted(earlier: &Graph<'_>, today: &Graph<'_>, nodes: &[NodeId]) -> Vec<NodeId> {
    let names: HashSet<_> = nodes.iter().map(|&id| today.image(id).name.as_str()).collect();
    let is_known = |name: &&str| earlier.workspace.image(name).is_some();
    if nodes.len() == today.nodes.len() || !names.iter().all(is_known) {
        return earlier.order.clone();
    }
    let same: Vec<_> = earlier.ids().filter(|&id| names.contains(earlier.image(id).name.as_str())).collect();
    with_parents(earlier, &same)
}

/// The `wanted` variants with their keys. `known` are today's keys.
///
/// # Errors
/// An interrupt.
pub(super) fn variants(
    (graph, wanted): (&Graph<'_>, &[NodeId]),
    binaries: Binaries,
    known: &HashSet<Key>,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Vec<Was>, Error> {
    let mut problems = binaries.unbuilt;
    let joined = gather(graph, wanted, &binaries.old, &mut problems, host, cancel, reporter)?;
    let sound: Vec<_> = wanted.iter().copied().filter(|id| !problems.contains_key(id)).collect();
    let (contexts, unreadable) = session::readable_contexts(graph, &sound, &joined, host);
    problems.extend(unreadable.into_iter().map(|(id, problem)| (id, problem.message)));
    let pins = Pins::of(&lock::read(&graph.workspace.root)?);
    let keyed = Keyed::of(graph, wanted, contexts, pins);
    Ok(wanted.iter().map(|&id| was(graph, id, &keyed, &problems, known)).collect())
}

fn was(
    graph: &Graph<'_>,
    id: NodeId,
    keyed: &Keyed,
    problems: &HashMap<NodeId, String>,
    known: &HashSet<Key>,
) -> Was {
    let (image, variant) = (graph.image(id), graph.variant(id));
    let why = || match problems.get(&id) {
        Some(problem) => problem.clone(),
        None => "it stood on an image of which it is not known".to_owned(),
    };
    let key = keyed.get(id);
    Was {
        name: image.name.clone(),
        tag: variant.tag.clone(),
        suffix: variant.suffix.clone(),
        folder: relative(&image.folder, &graph.workspace.root).to_string(),
        key: key.ok_or_else(why),
        record: key.filter(|key| !known.contains(key)).map(|_| keyed.record(id)),
    }
}

/// What joins the contexts, image by image: what one lacks is no problem of another.
fn gather(
    graph: &Graph<'_>,
    wanted: &[NodeId],
    built: &Built,
    problems: &mut HashMap<NodeId, String>,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<JoinedByNode, Error> {
    let sound: Vec<_> = wanted.iter().copied().filter(|id| !problems.contains_key(id)).collect();
    let gathered = threads::map(host.jobs, &sound, |&id| {
        joined::gather_with(graph, &[id], built, host, cancel, reporter)
    });
    let mut joined: HashMap<NodeId, Vec<Joined>> = HashMap::new();
    for (id, found) in sound.into_iter().zip(gathered) {
        match found {
            Ok(found) => joined.extend(found),
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                problems.insert(id, error.to_string());
            }
        }
    }
    Ok(joined)
}
