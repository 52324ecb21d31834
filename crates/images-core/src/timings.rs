//! Where a run's time went, from what the history recorded of it.

use std::collections::HashMap;
use std::time::Duration;

use crate::history::Entry;

/// One run, in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timings {
    /// The run's name in the history.
    pub run: String,
    /// How many builds could run at once.
    pub jobs: usize,
    /// From the run's start to the end of its last build.
    pub total: Duration,
    /// How long all builds took, one after another.
    pub active: Duration,
    /// How long those on the critical path took: no number of jobs makes the run shorter.
    pub critical: Duration,
    /// The builds, in the order in which they started.
    pub bars: Vec<Bar>,
}

/// One build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What is recorded of it.
    pub entry: Entry,
    /// The place of the build whose end made this one ready.
    pub unblocked_by: Option<usize>,
    /// The places of those that its end made ready.
    pub unblocked: Vec<usize>,
    /// Whether it lies on the critical path: of all chains in which each stands on the one before, the longest.
    pub is_critical: bool,
}

impl Timings {
    /// Those of the last run; `None` where nothing is recorded.
    pub fn of_last_run(history: &[Entry]) -> Option<Self> {
        let run = &history.last()?.run;
        let mut entries: Vec<Entry> = history.iter().filter(|entry| entry.run == *run).cloned().collect();
        entries.sort_by(|a, b| (a.started, a.lane, &a.spec).cmp(&(b.started, b.lane, &b.spec)));
        let critical = critical_path(&entries);
        let active = |entry: &Entry| entry.active();
        Some(Self {
            run: run.clone(),
            jobs: entries.first()?.jobs,
            total: entries.iter().map(|entry| entry.ended).max()?,
            active: entries.iter().map(active).sum(),
            critical: critical.iter().map(|at| entries[*at].active()).sum(),
            bars: bars(entries, &critical),
        })
    }
}

fn places(entries: &[Entry]) -> HashMap<&str, usize> {
    entries.iter().enumerate().map(|(at, entry)| (entry.spec.as_str(), at)).collect()
}

fn bars(entries: Vec<Entry>, critical: &[usize]) -> Vec<Bar> {
    let places = places(&entries);
    let by = |entry: &Entry| entry.unblocked_by.as_deref().and_then(|spec| places.get(spec).copied());
    let unblocked_by: Vec<_> = entries.iter().map(by).collect();
    let mut unblocked = vec![Vec::new(); entries.len()];
    for (at, by) in unblocked_by.iter().enumerate() {
        by.iter().for_each(|by| unblocked[*by].push(at));
    }
    let bar = |(at, ((entry, unblocked_by), unblocked))| Bar {
        entry,
        unblocked_by,
        unblocked,
        is_critical: critical.contains(&at),
    };
    entries.into_iter().zip(unblocked_by).zip(unblocked).enumerate().map(bar).collect()
}

/// The places on the longest chain, parents first. Entries are in the order of their starts, so parents come before
/// what stands on them.
fn critical_path(entries: &[Entry]) -> Vec<usize> {
    let places = places(entries);
    let mut longest: Vec<(Duration, Option<usize>)> = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let parents = entry.parents.iter().filter_map(|parent| places.get(parent.as_str()).copied());
        let before = parents.filter(|parent| *parent < at).max_by_key(|parent| longest[*parent].0);
        let so_far = before.map_or(Duration::ZERO, |parent| longest[parent].0);
        longest.push((so_far + entry.active(), before));
    }
    let mut next = (0..entries.len()).max_by_key(|at| longest[*at].0);
    let mut path: Vec<_> = std::iter::from_fn(|| {
        let at = next?;
        next = longest[at].1;
        Some(at)
    })
    .collect();
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn entry(spec: &str, parents: &[&str], lane: usize, times: [u64; 3]) -> Entry {
        let [ready, started, ended] = times.map(millis);
        Entry {
            run: "2".to_owned(),
            spec: spec.to_owned(),
            key: String::new(),
            reason: String::new(),
            parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
            unblocked_by: parents.last().map(|parent| (*parent).to_owned()),
            lane,
            ready,
            started,
            ended,
            ok: true,
            jobs: 2,
        }
    }

    /// os (300) ← python (500) ← flask (100); os ← node (400) ← app (350), which stands on flask, too.
    fn history() -> Vec<Entry> {
        let old = Entry { run: "1".to_owned(), ..entry("os:1", &[], 0, [0, 0, 9000]) };
        vec![
            old,
            entry("os:1", &[], 0, [0, 10, 310]),
            entry("node:1", &["os:1"], 1, [310, 312, 712]),
            entry("python:1", &["os:1"], 0, [310, 311, 811]),
            entry("flask:1", &["python:1"], 0, [811, 812, 912]),
            entry("app:1", &["node:1", "flask:1"], 1, [912, 950, 1300]),
        ]
    }

    #[test]
    fn the_last_run_is_added_up() {
        let timings = Timings::of_last_run(&history()).unwrap();
        assert_eq!((timings.run.as_str(), timings.jobs), ("2", 2));
        assert_eq!(timings.total, millis(1300));
        assert_eq!(timings.active, millis(300 + 400 + 500 + 100 + 350));
        assert_eq!(timings.critical, millis(300 + 500 + 100 + 350));
        let bar = |bar: &Bar| (bar.entry.spec.clone(), bar.is_critical);
        let expected =
            [("os:1", true), ("python:1", true), ("node:1", false), ("flask:1", true), ("app:1", true)];
        assert_eq!(
            timings.bars.iter().map(bar).collect::<Vec<_>>(),
            expected.map(|(spec, critical)| (spec.to_owned(), critical))
        );
    }

    #[test]
    fn each_build_knows_what_made_it_ready_and_what_it_made_ready() {
        let timings = Timings::of_last_run(&history()).unwrap();
        let by: Vec<_> = timings.bars.iter().map(|bar| bar.unblocked_by).collect();
        assert_eq!(by, [None, Some(0), Some(0), Some(1), Some(3)]);
        let unblocked: Vec<_> = timings.bars.iter().map(|bar| bar.unblocked.clone()).collect();
        assert_eq!(unblocked, [vec![1, 2], vec![3], vec![], vec![4], vec![]]);
    }

    #[test]
    fn without_history_there_are_no_timings() {
        assert_eq!(Timings::of_last_run(&[]), None);
    }
}
