//! How many images of the workspace stand on each other.

use images_schema::{Diagnostic, Rule};

use crate::graph::{Graph, NodeId, Target};

/// For each variant how many images are on the longest way down, itself among them.
pub(super) fn depths(graph: &Graph<'_>) -> Vec<usize> {
    let mut depths = vec![1; graph.nodes.len()];
    for &id in &graph.order {
        let below = graph.node(id).parents().map(|parent| depths[parent.0]).max();
        depths[id.0] = 1 + below.unwrap_or_default();
    }
    depths
}

/// An error at the reference that leads furthest down.
pub(super) fn violation(graph: &Graph<'_>, id: NodeId, most: usize, depths: &[usize]) -> Option<Diagnostic> {
    let depth = depths[id.0];
    if depth <= most {
        return None;
    }
    let image = graph.image(id);
    let message =
        format!("the policy allows {most} images on each other, and `{}` is number {depth}", image.name);
    let deepest = graph.node(id).edges.iter().find_map(|edge| match edge.target {
        Target::Internal(parent) if depths[parent.0] + 1 == depth => Some((edge.span.clone(), parent)),
        _ => None,
    });
    // What only a trigger of the base refers to has no line here.
    let (span, label) = match deepest {
        Some((span, parent)) => (span, format!("`{}` is number {}", graph.spec(parent), depth - 1)),
        None => (0..0, String::new()),
    };
    let help = "base it on an image further down, or raise `max-depth` in [workspace.metadata.images.policy]";
    Some(image.dockerfile.error(span, message, label).rule(Rule::MaxDepth).help(help))
}
