//! Carries a plan out: parents first, as many at once as there are jobs, each build's output in a log of its own.
//!
//! 1. `check` finds what is missing for any of the builds, before the engine is called at all.
//! 2. `schedule` hands out what is ready, the longest path first; a failure holds back exactly its descendants.
//! 3. `one` stages a context, rewrites the Dockerfile and calls the engine.

mod check;
mod commit;
mod one;
mod schedule;

use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

use images_engine::process::Cancel;
use images_engine::threads;

use crate::Error;
use crate::build::{BuildOptions, Planned};
use crate::event::{Event, Reporter};
use crate::graph::{Graph, NodeId};
use crate::history::{self, Entry, History};
use crate::plan::{Action, Item, Plan, Records};
use crate::store::{key_name, version_name};

pub use check::secrets as missing_secrets;
use one::{Builder, Failed};
use schedule::Schedule;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Variants that were fresh already.
    pub fresh: usize,
    /// Variants that were built.
    pub built: usize,
    /// Variants that got their tag again.
    pub retagged: usize,
    /// Variants whose build failed.
    pub failed: usize,
    /// Those of them that the builder cannot do, so that it was not called.
    pub unsupported: usize,
    /// Variants that were held back because one that they stand on failed.
    pub skipped: usize,
    /// Variants that were not started because something else failed.
    pub not_started: usize,
}

impl Outcome {
    pub(crate) fn of_fresh(plan: &Plan) -> Self {
        Self { fresh: plan.items.len(), ..Self::default() }
    }

    /// Whether all that was asked for is there.
    pub fn is_success(&self) -> bool {
        self.failed == 0
    }
}

/// Why a run ended early.
#[derive(Debug)]
pub enum Stop {
    /// An input changed since the plan was made.
    Changed {
        /// Which.
        path: String,
    },
    /// Something else.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Runs the plan.
///
/// # Errors
/// A secret without a value, an input that changed, an engine that does not answer, an interrupt. A build that fails is
/// none of them.
pub fn run(
    graph: &Graph<'_>,
    planned: &Planned,
    options: &BuildOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Outcome, Stop> {
    let plan = &planned.plan;
    let fresh = plan.items.iter().filter(|item| item.action == Action::Fresh).count();
    let mut outcome = Outcome { fresh, ..Outcome::default() };
    let builds: Vec<&Item> = plan.builds().collect();
    check::before_builds(graph, &builds, options)?;
    outcome.retagged = retag(graph, planned, cancel, reporter)?;
    if builds.is_empty() {
        return Ok(outcome);
    }
    let description = planned.engine.describe().map_err(Error::from)?;
    reporter.event(&Event::Engine { description, automatic: options.automatic });
    let history = History::of(&graph.workspace.cache());
    let schedule = Schedule::new(graph, &builds, &history.durations(), options.keep_going);
    let records = Records::of(&graph.workspace.cache());
    let builder = Builder { graph, planned, cancel, reporter, records: &records };
    let built_ids: HashSet<NodeId> = builds.iter().map(|item| item.id).collect();
    let origin = Instant::now();
    let run = history::new_run();
    threads::workers(options.host.jobs.clamp(1, builds.len()), |lane| {
        while let Some((at, unblocked_by)) = schedule.next() {
            let item = builds[at];
            let started = origin.elapsed();
            let result = if cancel.is_interrupted() { Err(Failed::Interrupted) } else { builder.build(item) };
            let ended = Entry {
                run: run.clone(),
                spec: graph.spec(item.id).to_string(),
                key: item.key.to_string(),
                reason: reason(item),
                parents: parents(graph, &built_ids, item.id),
                unblocked_by: unblocked_by.map(|at| graph.spec(builds[at].id).to_string()),
                lane,
                ready: schedule.ready_since(at).saturating_duration_since(origin),
                started,
                ended: origin.elapsed(),
                ok: result.is_ok(),
                jobs: options.host.jobs,
            };
            if matches!(result, Ok(()) | Err(Failed::Build { .. })) {
                history.append(&ended);
            }
            schedule.done(at, result);
        }
    });
    report_skipped(graph, &builds, &schedule, reporter);
    schedule.finish(&mut outcome)?;
    Ok(outcome)
}

fn reason(item: &Item) -> String {
    match &item.action {
        Action::Build(reason) | Action::Retag(reason) => reason.to_string(),
        Action::Fresh => String::new(),
    }
}

/// The specs of those that were built in the same run and that `id` stands on.
fn parents(graph: &Graph<'_>, built: &HashSet<NodeId>, id: NodeId) -> Vec<String> {
    let parents: BTreeSet<_> = graph.node(id).parents().filter(|parent| built.contains(parent)).collect();
    parents.into_iter().map(|parent| graph.spec(parent).to_string()).collect()
}

fn retag(
    graph: &Graph<'_>,
    planned: &Planned,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<usize, Error> {
    let mut count = 0;
    for item in planned.plan.items.iter().filter(|item| matches!(item.action, Action::Retag(_))) {
        if cancel.is_interrupted() {
            return Err(Error::Interrupted);
        }
        planned.engine.tag(&key_name(graph, item.id, item.key), &version_name(graph, item.id))?;
        reporter.event(&Event::Retagged { spec: graph.spec(item.id).to_string() });
        count += 1;
    }
    Ok(count)
}

fn report_skipped(graph: &Graph<'_>, builds: &[&Item], schedule: &Schedule, reporter: &dyn Reporter) {
    for (at, because) in schedule.skipped() {
        reporter.event(&Event::Skipped {
            spec: graph.spec(builds[at].id).to_string(),
            because: graph.spec(builds[because].id).to_string(),
        });
    }
}
