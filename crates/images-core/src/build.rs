//! `build`: from a selection to images in the engine's store.
//!
//! 1. The engine's store is listed while files join the contexts and keys are computed. Images from elsewhere that
//!    Images.lock does not have are pinned before.
//! 2. The plan says what is stale, and why.
//! 3. What is stale is built, parents first, under the store's lock; if another run worked on it since the plan, or
//!    had to be waited for, everything is planned again.
//! 4. If an input changed while it was read, everything is planned again.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use images_engine::process::Cancel;
use images_engine::{Engine, NoEngine, StoredImage, threads};
use images_schema::Diagnostic;

use crate::context;
use crate::event::{Event, Reporter};
use crate::exec::{self, Outcome, Stop};
use crate::graph::{Graph, NodeId};
use crate::lock::{self, LockOptions, Pins};
use crate::plan::{self, Action, Plan, Records};
use crate::references;
use crate::selection::with_parents;
use crate::session::{self, Keyed};
use crate::store::Store;
use crate::{Error, HostOptions, wait_lock};

/// How often an input may change under a build before it gives up.
const MAX_PLANS: usize = 5;

/// How long a staged context is kept that no build uses.
const STAGE_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What `build` and `plan` are told.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The host.
    pub host: HostOptions,
    /// Whether the engine was found rather than named, so that the report says which it is.
    pub automatic: bool,
    /// Whether independent builds go on after a failure.
    pub keep_going: bool,
    /// How images from elsewhere are pinned.
    pub lock: LockOptions,
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
    let (engine, store, keyed) = read(graph, &nodes, options, detect, cancel, reporter)?;
    lock::check_ids(graph, &nodes, &keyed.pins, &store)?;
    let records = Records::of(&graph.workspace.cache());
    let plan = plan::make(graph, selected, &keyed, &store, &records);
    Ok(Planned { engine, keyed, plan })
}

/// Lists the store and computes keys: side by side, unless a pin is missing, which the store may have to tell.
fn read(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    options: &BuildOptions,
    detect: Detect<'_>,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<(Box<dyn Engine>, Store, Keyed), Error> {
    let keys = |pins| session::keys(graph, nodes, pins, &options.host, cancel, reporter);
    let lock = lock::read(&graph.workspace.root)?;
    let missing = lock::missing(graph, nodes, &lock);
    if missing.is_empty() {
        let mut found: Option<Detected> = None;
        let keyed = threads::beside(|| found = Some(detect()), || keys(Pins::of(&lock)))?;
        let (engine, images) = found.ok_or(Error::Interrupted)??;
        return Ok((engine, Store::new(images), keyed));
    }
    let (engine, images) = detect()?;
    let store = Store::new(images);
    let from = (engine.kind(), &store);
    let pins = lock::complete(graph, lock, missing, from, &options.lock, cancel, reporter)?;
    let keyed = keys(pins)?;
    Ok((engine, store, keyed))
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
    let started = SystemTime::now();
    let mut planned = plan(graph, selected, options, detect, cancel, reporter)?;
    if planned.plan.is_fresh() {
        report_fresh(graph, &planned.plan, reporter);
        references::record(graph, planned.plan.items.iter())?;
        return Ok(Outcome::of_fresh(&planned.plan));
    }
    let lock = Lock::take(graph, planned.engine.as_ref(), cancel, reporter)?;
    if lock.was_used_since(started) {
        planned = plan(graph, selected, options, detect, cancel, reporter)?;
    }
    let mut plans = 1;
    let outcome = loop {
        match exec::run(graph, &planned, options, plans == 1, cancel, reporter) {
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
    let stages = graph.workspace.cache().join("stage");
    let used = planned.keyed.stage_names();
    // What is left over costs room, and the next run tries again.
    let _ = context::trim(&stages, &used, STAGE_AGE);
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

/// The lock of the engine's store in this workspace; it dies with the process. Its file says when it was last released.
pub(crate) struct Lock {
    file: File,
    waited: bool,
    /// In nanoseconds since 1970.
    released: Option<u128>,
}

impl Lock {
    /// Takes it, and waits for whoever has it.
    ///
    /// # Errors
    /// Its file cannot be made or locked, or an interrupt.
    pub(crate) fn take(
        graph: &Graph<'_>,
        engine: &dyn Engine,
        cancel: &Cancel,
        reporter: &dyn Reporter,
    ) -> Result<Self, Error> {
        let name: String =
            engine.store().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = graph.workspace.cache().join(format!("{name}.lock"));
        let (mut file, waited) = wait_lock::take(&path, cancel, &|| reporter.event(&Event::Waiting))?;
        let mut text = String::new();
        let read = file.read_to_string(&mut text);
        let released = read.ok().and_then(|_| text.parse().ok());
        Ok(Self { file, waited, released })
    }

    /// Whether another run may have changed the store since `time`.
    fn was_used_since(&self, time: SystemTime) -> bool {
        self.waited || self.released.is_some_and(|released| released >= nanoseconds(time))
    }
}

impl Drop for Lock {
    /// Lets the next run know that the store may have changed. If that fails, it may build what is there already.
    fn drop(&mut self) {
        let text = nanoseconds(SystemTime::now()).to_string();
        let _ = self.file.rewind();
        let _ = self.file.set_len(0);
        let _ = self.file.write_all(text.as_bytes());
    }
}

fn nanoseconds(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}
