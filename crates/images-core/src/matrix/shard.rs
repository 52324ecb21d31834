//! Shards that build what they need by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cost::Costs;
use super::{MAX_JOBS, Shard};
use crate::graph::{Graph, NodeId};
use crate::selection::with_parents;

/// How much longer than need be a shard may take so that parents are not built twice: a tenth.
const SLACK: u32 = 10;

/// Divides `set` into at most `shards`, or into as many as share nothing.
pub(super) fn divide(graph: &Graph<'_>, set: &[NodeId], shards: Option<usize>, costs: &Costs) -> Vec<Shard> {
    let components = components(graph, set);
    let groups = match shards {
        None if components.len() <= MAX_JOBS => components,
        shards => shortest(graph, set, components, shards.unwrap_or(MAX_JOBS), costs),
    };
    groups.into_iter().map(|ids| finished(graph, ids, costs)).collect()
}

fn finished(graph: &Graph<'_>, ids: Vec<NodeId>, costs: &Costs) -> Shard {
    let all = with_parents(graph, &ids);
    let duration = costs.told(all.iter().copied());
    let own: BTreeSet<_> = ids.into_iter().collect();
    Shard { level: None, ids: all.into_iter().filter(|id| own.contains(id)).collect(), duration }
}

/// The set by what is connected through parents that are built as well.
fn components(graph: &Graph<'_>, set: &[NodeId]) -> Vec<Vec<NodeId>> {
    let mut heads: Vec<usize> = (0..graph.nodes.len()).collect();
    for id in with_parents(graph, set) {
        for parent in graph.node(id).parents() {
            let (a, b) = (head(&mut heads, id.0), head(&mut heads, parent.0));
            heads[a.max(b)] = a.min(b);
        }
    }
    let mut groups: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
    for id in set {
        groups.entry(head(&mut heads, id.0)).or_default().push(*id);
    }
    groups.into_values().collect()
}

/// The first of those that one is connected with. What is passed on the way gets a shorter one.
fn head(heads: &mut [usize], mut at: usize) -> usize {
    while heads[at] != at {
        heads[at] = heads[heads[at]];
        at = heads[at];
    }
    at
}

/// One machine while images are given out.
#[derive(Clone, Default)]
struct Machine {
    /// What it builds, parents included.
    builds: BTreeSet<NodeId>,
    load: Duration,
}

/// Keeps together what shares a parent, unless it takes more than a tenth less when that is divided.
fn shortest(
    graph: &Graph<'_>,
    set: &[NodeId],
    components: Vec<Vec<NodeId>>,
    shards: usize,
    costs: &Costs,
) -> Vec<Vec<NodeId>> {
    let tops = tops(graph, set).into_iter().map(|id| vec![id]).collect();
    let whole = given_out(graph, components, shards, costs);
    let divided = given_out(graph, tops, shards, costs);
    let longest =
        |machines: &[Machine]| machines.iter().map(|machine| machine.load).max().unwrap_or_default();
    let (of_whole, of_divided) = (longest(&whole), longest(&divided));
    asked(set, if of_whole <= of_divided + of_divided / SLACK { whole } else { divided })
}

/// What one machine builds as a whole, and how long that takes.
struct Unit {
    needs: Vec<NodeId>,
    length: Duration,
}

/// Gives units to machines, the longest first: to one that has most of what it needs, as long as that does not become much
/// longer than need be; else to the one that ends first.
fn given_out(graph: &Graph<'_>, units: Vec<Vec<NodeId>>, shards: usize, costs: &Costs) -> Vec<Machine> {
    let time = |ids: &[NodeId]| ids.iter().map(|id| costs.of_node(*id)).sum::<Duration>();
    let unit = |ids: Vec<NodeId>| {
        let needs = with_parents(graph, &ids);
        Unit { length: time(&needs), needs }
    };
    let mut units: Vec<_> = units.into_iter().map(unit).collect();
    // Among equals the order stays, which is that of the graph.
    units.sort_by_key(|unit| std::cmp::Reverse(unit.length));
    let all: BTreeSet<_> = units.iter().flat_map(|unit| &unit.needs).copied().collect();
    let all: Duration = all.into_iter().map(|id| costs.of_node(id)).sum();
    let even = all / u32::try_from(shards.max(1)).unwrap_or(u32::MAX);
    let least = even.max(units.first().map_or(Duration::ZERO, |unit| unit.length));
    let limit = least + least / SLACK;
    let mut machines = vec![Machine::default(); shards.min(units.len())];
    for unit in units {
        let more = |machine: &Machine| {
            let missing = unit.needs.iter().filter(|need| !machine.builds.contains(need));
            missing.map(|need| costs.of_node(*need)).sum::<Duration>()
        };
        let rank = |machine: &&mut Machine| {
            let more = more(machine);
            let then = machine.load + more;
            if then <= limit { (false, more, then) } else { (true, then, more) }
        };
        if let Some(machine) = machines.iter_mut().min_by_key(rank) {
            machine.load += more(machine);
            machine.builds.extend(unit.needs);
        }
    }
    machines
}

/// Those of the set that no other of it stands on.
fn tops(graph: &Graph<'_>, set: &[NodeId]) -> Vec<NodeId> {
    let mut is_below = vec![false; graph.nodes.len()];
    let mut is_in = vec![false; graph.nodes.len()];
    set.iter().for_each(|id| is_in[id.0] = true);
    for id in graph.order.iter().rev() {
        let carries = is_in[id.0] || is_below[id.0];
        graph.node(*id).parents().filter(|_| carries).for_each(|parent| is_below[parent.0] = true);
    }
    set.iter().copied().filter(|id| !is_below[id.0]).collect()
}

/// What each machine is asked for: of the set what it builds, unless a machine before it is asked for it.
fn asked(set: &[NodeId], machines: Vec<Machine>) -> Vec<Vec<NodeId>> {
    let mut left: BTreeSet<_> = set.iter().copied().collect();
    let groups =
        machines.into_iter().map(|machine| machine.builds.into_iter().filter(|id| left.remove(id)).collect());
    groups.filter(|ids: &Vec<_>| !ids.is_empty()).collect()
}
