//! Levels: parents before their children.

use std::cmp::Reverse;
use std::time::Duration;

use super::Shard;
use super::cost::Costs;
use crate::graph::{Graph, NodeId};

/// Divides `set` into levels, and each of them into at most `shards`, the longest first to the least busy.
pub(super) fn divide(graph: &Graph<'_>, set: &[NodeId], shards: usize, costs: &Costs) -> Vec<Shard> {
    let levels = levels(graph, set);
    let count = set.iter().map(|id| levels[id.0] + 1).max().unwrap_or(0);
    let mut divided = Vec::new();
    for level in 0..count {
        let mut ids: Vec<_> = set.iter().copied().filter(|id| levels[id.0] == level).collect();
        // Among equals the order stays, which is that of the graph.
        ids.sort_by_key(|id| (Reverse(costs.of_node(*id)), *id));
        let mut bins: Vec<(Duration, Vec<NodeId>)> =
            vec![(Duration::ZERO, Vec::new()); shards.min(ids.len())];
        for id in ids {
            let least = bins.iter_mut().min_by_key(|(load, _)| *load);
            if let Some((load, ids)) = least {
                *load += costs.of_node(id);
                ids.push(id);
            }
        }
        divided.extend(bins.into_iter().map(|(_, mut ids)| {
            ids.sort();
            Shard { level: Some(level), duration: costs.told(ids.iter().copied()), ids }
        }));
    }
    divided
}

/// How many of the set each stands on, one on another. What stands between them need not be in the set.
fn levels(graph: &Graph<'_>, set: &[NodeId]) -> Vec<usize> {
    let mut is_in = vec![false; graph.nodes.len()];
    set.iter().for_each(|id| is_in[id.0] = true);
    let mut levels = vec![0; graph.nodes.len()];
    for id in &graph.order {
        let above = graph.node(*id).parents().map(|parent| levels[parent.0] + usize::from(is_in[parent.0]));
        levels[id.0] = above.max().unwrap_or(0);
    }
    levels
}
