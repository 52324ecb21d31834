//! Which build is next: parents first, the longest path first.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::one::Failed;
use super::{Outcome, Stop};
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::plan::Item;

/// What a build is thought to take when nothing is known of it.
const UNKNOWN: Duration = Duration::from_secs(1);

/// Hands out builds by their place in the list of builds; shared by the workers.
pub(super) struct Schedule {
    children: Vec<Vec<usize>>,
    /// How long everything from here down takes, one after another, in milliseconds.
    path: Vec<u64>,
    keep_going: bool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By longest path; the place breaks ties, earlier ones first.
    ready: BTreeSet<(u64, std::cmp::Reverse<usize>)>,
    ready_since: Vec<Option<(Instant, Option<usize>)>>,
    missing: Vec<usize>,
    outcome: Vec<Option<Ended>>,
    running: usize,
    unsupported: usize,
    has_failed: bool,
    stop: Option<Failed>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Built,
    Failed,
    Skipped { because: usize },
}

impl Schedule {
    /// Prepares the builds, which are parents first. `durations` are those of earlier builds, by spec.
    pub(super) fn new(
        graph: &Graph<'_>,
        builds: &[&Item],
        durations: &HashMap<String, Duration>,
        keep_going: bool,
    ) -> Self {
        let places: HashMap<NodeId, usize> =
            builds.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
        let mut children = vec![Vec::new(); builds.len()];
        let mut missing = vec![0; builds.len()];
        for (at, item) in builds.iter().enumerate() {
            let parents: BTreeSet<_> =
                graph.node(item.id).parents().filter_map(|parent| places.get(&parent)).collect();
            missing[at] = parents.len();
            parents.into_iter().for_each(|&parent| children[parent].push(at));
        }
        let mut path = vec![0; builds.len()];
        for at in (0..builds.len()).rev() {
            let own = durations.get(&graph.spec(builds[at].id).to_string()).copied().unwrap_or(UNKNOWN);
            let below = children[at].iter().map(|&child: &usize| path[child]).max().unwrap_or(0);
            path[at] = below + u64::try_from(own.as_millis()).unwrap_or(u64::MAX / 4).max(1);
        }
        Self::with(children, path, missing, keep_going)
    }

    fn with(children: Vec<Vec<usize>>, path: Vec<u64>, missing: Vec<usize>, keep_going: bool) -> Self {
        let count = missing.len();
        let mut state =
            State { ready_since: vec![None; count], outcome: vec![None; count], missing, ..State::default() };
        let now = Instant::now();
        for at in (0..count).filter(|&at| state.missing[at] == 0).collect::<Vec<_>>() {
            state.ready.insert((path[at], std::cmp::Reverse(at)));
            state.ready_since[at] = Some((now, None));
        }
        Self { children, path, keep_going, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }

    /// The next build and the one whose end made it ready; waits for one, and is `None` when there is no more.
    pub(super) fn next(&self) -> Option<(usize, Option<usize>)> {
        let mut state = self.state();
        loop {
            if state.stop.is_some() || (state.has_failed && !self.keep_going) {
                return None;
            }
            if let Some((_, std::cmp::Reverse(at))) = state.ready.pop_last() {
                state.running += 1;
                let unblocked_by = state.ready_since[at].and_then(|(_, by)| by);
                return Some((at, unblocked_by));
            }
            if state.running == 0 {
                return None;
            }
            state = self.changed.wait(state).expect("nothing panics while it holds this lock");
        }
    }

    /// Since when a build that was handed out could have run.
    pub(super) fn ready_since(&self, at: usize) -> Instant {
        self.state().ready_since[at].map_or_else(Instant::now, |(since, _)| since)
    }

    /// Takes the end of a build.
    pub(super) fn done(&self, at: usize, result: Result<(), Failed>) {
        let mut state = self.state();
        state.running -= 1;
        match result {
            Ok(()) => {
                state.outcome[at] = Some(Ended::Built);
                for &child in &self.children[at] {
                    state.missing[child] -= 1;
                    if state.missing[child] == 0 && state.outcome[child].is_none() {
                        state.ready.insert((self.path[child], std::cmp::Reverse(child)));
                        state.ready_since[child] = Some((Instant::now(), Some(at)));
                    }
                }
            }
            Err(Failed::Build { unsupported }) => {
                state.unsupported += usize::from(unsupported);
                state.outcome[at] = Some(Ended::Failed);
                state.has_failed = true;
                self.skip_below(&mut state, at);
            }
            Err(other) => state.stop = Some(state.stop.take().unwrap_or(other)),
        }
        drop(state);
        self.changed.notify_all();
    }

    fn skip_below(&self, state: &mut State, failed: usize) {
        let mut waiting = vec![failed];
        while let Some(at) = waiting.pop() {
            for &child in &self.children[at] {
                if state.outcome[child].is_none() {
                    state.outcome[child] = Some(Ended::Skipped { because: failed });
                    waiting.push(child);
                }
            }
        }
    }

    /// The builds that were held back, each with the failed one that it stands on.
    pub(super) fn skipped(&self) -> Vec<(usize, usize)> {
        let state = self.state();
        let skipped = state.outcome.iter().enumerate().filter_map(|(at, ended)| match ended {
            Some(Ended::Skipped { because }) => Some((at, *because)),
            _ => None,
        });
        skipped.collect()
    }

    /// The builds that ended well.
    pub(super) fn built(&self) -> Vec<usize> {
        let state = self.state();
        (0..state.outcome.len()).filter(|&at| state.outcome[at] == Some(Ended::Built)).collect()
    }

    /// Counts what happened.
    ///
    /// # Errors
    /// What stopped the run.
    pub(super) fn finish(self, outcome: &mut Outcome) -> Result<(), Stop> {
        let state = self.state.into_inner().expect("nothing panics while it holds this lock");
        match state.stop {
            Some(Failed::Changed { path }) => return Err(Stop::Changed { path }),
            Some(Failed::Error(error)) => return Err(Stop::Error(error)),
            Some(Failed::Interrupted) => return Err(Stop::Error(Error::Interrupted)),
            Some(Failed::Build { .. }) | None => {}
        }
        outcome.unsupported = state.unsupported;
        for ended in state.outcome {
            match ended {
                Some(Ended::Built) => outcome.built += 1,
                Some(Ended::Failed) => outcome.failed += 1,
                Some(Ended::Skipped { .. }) => outcome.skipped += 1,
                None => outcome.not_started += 1,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 0 → 1 → 2, 0 → 3, and 4 alone.
    fn schedule(keep_going: bool) -> Schedule {
        let children = vec![vec![1, 3], vec![2], vec![], vec![], vec![]];
        Schedule::with(children, vec![30, 20, 10, 10, 15], vec![0, 1, 1, 1, 0], keep_going)
    }

    fn next(schedule: &Schedule) -> Option<usize> {
        schedule.next().map(|(at, _)| at)
    }

    #[test]
    fn the_longest_path_goes_first_and_children_wait() {
        let schedule = schedule(false);
        assert_eq!(next(&schedule), Some(0));
        assert_eq!(next(&schedule), Some(4), "nothing else is ready");
        schedule.done(0, Ok(()));
        assert_eq!(schedule.next(), Some((1, Some(0))));
        assert_eq!(next(&schedule), Some(3));
        schedule.done(1, Ok(()));
        assert_eq!(schedule.next(), Some((2, Some(1))));
        for at in [2, 3, 4] {
            schedule.done(at, Ok(()));
        }
        assert_eq!(next(&schedule), None);
        let mut outcome = Outcome::default();
        schedule.finish(&mut outcome).unwrap();
        assert_eq!(outcome, Outcome { built: 5, ..Outcome::default() });
    }

    #[test]
    fn a_failure_skips_exactly_its_descendants_and_the_rest_goes_on_when_asked() {
        let schedule = schedule(true);
        assert_eq!(next(&schedule), Some(0));
        schedule.done(0, Ok(()));
        assert_eq!(next(&schedule), Some(1));
        schedule.done(1, Err(Failed::Build { unsupported: false }));
        assert_eq!(schedule.skipped(), [(2, 1)]);
        assert_eq!(next(&schedule), Some(4));
        assert_eq!(next(&schedule), Some(3));
        schedule.done(3, Ok(()));
        schedule.done(4, Ok(()));
        assert_eq!(next(&schedule), None);
        let mut outcome = Outcome::default();
        schedule.finish(&mut outcome).unwrap();
        assert_eq!(outcome, Outcome { built: 3, failed: 1, skipped: 1, ..Outcome::default() });
    }

    #[test]
    fn without_keep_going_nothing_is_started_after_a_failure() {
        let schedule = schedule(false);
        assert_eq!(next(&schedule), Some(0));
        schedule.done(0, Err(Failed::Build { unsupported: false }));
        assert_eq!(next(&schedule), None);
        assert_eq!(schedule.skipped(), [(1, 0), (2, 0), (3, 0)]);
        let mut outcome = Outcome::default();
        schedule.finish(&mut outcome).unwrap();
        assert_eq!(outcome, Outcome { failed: 1, skipped: 3, not_started: 1, ..Outcome::default() });
    }

    #[test]
    fn an_interrupt_or_a_change_stops_the_run() {
        let schedule = schedule(true);
        assert_eq!(next(&schedule), Some(0));
        schedule.done(0, Err(Failed::Changed { path: "a".to_owned() }));
        assert_eq!(next(&schedule), None);
        let stop = schedule.finish(&mut Outcome::default()).unwrap_err();
        assert!(matches!(stop, Stop::Changed { path } if path == "a"));
    }
}
