//! `gc`: removes images of ours that nothing needs any more from an engine's store, and what is kept about them.
//!
//! 1. The keys of the work tree are computed, as for a plan.
//! 2. Under the store's lock the store is listed, and what is ours in it is found by its name (`found`).
//! 3. Each image is judged; what no reason keeps has to have the label of its key (`verdict`).
//! 4. What is superseded is removed, name by name. Nothing is forced: what a container uses stays, and is told.
//! 5. Blobs of the built-in engine's layout and files under target/images that concern nothing any more go as well
//!    (`trim`).
//!
//! Without `execute` it stops after the third.

mod found;
mod trim;
mod verdict;

use std::time::{Duration, SystemTime};

use images_engine::process::Cancel;
use images_engine::{Engine, EngineError, EngineKind, Removal, Swept};

pub use verdict::{Kept, Verdict};

use crate::Error;
use crate::build::{self, BuildOptions, Detect, Lock};
use crate::event::Reporter;
use crate::graph::Graph;
use verdict::Grounds;

/// How long a blob, or a file about a key, stays in any case: what is being made now needs it.
const AT_WORK: Duration = Duration::from_secs(10 * 60);

/// What `gc` is told.
#[derive(Debug, Clone)]
pub struct GcOptions {
    /// How keys are computed.
    pub build: BuildOptions,
    /// How young what nothing needs may be and stay.
    pub keep_for: Duration,
    /// Whether it is done.
    pub execute: bool,
}

/// What became of an engine's store.
#[derive(Debug)]
pub struct Gc {
    /// The engine.
    pub engine: EngineKind,
    /// The images of ours, by name.
    pub images: Vec<GcImage>,
    /// What went of the engine's store apart from images.
    pub blobs: Swept,
    /// What went of target/images.
    pub records: Swept,
    /// What the engine refused for another reason than that an image is in use.
    pub failed: Vec<EngineError>,
}

/// An image of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcImage {
    /// The name that has its key.
    pub name: String,
    /// The engine's id.
    pub id: String,
    /// The digits of the key that its name has.
    pub key: String,
    /// Its size in bytes, where that is known: that of what goes is.
    pub size: Option<u64>,
    /// How long ago it was built or tagged, where that is known.
    pub age: Option<Duration>,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// Finds what is superseded, and removes it where it is asked to.
///
/// # Errors
/// The keys of the work tree cannot be known, or the engine does not answer: then nothing is removed.
pub fn gc(
    graph: &Graph<'_>,
    options: &GcOptions,
    detect: Detect<'_>,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Gc, Error> {
    let planned = build::plan(graph, &graph.order, &options.build, detect, cancel, reporter)?;
    let engine = planned.engine.as_ref();
    let lock = options.execute.then(|| Lock::take(graph, engine, cancel, reporter)).transpose()?;
    let grounds = Grounds::gather(graph, &planned.keyed, options.keep_for, SystemTime::now())?;
    let listed = engine.images()?;
    let mut images =
        verdict::judge(found::of_namespace(&graph.workspace.namespace, &listed), engine, &grounds)?;
    images.sort_by(|a, b| a.name.cmp(&b.name));
    let mut gc = Gc {
        engine: engine.kind(),
        images,
        blobs: Swept::default(),
        records: Swept::default(),
        failed: Vec::new(),
    };
    if options.execute {
        gc.failed = remove(engine, &mut gc.images, cancel)?;
        let age = options.keep_for.max(AT_WORK);
        gc.blobs = engine.sweep(AT_WORK)?;
        gc.records = trim::trim(graph, &planned.keyed, &grounds, &gc.images, age)?;
    }
    drop(lock);
    Ok(gc)
}

/// Removes what is superseded, the youngest first, since older ones may be what younger ones were made from. What is in use by
/// another that goes as well is tried again.
fn remove(engine: &dyn Engine, images: &mut [GcImage], cancel: &Cancel) -> Result<Vec<EngineError>, Error> {
    let mut open: Vec<usize> = (0..images.len()).filter(|at| images[*at].goes()).collect();
    open.sort_by_key(|at| images[*at].age.unwrap_or(Duration::MAX));
    let mut failed = Vec::new();
    loop {
        let mut left = Vec::new();
        for &at in &open {
            if cancel.is_interrupted() {
                return Err(Error::Interrupted);
            }
            match engine.remove(&images[at].name) {
                Ok(Removal::Done) => {}
                Ok(Removal::InUse(words)) => left.push((at, words)),
                Err(error) => {
                    images[at].verdict = Verdict::Keep(Kept::Refused);
                    failed.push(error);
                }
            }
        }
        if left.is_empty() || left.len() == open.len() {
            left.into_iter()
                .for_each(|(at, words)| images[at].verdict = Verdict::Keep(Kept::InUse { words }));
            return Ok(failed);
        }
        open = left.into_iter().map(|(at, _)| at).collect();
    }
}

impl GcImage {
    /// Whether its name is removed, or would be.
    pub fn goes(&self) -> bool {
        matches!(self.verdict, Verdict::Remove { .. })
    }

    /// How much room that makes at most: layers that others share stay.
    pub fn freed(&self) -> u64 {
        match &self.verdict {
            Verdict::Remove { others } if others.is_empty() => self.size.unwrap_or_default(),
            _ => 0,
        }
    }
}
