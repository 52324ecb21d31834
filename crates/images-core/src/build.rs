//! `build`: from a selection to images in the engine's store.
//!
//! 1. The engine's store is listed while files join the contexts and keys are computed.
//! 2. The plan says what is stale, and why.
//! 3. What is stale is built, parents first, under the store's lock; whoever had to wait for it plans again.
//! 4. If an input changed while it was read, everything is planned again.

use std::fs::{self, File, TryLockError};

use images_engine::process::Cancel;
use images_engine::{Engine, NoEngine, StoredImage, threads};
use images_schema::Diagnostic;

use crate::event::{Event, Reporter};
use crate::exec::{self, Outcome, Stop};
use crate::graph::{Graph, NodeId};
use crate::plan::{self, Action, Plan, Records};
use crate::selection::with_parents;
use crate::session::{self, Keyed};
use crate::store::Store;
use crate::{Error, HostOptions};

/// How often an input may change under a build before it gives up.
const MAX_PLANS: usize = 5;

/// What `build` and `plan` are told.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The host.
    pub host: HostOptions,
    /// Whether the engine was found rather than named, so that the report says which it is.
    pub automatic: bool,
    /// Whether independent builds go on after a failure.
    pub keep_going: bool,
}

/// An engine and the listing of its store.
pub type Detected = Result<(Box<dyn Engine>, Vec<StoredImage>), NoEngine>;

/// Finds the engine and lists its store; called once a plan.
pub type Detect<'a> = &'a (dyn Fn() -> Detected + Sync);

/// A plan with everything that it was made from.
pub struct Planned {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// Contexts and keys.
    pub keyed: Keyed,
    /// What is to be done.
    pub plan: Plan,
}

/// Plans: nothing is built or tagged.
///
/// # Errors
/// See [`Error`].
pub fn plan(
    graph: &Graph<'_>,
    selected: &[NodeId],
    options: &BuildOptions,
    detect: Detect<'_>,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Planned, Error> {
    let nodes = with_parents(graph, selected);
    let mut found: Option<Detected> = None;
    let keyed = threads::beside(
        || found = Some(detect()),
        || session::keys(graph, &nodes, &options.host, cancel, reporter),
    )?;
    let (engine, images) = match found {
        Some(found) => found?,
        None => return Err(Error::Interrupted),
    };
    let records = Records::of(&graph.workspace.cache());
    let plan = plan::make(graph, selected, &keyed, &Store::new(images), &records);
    Ok(Planned { engine, keyed, plan })
}

/// Builds what is stale.
///
/// # Errors
/// What keeps it from starting; a build that fails is part of the [`Outcome`].
pub fn build(
    graph: &Graph<'_>,
    selected: &[NodeId],
    options: &BuildOptions,
    detect: Detect<'_>,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Outcome, Error> {
    let mut planned = plan(graph, selected, options, detect, cancel, reporter)?;
    if planned.plan.is_fresh() {
        report_fresh(graph, &planned.plan, reporter);
        return Ok(Outcome::of_fresh(&planned.plan));
    }
    let (lock, waited) = lock(graph, planned.engine.as_ref(), reporter)?;
    if waited {
        planned = plan(graph, selected, options, detect, cancel, reporter)?;
    }
    let mut plans = 1;
    let outcome = loop {
        match exec::run(graph, &planned, options, cancel, reporter) {
            Ok(outcome) => break outcome,
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Changed { path }) if plans == MAX_PLANS => return Err(restless(&path)),
            Err(Stop::Changed { path }) => {
                plans += 1;
                reporter.event(&Event::Replanned { path });
                planned = plan(graph, selected, options, detect, cancel, reporter)?;
            }
        }
    };
    report_fresh(graph, &planned.plan, reporter);
    drop(lock);
    Ok(outcome)
}

fn report_fresh(graph: &Graph<'_>, plan: &Plan, reporter: &dyn Reporter) {
    for item in plan.items.iter().filter(|item| item.action == Action::Fresh) {
        reporter.event(&Event::Fresh { spec: graph.spec(item.id).to_string() });
    }
}

fn restless(path: &str) -> Error {
    Diagnostic::error(format!("`{path}` changes faster than it can be read"))
        .help("stop what writes to the contexts and build again")
        .into()
}

/// Takes the lock of the engine's store in this workspace; it dies with the process.
fn lock(graph: &Graph<'_>, engine: &dyn Engine, reporter: &dyn Reporter) -> Result<(File, bool), Error> {
    let folder = graph.workspace.cache();
    fs::create_dir_all(&folder).map_err(Error::io("cannot create", &folder))?;
    let name: String =
        engine.store().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let path = folder.join(format!("{name}.lock"));
    let file = File::create(&path).map_err(Error::io("cannot create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok((file, false)),
        Err(TryLockError::WouldBlock) => {
            reporter.event(&Event::Waiting);
            file.lock().map_err(Error::io("cannot lock", &path))?;
            Ok((file, true))
        }
        Err(TryLockError::Error(error)) => Err(Error::io("cannot lock", &path)(error)),
    }
}
