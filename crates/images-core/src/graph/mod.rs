//! The graph of variants: who stands on whom.
//!
//! 1. Each variant's Dockerfile is resolved with its arguments, in parallel.
//! 2. `reference` reads each reference as internal or external; an internal one becomes an edge to the variant that
//!    meets its tag.
//! 3. `order` puts parents before children, or shows a cycle.

mod order;
mod reference;

use std::collections::BTreeSet;
use std::fmt;

use images_dockerfile::{Inputs, Resolution, Sources, Span};
use images_engine::threads;
use images_schema::Diagnostic;

pub use reference::{Owner, owner, select};

use crate::Error;
use crate::workspace::{Image, Variant, Workspace, at_problem, platform_of};

/// A variant's place in [`Graph::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A variant of this workspace.
    Internal(NodeId),
    /// An image from elsewhere, as it is written.
    External(String),
}

/// One reference of a node's Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where it stands in the Dockerfile.
    pub span: Span,
    /// What it leads to.
    pub target: Target,
    /// Whether it is a base: `FROM`.
    pub is_base: bool,
}

/// One variant, with what its Dockerfile means for it.
#[derive(Debug)]
pub struct Node {
    /// The image's place in [`Workspace::images`].
    pub image: usize,
    /// The variant's place in [`Image::variants`].
    pub variant: usize,
    /// What its Dockerfile means.
    pub resolution: Resolution,
    /// Its references, in the Dockerfile's order.
    pub edges: Vec<Edge>,
    /// What it reads from its context, triggers of its bases included.
    pub sources: Sources,
    /// What the `ONBUILD` instructions of its bases refer to; its own build needs it.
    pub trigger_targets: Vec<Target>,
    /// The arguments that those declare.
    pub trigger_args: BTreeSet<String>,
}

impl Node {
    /// The variants that it stands on; one may come twice.
    pub fn parents(&self) -> impl Iterator<Item = NodeId> {
        self.targets().filter_map(|target| match target {
            Target::Internal(id) => Some(*id),
            Target::External(_) => None,
        })
    }

    /// The reference to the image at the bottom of the target's stages; `None` for `scratch`.
    pub fn base(&self) -> Option<&Edge> {
        let root = Some(self.resolution.root_stage);
        let mut with_edges = self.resolution.references.iter().zip(&self.edges);
        with_edges.find(|(found, edge)| edge.is_base && found.stage == root).map(|(_, edge)| edge)
    }

    /// What its own references and its bases' triggers lead to.
    fn targets(&self) -> impl Iterator<Item = &Target> {
        self.edges.iter().map(|edge| &edge.target).chain(&self.trigger_targets)
    }

    /// The references that lead out of the workspace.
    pub fn externals(&self) -> impl Iterator<Item = &str> {
        self.targets().filter_map(|target| match target {
            Target::Internal(_) => None,
            Target::External(text) => Some(text.as_str()),
        })
    }
}

/// All variants of a workspace and their edges.
#[derive(Debug)]
pub struct Graph<'a> {
    /// The workspace.
    pub workspace: &'a Workspace,
    /// The variants, by image and then in the order of Image.toml.
    pub nodes: Vec<Node>,
    /// Parents before children.
    pub order: Vec<NodeId>,
    first: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// Resolves every variant.
    ///
    /// # Errors
    /// All references that lead nowhere, or a cycle with its path.
    pub fn of(workspace: &'a Workspace, jobs: usize) -> Result<Self, Error> {
        let mut places = Vec::new();
        let mut first = Vec::with_capacity(workspace.images.len());
        for (image, member) in workspace.images.iter().enumerate() {
            first.push(places.len());
            places.extend((0..member.variants.len()).map(|variant| (image, variant)));
        }
        let resolved = threads::map(jobs, &places, |&(image, variant)| {
            let image = &workspace.images[image];
            resolve(workspace, image, &image.variants[variant])
        });
        let mut graph = Self { workspace, nodes: Vec::with_capacity(places.len()), order: Vec::new(), first };
        let mut problems = Vec::new();
        for (&(image, variant), resolved) in places.iter().zip(resolved) {
            let edges = resolved.and_then(|resolution| Ok((graph.edges(image, &resolution)?, resolution)));
            match edges {
                Ok((edges, resolution)) => {
                    let sources = resolution.sources.clone();
                    graph.nodes.push(Node {
                        image,
                        variant,
                        resolution,
                        edges,
                        sources,
                        trigger_targets: Vec::new(),
                        trigger_args: BTreeSet::new(),
                    });
                }
                // Variants share a Dockerfile, and often what is wrong with it.
                Err(found) => found.into_iter().for_each(|problem| {
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Input(problems));
        }
        graph.order = order::parents_first(&graph)?;
        graph.add_triggers();
        Ok(graph)
    }

    /// The node with this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Its image.
    pub fn image(&self, id: NodeId) -> &'a Image {
        &self.workspace.images[self.node(id).image]
    }

    /// Its variant.
    pub fn variant(&self, id: NodeId) -> &'a Variant {
        &self.image(id).variants[self.node(id).variant]
    }

    /// The id of an image's variant, both by place.
    pub fn id(&self, image: usize, variant: usize) -> NodeId {
        NodeId(self.first[image] + variant)
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).map(NodeId)
    }

    /// `NAME:TAG`, as a person names it.
    pub fn spec(&self, id: NodeId) -> Spec<'a> {
        Spec { name: &self.image(id).name, tag: &self.variant(id).tag }
    }

    /// For each node, those that stand on it directly.
    pub fn children(&self) -> Vec<Vec<NodeId>> {
        let mut children = vec![Vec::new(); self.nodes.len()];
        for id in self.ids() {
            for parent in self.node(id).parents() {
                if children[parent.0].last() != Some(&id) {
                    children[parent.0].push(id);
                }
            }
        }
        children
    }

    fn edges(&self, image: usize, resolution: &Resolution) -> Result<Vec<Edge>, Vec<Diagnostic>> {
        let member = &self.workspace.images[image];
        let mut edges = Vec::new();
        let mut problems = Vec::new();
        for found in &resolution.references {
            let is_base = found.kind == images_dockerfile::ReferenceKind::From;
            match reference::target(self, member, found) {
                Ok(target) => edges.push(Edge { span: found.span.clone(), target, is_base }),
                Err(problem) => problems.push(*problem),
            }
        }
        if problems.is_empty() { Ok(edges) } else { Err(problems) }
    }

    /// A child's build does what the `ONBUILD` instructions of its bases say.
    fn add_triggers(&mut self) {
        for at in 0..self.nodes.len() {
            let bases: Vec<_> = self.nodes[at].edges.iter().filter(|edge| edge.is_base).collect();
            let triggers: Vec<_> = bases.into_iter().filter_map(|base| self.triggers(&base.target)).collect();
            let node = &mut self.nodes[at];
            for triggers in triggers {
                node.sources = joined(&node.sources, &triggers.sources);
                node.trigger_targets.extend(triggers.targets);
                node.trigger_args.extend(triggers.args);
            }
        }
    }

    /// What a base leaves to its children. What an external one does is not known; its name may tell.
    fn triggers(&self, base: &Target) -> Option<Triggers> {
        let id = match base {
            Target::Internal(id) => *id,
            Target::External(text) if text.contains("onbuild") => {
                return Some(Triggers { sources: Sources::All, targets: Vec::new(), args: BTreeSet::new() });
            }
            Target::External(_) => return None,
        };
        let node = self.node(id);
        let Resolution { triggers, trigger_args, references, target, .. } = &node.resolution;
        let carried = references.iter().zip(&node.edges);
        let carried = carried.filter(|(found, _)| found.onbuild && found.stage == Some(*target));
        Some(Triggers {
            sources: triggers.clone(),
            targets: carried.map(|(_, edge)| edge.target.clone()).collect(),
            args: trigger_args.clone(),
        })
    }
}

/// What the `ONBUILD` instructions of an image do in a child's build.
struct Triggers {
    sources: Sources,
    targets: Vec<Target>,
    args: BTreeSet<String>,
}

/// Both. A trigger's source may match nothing: its span is in another Dockerfile, so the engine is left to speak of it.
fn joined(sources: &Sources, triggers: &Sources) -> Sources {
    match (sources, triggers) {
        (Sources::These(own), Sources::These(more)) => {
            let optional = more.iter().map(|source| {
                let mut source = source.clone();
                if !source.wildcard {
                    source.path = escaped(&source.path);
                    source.wildcard = true;
                }
                source
            });
            Sources::These(own.iter().cloned().chain(optional).collect())
        }
        _ => Sources::All,
    }
}

/// A path as a pattern that matches it alone.
fn escaped(path: &str) -> String {
    let mut pattern = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

fn resolve(workspace: &Workspace, image: &Image, variant: &Variant) -> Result<Resolution, Vec<Diagnostic>> {
    let platform = variant.platform.as_deref().map_or_else(|| workspace.host.clone(), platform_of);
    let inputs = Inputs {
        args: &variant.args,
        target: image.manifest.image.target.as_ref().map(|target| target.get_ref().as_str()),
        platform: &platform,
        build_platform: &workspace.host,
    };
    image.parsed.resolve(&inputs).map_err(|problem| vec![at_problem(&image.dockerfile, &problem, false)])
}

/// A variant as a person names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spec<'a> {
    /// The image's name.
    pub name: &'a str,
    /// The variant's tag.
    pub tag: &'a str,
}

impl fmt::Display for Spec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)
    }
}
