//! Matches the variants of the work tree with those of a commit.

use std::collections::{BTreeSet, HashMap, HashSet};

use images_engine::process::Cancel;
use images_schema::Diagnostic;

use super::artifacts::{self, ArtifactsBy};
use super::earlier::{self, Was};
use super::finding::{Change, Finding, Removed};
use super::revision::{self, Revision};
use super::tree;
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::key::{Key, Parts, Record};
use crate::lock::{self, Pins};
use crate::reason::Reason;
use crate::selection::with_parents;
use crate::session::{self, Keyed};
use crate::store::IMAGE_LABEL;
use crate::workspace::{LoadOptions, relative};
use crate::{Error, HostOptions};

/// What a comparison is told.
#[derive(Debug, Clone)]
pub struct SinceOptions {
    /// The commit.
    pub revision: Revision,
    /// What the workspace is loaded with; the same for both sides.
    pub load: LoadOptions,
    /// How binaries are compared that cargo builds.
    pub artifacts: ArtifactsBy,
    /// The host.
    pub host: HostOptions,
}

/// What differs between the work tree and a commit.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// The commit's id, in hexadecimal digits.
    pub commit: String,
    /// What differs of what was asked for, parents first.
    pub findings: Vec<Finding>,
    /// The variants that are not there any more.
    pub removed: Vec<Removed>,
    /// What is wrong with the commit's workspace as a whole; then nothing is known of any variant.
    pub unreadable: Vec<Diagnostic>,
}

impl Comparison {
    /// The variants whose key is another one, or not known to be the same. Parents first.
    pub fn affected(&self) -> impl Iterator<Item = NodeId> {
        self.findings.iter().filter(|finding| finding.affected).map(|finding| finding.id)
    }
}

/// Compares `selected` with what they were.
///
/// # Errors
/// There is no such commit, or today's keys cannot be computed. A commit whose workspace cannot be read is none.
pub fn compare(
    graph: &Graph<'_>,
    selected: &[NodeId],
    options: &SinceOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Comparison, Error> {
    let git = revision::checkout(graph.workspace, cancel)?;
    let commit = revision::find(&git, &options.revision)?;
    let files = tree::checkout(&git, &commit.tree, graph.workspace, &options.host.variables)?;
    let nodes = with_parents(graph, selected);
    let workspace = match earlier::load(&files, graph.workspace, options, cancel) {
        Ok(workspace) => workspace,
        Err(error) => return unreadable(&nodes, selected, commit.id, error),
    };
    let earlier =
        match workspace.as_ref().map(|workspace| Graph::of(workspace, options.host.jobs)).transpose() {
            Ok(earlier) => earlier,
            Err(error) => return unreadable(&nodes, selected, commit.id, error),
        };
    let (host, by) = (&options.host, options.artifacts);
    let earlier = earlier.as_ref().map(|earlier| (earlier, earlier::wanted(earlier, graph, &nodes)));
    let then = earlier.as_ref().map(|(earlier, wanted)| (*earlier, wanted.as_slice()));
    let binaries = artifacts::binaries(graph, &nodes, then, by, host, cancel, reporter)?;
    let pins = Pins::of(&lock::read(&graph.workspace.root)?);
    let keyed = session::keys_with(graph, &nodes, pins, &binaries.new, host, cancel, reporter)?;
    let known: HashSet<Key> = nodes.iter().map(|&id| keyed.key(id)).collect();
    let were = match then {
        Some(then) => earlier::variants(then, binaries, &known, host, cancel, reporter)?,
        None => Vec::new(),
    };
    let matching = Matching::of(graph, &were);
    Ok(matching.comparison(&nodes, selected, &keyed, commit.id))
}

/// Where the commit's workspace cannot be read, nothing is known to be as it was.
fn unreadable(
    nodes: &[NodeId],
    selected: &[NodeId],
    commit: String,
    error: Error,
) -> Result<Comparison, Error> {
    let unreadable = match error {
        Error::Interrupted => return Err(error),
        Error::Input(diagnostics) => diagnostics,
        Error::Command { message, output, .. } => {
            vec![Diagnostic::error(format!("{message}: {output}"))]
        }
        other => vec![Diagnostic::error(other.to_string())],
    };
    let asked: HashSet<_> = selected.iter().collect();
    let why = "the workspace of that commit cannot be read".to_owned();
    let finding = |&id: &NodeId| Finding {
        id,
        change: Change::Unknown { why: why.clone() },
        moved_from: None,
        affected: true,
    };
    let findings = nodes.iter().filter(|id| asked.contains(id)).map(finding).collect();
    Ok(Comparison { commit, findings, removed: Vec::new(), unreadable })
}

/// Which variant of the commit each of today's was.
struct Matching<'a> {
    graph: &'a Graph<'a>,
    were: &'a [Was],
    /// By today's variant, the place in `were`.
    pairs: HashMap<NodeId, usize>,
}

impl<'a> Matching<'a> {
    /// The same spec; else, within an image, the only two of one suffix that are left over, whose version is another one;
    /// else, within a folder, the only two of one tag that are left over, whose name is another one.
    fn of(graph: &'a Graph<'a>, were: &'a [Was]) -> Self {
        let mut matching = Self { graph, were, pairs: HashMap::new() };
        matching.pair(|graph, id| graph.spec(id).to_string(), Was::spec);
        matching.pair(
            |graph, id| format!("{}:{}", graph.image(id).name, graph.variant(id).suffix),
            |was| format!("{}:{}", was.name, was.suffix),
        );
        matching.pair(
            |graph, id| format!("{}:{}", folder(graph, id), graph.variant(id).tag),
            |was| format!("{}:{}", was.folder, was.tag),
        );
        matching
    }

    /// Pairs what is left over and alike on both sides, where that is one on each.
    fn pair(&mut self, of_new: impl Fn(&Graph<'_>, NodeId) -> String, of_old: impl Fn(&Was) -> String) {
        let taken: HashSet<usize> = self.pairs.values().copied().collect();
        let mut old: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, was) in self.were.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            old.entry(of_old(was)).or_default().push(at);
        }
        let mut new: HashMap<String, Vec<NodeId>> = HashMap::new();
        for id in self.graph.ids().filter(|id| !self.pairs.contains_key(id)) {
            new.entry(of_new(self.graph, id)).or_default().push(id);
        }
        for (name, ids) in new {
            if let ([id], Some([at])) = (ids.as_slice(), old.get(&name).map(Vec::as_slice)) {
                self.pairs.insert(*id, *at);
            }
        }
    }

    fn comparison(&self, nodes: &[NodeId], selected: &[NodeId], keyed: &Keyed, commit: String) -> Comparison {
        let asked: HashSet<_> = selected.iter().copied().collect();
        let mut roots: HashMap<NodeId, BTreeSet<String>> = HashMap::new();
        let mut findings = Vec::new();
        let mut gone: BTreeSet<usize> = (0..self.were.len()).collect();
        self.pairs.values().for_each(|at| {
            gone.remove(at);
        });
        for &id in nodes {
            let was = self.pairs.get(&id).map(|at| &self.were[*at]);
            let Some((change, affected)) = self.change(id, was, keyed, &mut roots, &mut gone) else {
                continue;
            };
            if asked.contains(&id) {
                let moved = was.map(|was| &was.folder).filter(|old| **old != folder(self.graph, id));
                findings.push(Finding { id, change, moved_from: moved.cloned(), affected });
            }
        }
        let removed = gone.into_iter().map(|at| &self.were[at]);
        let removed = removed.map(|was| Removed { spec: was.spec(), folder: was.folder.clone() });
        Comparison { commit, findings, removed: removed.collect(), unreadable: Vec::new() }
    }

    /// What became of a variant, and whether its key is another one. `roots` are those of the parents, and get its own;
    /// `gone` gets what turns out to be another image.
    fn change(
        &self,
        id: NodeId,
        was: Option<&Was>,
        keyed: &Keyed,
        roots: &mut HashMap<NodeId, BTreeSet<String>>,
        gone: &mut BTreeSet<usize>,
    ) -> Option<(Change, bool)> {
        let spec = self.graph.spec(id).to_string();
        let own = BTreeSet::from([spec.clone()]);
        let (change, cause) = match was {
            None => (Change::New, own),
            Some(was) => match (&was.key, &was.record) {
                (Err(why), _) => (Change::Unknown { why: why.clone() }, own),
                (Ok(key), _) if *key == keyed.key(id) => {
                    let is_here = was.folder == folder(self.graph, id);
                    return (!is_here).then_some((Change::Moved, false));
                }
                (Ok(_), None) => (Change::Unknown { why: "another image has its key now".to_owned() }, own),
                (Ok(_), Some(record)) if was.name != self.graph.image(id).name => {
                    if is_renamed(record, &keyed.parts[&id]) {
                        (Change::Renamed { was: was.spec() }, own)
                    } else {
                        gone.insert(self.pairs[&id]);
                        (Change::New, own)
                    }
                }
                (Ok(_), Some(_)) if was.tag != self.graph.variant(id).tag => {
                    (Change::Version { was: was.spec() }, own)
                }
                (Ok(_), Some(record)) => self.changed(id, record, keyed, roots),
            },
        };
        roots.insert(id, cause);
        Some((change, true))
    }

    /// A variant of one spec on both sides: what differs, and because of whom.
    fn changed(
        &self,
        id: NodeId,
        old: &Record,
        keyed: &Keyed,
        roots: &HashMap<NodeId, BTreeSet<String>>,
    ) -> (Change, BTreeSet<String>) {
        let new = keyed.record(id);
        let mut without_parents = old.clone();
        without_parents.parts.parents.clone_from(&new.parts.parents);
        if without_parents.parts.key() != new.parts.key() {
            let reason = Reason::first(&without_parents, &new);
            let own = BTreeSet::from([self.graph.spec(id).to_string()]);
            return (Change::Changed { reason, roots: Vec::new() }, own);
        }
        let parents = self.graph.node(id).parents();
        let cause: BTreeSet<_> = parents.filter_map(|parent| roots.get(&parent)).flatten().cloned().collect();
        let roots = cause.iter().cloned().collect();
        (Change::Changed { reason: Reason::first(old, &new), roots }, cause)
    }
}

/// Whether all but the labels that hold the name is equal.
fn is_renamed(old: &Record, new: &Parts) -> bool {
    let mut renamed = old.parts.clone();
    for label in ["org.opencontainers.image.title", IMAGE_LABEL] {
        if let Some(value) = new.labels.get(label) {
            renamed.labels.insert(label.to_owned(), value.clone());
        }
    }
    renamed.key() == new.key()
}

fn folder(graph: &Graph<'_>, id: NodeId) -> String {
    relative(&graph.image(id).folder, &graph.workspace.root).to_string()
}
