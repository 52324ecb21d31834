//! Parents before children, or the cycle that forbids it.

use std::collections::VecDeque;

use images_schema::Rule;

use super::{Edge, Graph, NodeId, Target};
use crate::Error;

/// Orders the nodes so that each comes after all that it stands on. Nothing recurses: chains may be long.
///
/// # Errors
/// A cycle, with its path, at the reference that closes it.
pub(super) fn parents_first(graph: &Graph<'_>) -> Result<Vec<NodeId>, Error> {
    let children = graph.children();
    let mut missing: Vec<usize> = graph.ids().map(|id| distinct_parents(graph, id)).collect();
    let mut ready: VecDeque<_> = graph.ids().filter(|id| missing[id.0] == 0).collect();
    let mut order = Vec::with_capacity(graph.nodes.len());
    while let Some(id) = ready.pop_front() {
        order.push(id);
        for child in &children[id.0] {
            missing[child.0] -= 1;
            if missing[child.0] == 0 {
                ready.push_back(*child);
            }
        }
    }
    if order.len() == graph.nodes.len() { Ok(order) } else { Err(cycle(graph, &missing)) }
}

fn distinct_parents(graph: &Graph<'_>, id: NodeId) -> usize {
    let mut parents: Vec<_> = graph.node(id).parents().collect();
    parents.sort_unstable();
    parents.dedup();
    parents.len()
}

/// Every node that is left has a parent that is left, so going from parent to parent comes round.
fn cycle(graph: &Graph<'_>, missing: &[usize]) -> Error {
    let left = |id: NodeId| missing[id.0] > 0;
    let mut path: Vec<(NodeId, &Edge)> = Vec::new();
    let mut next = graph.ids().find(|id| left(*id));
    while let Some(id) = next {
        if let Some(start) = path.iter().position(|(seen, _)| *seen == id) {
            return told(graph, &path[start..]);
        }
        next = None;
        for edge in &graph.node(id).edges {
            if let Target::Internal(parent) = edge.target
                && left(parent)
            {
                path.push((id, edge));
                next = Some(parent);
                break;
            }
        }
    }
    Error::Input(Vec::new())
}

fn told(graph: &Graph<'_>, path: &[(NodeId, &Edge)]) -> Error {
    let start = path.iter().enumerate().min_by_key(|(_, (id, _))| *id).map_or(0, |(at, _)| at);
    let (id, edge) = path[start];
    let mut names: Vec<_> =
        (0..path.len()).map(|step| graph.spec(path[(start + step) % path.len()].0).to_string()).collect();
    names.push(names[0].clone());
    let dockerfile = &graph.image(id).dockerfile;
    let (message, label) = match path.len() {
        1 => (format!("`{}` stands on itself", names[0]), "refers to the image that it is for"),
        _ => (format!("images stand on each other in a cycle: {}", names.join(" → ")), "closes the cycle"),
    };
    let diagnostic = dockerfile.error(edge.span.clone(), message, label).rule(Rule::Reference);
    diagnostic.help("take one of these references away").into()
}
