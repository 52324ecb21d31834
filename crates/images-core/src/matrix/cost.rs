//! How long each image takes.

use std::collections::HashMap;
use std::time::Duration;

use crate::graph::{Graph, NodeId};
use crate::history::History;

/// How long each variant takes to build.
#[derive(Debug, Clone)]
pub struct Costs {
    by_node: Vec<Duration>,
    /// Whether anything is known at all.
    is_known: bool,
}

impl Costs {
    /// By what the workspace's history has.
    pub fn of_history(graph: &Graph<'_>) -> Self {
        Self::of(graph, &History::of(&graph.workspace.cache()).durations())
    }

    /// By spec; else as another version of the image, else as the middle one of all. Without any, all are alike.
    pub fn of(graph: &Graph<'_>, durations: &HashMap<String, Duration>) -> Self {
        let mut sorted: Vec<_> = durations.values().copied().collect();
        sorted.sort();
        let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(Duration::from_secs(1));
        let mut by_name: HashMap<&str, Duration> = HashMap::new();
        for (spec, duration) in durations {
            let name = spec.split(':').next().unwrap_or(spec);
            let longest = by_name.entry(name).or_default();
            *longest = (*longest).max(*duration);
        }
        let cost = |id: NodeId| {
            let own = durations.get(&graph.spec(id).to_string());
            own.or_else(|| by_name.get(graph.image(id).name.as_str())).copied().unwrap_or(middle)
        };
        Self { by_node: graph.ids().map(cost).collect(), is_known: !durations.is_empty() }
    }

    /// How long one takes.
    pub(super) fn of_node(&self, id: NodeId) -> Duration {
        self.by_node[id.0]
    }

    /// How long all of these take, if that is known.
    pub(super) fn told(&self, ids: impl Iterator<Item = NodeId>) -> Option<Duration> {
        self.is_known.then(|| ids.map(|id| self.of_node(id)).sum())
    }
}
