//! Where each image comes from: its ancestry to the images from elsewhere, its commits, and the tests that it passed.

use std::collections::{BTreeSet, HashMap};

use images_dockerfile::ReferenceKind;
use images_engine::process::Cancel;
use images_engine::threads;
use images_schema::{Lock, Pin};

use crate::Error;
use crate::build::Planned;
use crate::commit::{self, Commit};
use crate::graph::{Graph, NodeId, Target};
use crate::key::Key;
use crate::lock::{self, Pins, full_name};
use crate::plan::Action;
use crate::store::version_name;
use crate::test;

/// The images and what is known of them, parents first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// The images.
    pub images: Vec<AuditedImage>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedImage {
    /// Which.
    pub id: NodeId,
    /// `NAME:TAG`.
    pub spec: String,
    /// The name for people.
    pub reference: String,
    /// The key.
    pub key: Key,
    /// What it is built for.
    pub platform: String,
    /// Whether the store has it as it is now.
    pub is_built: bool,
    /// The last commit of its inputs.
    pub commit: Option<Commit>,
    /// Whether its inputs are as that commit has them; `None` where that is not known.
    pub is_clean: Option<bool>,
    /// The images of the workspace that it stands on, as specs.
    pub parents: Vec<String>,
    /// The images from elsewhere that its own Dockerfile names.
    pub externals: Vec<AuditedExternal>,
    /// The references of all images from elsewhere that it stands on, through its parents too, sorted.
    pub roots: Vec<String>,
    /// Its tests.
    pub tests: Vec<AuditedTest>,
}

/// An image from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditedExternal {
    /// As the Dockerfile has it.
    pub reference: String,
    /// What it is there for: `base`, `copy`, `mount` or `frontend`.
    pub role: &'static str,
    /// Its digest, by itself or by Images.lock.
    pub digest: Option<String>,
    /// The id of an image that only a store had, by Images.lock.
    pub id: Option<String>,
    /// When Images.lock was told.
    pub resolved: Option<String>,
}

/// A test of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedTest {
    /// Its name.
    pub name: String,
    /// Whether it passed for exactly this image; `None` where it did not run.
    pub passed: Option<bool>,
}

/// Gathers what is known of the planned images. The plan has to hold whatever the images stand on.
///
/// # Errors
/// Images.lock or a file of tests cannot be read.
pub fn audit(graph: &Graph<'_>, planned: &Planned, jobs: usize, cancel: &Cancel) -> Result<Audit, Error> {
    let lock = lock::read(&graph.workspace.root)?;
    let mut roots: HashMap<NodeId, BTreeSet<String>> = HashMap::new();
    let mut images = Vec::new();
    let commits = threads::map(jobs, &planned.plan.items, |item| {
        (commit::last(graph, item.id, cancel), commit::is_clean(graph, item.id, cancel))
    });
    for (item, (commit, is_clean)) in planned.plan.items.iter().zip(commits) {
        let (id, key) = (item.id, item.key);
        let tests = test::known(graph, id, key)?;
        let externals = externals(graph, id, &planned.keyed.pins, &lock);
        let mut below: BTreeSet<_> = externals.iter().map(|external| external.reference.clone()).collect();
        let parents: BTreeSet<_> = graph.node(id).parents().collect();
        parents.iter().filter_map(|parent| roots.get(parent)).for_each(|more| below.extend(more.clone()));
        images.push(AuditedImage {
            id,
            spec: graph.spec(id).to_string(),
            reference: version_name(graph, id),
            key,
            platform: planned.keyed.parts[&id].platform.clone(),
            is_built: !matches!(item.action, Action::Build(_)),
            commit,
            is_clean,
            parents: parents.iter().map(|parent| graph.spec(*parent).to_string()).collect(),
            externals,
            roots: below.iter().cloned().collect(),
            tests: tests.into_iter().map(|(name, passed)| AuditedTest { name, passed }).collect(),
        });
        roots.insert(id, below);
    }
    Ok(Audit { images })
}

fn externals(graph: &Graph<'_>, id: NodeId, pins: &Pins, lock: &Lock) -> Vec<AuditedExternal> {
    let node = graph.node(id);
    let mut found = BTreeSet::new();
    for (edge, read) in node.edges.iter().zip(&node.resolution.references) {
        let Target::External(reference) = &edge.target else { continue };
        let locked = full_name(&read.reference).and_then(|name| lock.images.get(&name));
        found.insert(AuditedExternal {
            reference: reference.clone(),
            role: role(read.kind),
            digest: pins.digest(reference),
            id: match pins.get(reference) {
                Some(Pin::Id(id)) => Some(id.clone()),
                _ => None,
            },
            resolved: locked.map(|image| image.resolved.clone()),
        });
    }
    found.into_iter().collect()
}

fn role(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::From => "base",
        ReferenceKind::CopyFrom => "copy",
        ReferenceKind::MountFrom => "mount",
        ReferenceKind::Syntax => "frontend",
    }
}
