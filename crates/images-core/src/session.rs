//! Takes a selection through the pipeline: what joins the contexts, the contexts, the keys.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use images_dockerfile::Sources;
use images_engine::process::Cancel;
use images_engine::threads;
use images_schema::{Diagnostic, Rule};

use crate::Error;
use crate::context::{self, Context, ContextError, ContextRequest, Joined, StatCache};
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::joined::{self, Built, JoinedByNode};
use crate::key::{Key, Parts, Record};
use crate::lock::Pins;
use crate::workspace::Image;

/// What the host offers, read by the caller.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The cargo to call.
    pub cargo: String,
    /// `RUSTFLAGS`.
    pub rustflags: Option<String>,
    /// `SOURCE_DATE_EPOCH`, else [`context::EPOCH`]: the times of all files in contexts, in seconds since 1970.
    pub epoch: i64,
    /// How many threads may work, and how many builds may run.
    pub jobs: usize,
    /// Whether somebody said so; otherwise it is the number of CPUs, and the engine may have a better idea of builds.
    pub jobs_named: bool,
    /// Whether hashes of unchanged files are taken from the stat cache.
    pub stat_cache: bool,
    /// The names of the environment variables that are set.
    pub variables: BTreeSet<String>,
}

/// The contexts and keys of the nodes that a command needs.
#[derive(Debug, Default)]
pub struct Keyed {
    /// The nodes, parents first.
    pub nodes: Vec<NodeId>,
    /// Their contexts; variants may share one.
    pub contexts: HashMap<NodeId, Arc<Context>>,
    /// What their keys are made of.
    pub parts: HashMap<NodeId, Parts>,
    /// What the images from elsewhere are pinned to.
    pub pins: Pins,
    keys: HashMap<NodeId, Key>,
}

impl Keyed {
    /// Computes the keys of `nodes`, parents first. A node without a context has none, nor has what stands on it.
    pub(crate) fn of(
        graph: &Graph<'_>,
        nodes: &[NodeId],
        contexts: HashMap<NodeId, Arc<Context>>,
        pins: Pins,
    ) -> Self {
        let mut keyed = Self { contexts, pins, ..Self::default() };
        for &id in nodes {
            let has_parents = graph.node(id).parents().all(|parent| keyed.keys.contains_key(&parent));
            let Some(context) = keyed.contexts.get(&id).filter(|_| has_parents) else { continue };
            let parts = Parts::of(graph, id, context, &keyed.pins, &|parent| keyed.keys[&parent]);
            keyed.keys.insert(id, parts.key());
            keyed.parts.insert(id, parts);
            keyed.nodes.push(id);
        }
        keyed
    }

    /// The key of a node, where it has one.
    pub(crate) fn get(&self, id: NodeId) -> Option<Key> {
        self.keys.get(&id).copied()
    }

    /// The key of a node.
    ///
    /// # Panics
    /// If the node is none of [`Keyed::nodes`].
    pub fn key(&self, id: NodeId) -> Key {
        self.keys[&id]
    }

    /// What the names of all that is staged for these nodes begin with.
    pub(crate) fn stage_names(&self) -> HashSet<String> {
        let contexts = self.contexts.values().map(|context| context.stage_name());
        contexts.chain(self.keys.values().map(Key::to_string)).collect()
    }

    /// What a node's key is made of, with each entry of its context.
    ///
    /// # Panics
    /// If the node is none of [`Keyed::nodes`].
    pub fn record(&self, id: NodeId) -> Record {
        Record::of(&self.parts[&id], &self.contexts[&id])
    }
}

/// Reads the contexts of `nodes` and computes their keys. `nodes` are parents first and hold all that they stand on.
///
/// # Errors
/// Everything that is wrong with the contexts, or a host command that fails.
pub fn keys(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    pins: Pins,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Keyed, Error> {
    let joined = joined::gather(graph, nodes, host, cancel, reporter)?;
    Ok(Keyed::of(graph, nodes, contexts(graph, nodes, &joined, host)?, pins))
}

/// The same with binaries that are there.
///
/// # Errors
/// As [`keys`].
pub(crate) fn keys_with(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    pins: Pins,
    built: &Built,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Keyed, Error> {
    let joined = joined::gather_with(graph, nodes, built, host, cancel, reporter)?;
    Ok(Keyed::of(graph, nodes, contexts(graph, nodes, &joined, host)?, pins))
}

/// Reads the contexts of `nodes` as far as they can be read: those that can, and what is wrong with the others.
pub(crate) fn readable_contexts(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    joined: &JoinedByNode,
    host: &HostOptions,
) -> (HashMap<NodeId, Arc<Context>>, HashMap<NodeId, Diagnostic>) {
    let (mut contexts, mut problems) = (HashMap::new(), HashMap::new());
    let sources = |id| Cow::Borrowed(&graph.node(id).sources);
    for (group, read) in read_groups(graph, nodes, joined, host, &sources) {
        match read {
            Ok(found) => contexts.extend(found),
            Err(problem) => problems.extend(group.into_iter().map(|id| (id, (*problem).clone()))),
        }
    }
    (contexts, problems)
}

/// Reads the contexts of `nodes` alone.
///
/// # Errors
/// Everything that is wrong with them.
pub fn contexts(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    joined: &JoinedByNode,
    host: &HostOptions,
) -> Result<HashMap<NodeId, Arc<Context>>, Error> {
    contexts_of(graph, nodes, joined, host, &|id| Cow::Borrowed(&graph.node(id).sources))
}

/// What a node reads from its context.
pub(crate) type SourcesOf<'a> = dyn Fn(NodeId) -> Cow<'a, Sources> + Sync + 'a;

/// As [`contexts`], with other sources than the nodes' own.
pub(crate) fn contexts_of<'a>(
    graph: &'a Graph<'a>,
    nodes: &[NodeId],
    joined: &JoinedByNode,
    host: &HostOptions,
    sources: &SourcesOf<'a>,
) -> Result<HashMap<NodeId, Arc<Context>>, Error> {
    let mut contexts = HashMap::with_capacity(nodes.len());
    let mut problems = Vec::new();
    for (_, result) in read_groups(graph, nodes, joined, host, sources) {
        match result {
            Ok(found) => contexts.extend(found),
            Err(problem) => problems.push(*problem),
        }
    }
    if problems.is_empty() { Ok(contexts) } else { Err(Error::Input(problems)) }
}

/// The contexts of one image's variants, or what is wrong with one of them.
type Group = (Vec<NodeId>, Result<Vec<(NodeId, Arc<Context>)>, Box<Diagnostic>>);

/// Reads the contexts image by image, in parallel.
fn read_groups<'a>(
    graph: &'a Graph<'a>,
    nodes: &[NodeId],
    joined: &JoinedByNode,
    host: &HostOptions,
    sources: &SourcesOf<'a>,
) -> Vec<Group> {
    let cache_file = graph.workspace.cache().join("stat-cache");
    let cache = if host.stat_cache { StatCache::load(&cache_file) } else { StatCache::disabled() };
    let mut by_image: HashMap<usize, Vec<NodeId>> = HashMap::new();
    for &id in nodes {
        by_image.entry(graph.node(id).image).or_default().push(id);
    }
    let mut groups: Vec<_> = by_image.into_values().collect();
    groups.sort();
    let read =
        threads::map(host.jobs, &groups, |group| of_image(graph, group, joined, host, sources, &cache));
    // Without the cache the next run hashes again; that is all.
    let _ = cache.save();
    groups.into_iter().zip(read).collect()
}

/// The contexts of one image's variants: those that read the same share one.
fn of_image(
    graph: &Graph<'_>,
    group: &[NodeId],
    joined: &JoinedByNode,
    host: &HostOptions,
    sources: &SourcesOf<'_>,
    cache: &StatCache,
) -> Result<Vec<(NodeId, Arc<Context>)>, Box<Diagnostic>> {
    let mut read: Vec<(Cow<'_, Sources>, &[Joined], Arc<Context>)> = Vec::new();
    let mut found = Vec::new();
    for &id in group {
        let sources = sources(id);
        let files = joined.get(&id).map_or(&[][..], Vec::as_slice);
        let shared = read.iter().find(|(other, more, _)| *other == sources && *more == files);
        let context = match shared {
            Some((_, _, context)) => Arc::clone(context),
            None => {
                let context = Arc::new(read_one(graph, id, &sources, files, host, cache)?);
                read.push((sources, files, Arc::clone(&context)));
                context
            }
        };
        found.push((id, context));
    }
    Ok(found)
}

fn read_one(
    graph: &Graph<'_>,
    id: NodeId,
    sources: &Sources,
    joined: &[Joined],
    host: &HostOptions,
    cache: &StatCache,
) -> Result<Context, Box<Diagnostic>> {
    let image = graph.image(id);
    let request = ContextRequest {
        repository: &graph.workspace.repository,
        folder: &image.context,
        private: &[graph.workspace.cache()],
        ignore: &image.ignore,
        sources,
        joined,
        modes: match image.manifest.image.modes {
            images_schema::Modes::Normalise => context::Modes::Normalise,
            images_schema::Modes::Preserve => context::Modes::Preserve,
        },
        epoch: host.epoch,
    };
    context::read(&request, cache).map_err(|error| Box::new(told(image, error).rule(Rule::Context)))
}

/// A context's error with the place that a person can mend.
fn told(image: &Image, error: ContextError) -> Diagnostic {
    let message = error.to_string();
    match error {
        ContextError::MissingSource { span, ignored, nearest, .. } => {
            let label = if ignored { "ignored" } else { "not there" };
            image.dockerfile.error(span, message, label).help(match nearest {
                _ if ignored => "take it out of .dockerignore, or add an exception with `!`".to_owned(),
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("create it in {}, or bring it in with [[input]]", image.context),
            })
        }
        ContextError::Hidden { .. } => {
            let diagnostic = image.source.error(0..0, message, "[artifacts], [[input]] and [[prepare]] join");
            diagnostic.help("choose another `to` or `output`, or remove the file")
        }
        ContextError::EscapingLink { .. } => at_folder(image, message).help(
            "make it a link within the repository, copy what it points at, or exclude it in .dockerignore",
        ),
        ContextError::Special { .. } | ContextError::NotUtf8 { .. } => {
            at_folder(image, message).help("remove it, or exclude it in .dockerignore")
        }
        ContextError::Io { source, .. } => at_folder(image, format!("{message}: {source}")),
        ContextError::Outside { .. } => at_folder(image, message).help("paths stay inside the repository"),
    }
}

fn at_folder(image: &Image, message: String) -> Diagnostic {
    image.source.error(0..0, message, format!("in the context of `{}`", image.name))
}
