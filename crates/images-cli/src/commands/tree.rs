use std::collections::HashSet;

use images_core::graph::{Graph, NodeId, Target};
use images_core::{Error, exit_code};

use super::{Session, named};
use crate::arguments::{BuildArgs, Tree};

pub(super) fn run(session: &Session, args: &Tree) -> Result<u8, Error> {
    let workspace = session.workspace(&BuildArgs { build_args: Vec::new() })?;
    let graph = session.graph(&workspace)?;
    let roots = match &args.invert {
        Some(spec) => named(&graph, std::slice::from_ref(spec))?,
        None => args.selection.resolve(&graph)?,
    };
    let depth = args.depth.unwrap_or(usize::MAX);
    let children = args.invert.is_some().then(|| graph.children());
    let mut drawing = Drawing { graph: &graph, children, depth, seen: HashSet::new(), lines: Vec::new() };
    for root in roots {
        drawing.root(root);
    }
    drawing.lines.iter().for_each(|line| session.terminal.data(line));
    Ok(exit_code::DONE)
}

/// What hangs below a node: one of ours, or an image from elsewhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Leaf {
    Node(NodeId),
    External(String),
}

struct Drawing<'a> {
    graph: &'a Graph<'a>,
    children: Option<Vec<Vec<NodeId>>>,
    depth: usize,
    seen: HashSet<NodeId>,
    lines: Vec<String>,
}

/// A line that is still to be drawn.
struct Waiting {
    leaf: Leaf,
    /// What stands before the branch.
    margin: String,
    last: bool,
    level: usize,
}

impl Drawing<'_> {
    /// Draws one tree. What was drawn before is marked and not drawn again. Nothing recurses: chains may be long.
    fn root(&mut self, root: NodeId) {
        let mark = self.mark(root);
        self.lines.push(format!("{}{mark}", self.graph.spec(root)));
        let mut stack = Vec::new();
        if mark.is_empty() {
            self.push_below(root, "", 1, &mut stack);
        }
        while let Some(Waiting { leaf, margin, last, level }) = stack.pop() {
            let branch = if last { "└── " } else { "├── " };
            match leaf {
                Leaf::External(text) => self.lines.push(format!("{margin}{branch}{text} (external)")),
                Leaf::Node(id) => {
                    let mark = self.mark(id);
                    self.lines.push(format!("{margin}{branch}{}{mark}", self.graph.spec(id)));
                    if mark.is_empty() {
                        let margin = format!("{margin}{}", if last { "    " } else { "│   " });
                        self.push_below(id, &margin, level + 1, &mut stack);
                    }
                }
            }
        }
    }

    /// As cargo marks it: `(*)` for what was drawn before and has something below.
    fn mark(&mut self, id: NodeId) -> &'static str {
        if self.seen.insert(id) || self.below(id).is_empty() { "" } else { " (*)" }
    }

    fn below(&self, id: NodeId) -> Vec<Leaf> {
        let mut leaves: Vec<_> = match &self.children {
            Some(children) => children[id.0].iter().copied().map(Leaf::Node).collect(),
            None => {
                let edges = self.graph.node(id).edges.iter();
                let leaf = |target: &Target| match target {
                    Target::Internal(id) => Leaf::Node(*id),
                    Target::External(text) => Leaf::External(text.clone()),
                };
                edges.map(|edge| leaf(&edge.target)).collect()
            }
        };
        let mut seen = Vec::new();
        leaves.retain(|leaf| {
            let new = !seen.contains(leaf);
            seen.push(leaf.clone());
            new
        });
        leaves
    }

    fn push_below(&self, id: NodeId, margin: &str, level: usize, stack: &mut Vec<Waiting>) {
        if level > self.depth {
            return;
        }
        let mut last = true;
        for leaf in self.below(id).into_iter().rev() {
            stack.push(Waiting { leaf, margin: margin.to_owned(), last, level });
            last = false;
        }
    }
}
