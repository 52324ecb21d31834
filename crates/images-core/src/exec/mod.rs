//! Carries a plan out: parents first, as many at once as there are jobs, each build's output in a log of its own.
//!
//! 1. `check` finds what is missing for any of the builds, before the engine is called at all.
//! 2. `schedule` hands out what is ready, the longest path first; a failure holds back exactly its descendants.
//! 3. `one` stages a context, rewrites the Dockerfile and calls the engine.
//! 4. What is there now is named for build scripts.

mod check;
mod one;
mod schedule;

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};

use images_engine::process::Cancel;
use images_engine::threads;

use crate::Error;
use crate::build::{BuildOptions, Planned};
use crate::event::{Event, Reporter};
use crate::graph::{Graph, NodeId};
use crate::history::{self, Entry, History};
use crate::plan::{Action, Item, Plan, Records};
use crate::references;
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

/// Runs the plan. `names_engine` says whether to report which engine does it.
///
/// # Errors
/// A secret without a value, an input that changed, an engine that does not answer, an interrupt. A build that fails is
/// none of them.
pub fn run(
    graph: &Graph<'_>,
    planned: &Planned,
    options: &BuildOptions,
    names_engine: bool,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Outcome, Stop> {
    let plan = &planned.plan;
    let fresh = plan.items.iter().filter(|item| item.action == Action::Fresh).count();
    let mut outcome = Outcome { fresh, ..Outcome::default() };
    let builds: Vec<&Item> = plan.builds().collect();
    check::before_builds(graph, &builds, planned, options)?;
    outcome.retagged = retag(graph, planned, cancel, reporter)?;
    let present = plan.items.iter().filter(|item| !matches!(item.action, Action::Build(_)));
    if builds.is_empty() {
        references::record(graph, present)?;
        return Ok(outcome);
    }
    if names_engine {
        let description = planned.engine.describe().map_err(Error::from)?;
        let passed_over = planned.engine.passed_over().to_vec();
        reporter.event(&Event::Engine { description, automatic: options.automatic, passed_over });
    }
    let cache = graph.workspace.cache();
    let history = History::of(&cache);
    let records = Records::of(&cache);
    let schedule = Schedule::new(graph, &builds, &history.durations(), options.keep_going);
    let jobs = match options.host.jobs_named {
        true => options.host.jobs,
        false => planned.engine.lanes(options.host.jobs),
    };
    let course = Course {
        graph,
        builds: &builds,
        schedule: &schedule,
        builder: Builder {
            graph,
            planned,
            cancel,
            reporter,
            records: &records,
            is_offline: options.lock.resolver.is_none(),
        },
        history: &history,
        ids: builds.iter().map(|item| item.id).collect(),
        run: history::new_run(),
        origin: Instant::now(),
        jobs,
    };
    threads::workers(jobs.clamp(1, builds.len()), |lane| course.work(lane, cancel));
    report_skipped(graph, &builds, &schedule, reporter);
    let built = schedule.built();
    schedule.finish(&mut outcome)?;
    references::record(graph, present.chain(built.into_iter().map(|at| builds[at])))?;
    Ok(outcome)
}

/// What the workers of one run share.
struct Course<'a> {
    graph: &'a Graph<'a>,
    builds: &'a [&'a Item],
    schedule: &'a Schedule,
    builder: Builder<'a>,
    history: &'a History,
    /// The nodes that are built.
    ids: HashSet<NodeId>,
    run: String,
    origin: Instant,
    jobs: usize,
}

impl Course<'_> {
    /// Builds one after another until there is no more.
    fn work(&self, lane: usize, cancel: &Cancel) {
        while let Some((at, unblocked_by)) = self.schedule.next() {
            let item = self.builds[at];
            let started = self.origin.elapsed();
            let result =
                if cancel.is_interrupted() { Err(Failed::Interrupted) } else { self.builder.build(item) };
            if matches!(result, Ok(()) | Err(Failed::Build { .. })) {
                self.history.append(&self.entry(at, unblocked_by, lane, started, result.is_ok()));
            }
            self.schedule.done(at, result);
        }
    }

    /// What the history keeps of a build that ended now.
    fn entry(
        &self,
        at: usize,
        unblocked_by: Option<usize>,
        lane: usize,
        started: Duration,
        ok: bool,
    ) -> Entry {
        let (graph, item) = (self.graph, self.builds[at]);
        Entry {
            run: self.run.clone(),
            spec: graph.spec(item.id).to_string(),
            key: item.key.to_string(),
            reason: reason(item),
            parents: parents(graph, &self.ids, item.id),
            unblocked_by: unblocked_by.map(|at| graph.spec(self.builds[at].id).to_string()),
            lane,
            ready: self.schedule.ready_since(at).saturating_duration_since(self.origin),
            started,
            ended: self.origin.elapsed(),
            ok,
            jobs: self.jobs,
        }
    }
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
