//! What joins a context from elsewhere: what cargo builds, what lies elsewhere in the repository, and what a command on
//! the host makes. All of it is there before a key is computed, so its bytes count.

mod artifacts;
mod input;
mod prepare;

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;
use images_engine::threads;

use crate::context::Joined;
use crate::event::{Event, Reporter};
use crate::graph::{Graph, NodeId};
use crate::workspace::Image;
use crate::{Error, HostOptions};

pub(crate) use artifacts::{Built, CargoCall, build_some, way};
pub use input::find as inputs;

/// What joins the context of each node that was asked for.
pub type JoinedByNode = HashMap<NodeId, Vec<Joined>>;

/// Makes and gathers what joins the contexts of `nodes`: one cargo build for all that share profile and target, then
/// each `[[prepare]]` whose output is not there yet.
///
/// # Errors
/// A missing input, an unknown binary, a failing command.
pub fn gather(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<JoinedByNode, Error> {
    let built = artifacts::build(graph, nodes, host, cancel, reporter)?;
    gather_with(graph, nodes, &built, host, cancel, reporter)
}

/// The same with binaries that are there.
///
/// # Errors
/// A missing input, a failing command.
pub(crate) fn gather_with(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    built: &Built,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<JoinedByNode, Error> {
    let prepared = prepare::run(graph, nodes, host, cancel, reporter)?;
    let mut joined = JoinedByNode::new();
    for &id in nodes {
        let image = graph.image(id);
        let mut files = input::find(graph.workspace, image)?;
        if let Some(artifacts) = &image.manifest.artifacts {
            for bin in &artifacts.get_ref().bins {
                let from = built.path(artifacts.get_ref(), bin.get_ref());
                let to = artifact_place(bin.get_ref());
                files.extend(from.map(|from| Joined { from, to }));
            }
        }
        files.extend(prepared.get(&id).into_iter().flatten().cloned());
        if !files.is_empty() {
            joined.insert(id, files);
        }
    }
    Ok(joined)
}

/// Checks what would join the context of a node, without making any of it; gives what is there already.
///
/// # Errors
/// A missing input, an unknown binary or placeholder, a place outside of the context.
pub fn check(graph: &Graph<'_>, id: NodeId) -> Result<Vec<Joined>, Error> {
    artifacts::check(graph, id)?;
    prepare::check(graph, id)?;
    input::find(graph.workspace, graph.image(id))
}

/// The places in an image's context that cargo and `[[prepare]]` fill.
///
/// # Errors
/// An `output` outside of the context.
pub fn made_places(image: &Image) -> Result<Vec<Utf8PathBuf>, Error> {
    let artifacts = image.manifest.artifacts.iter().flat_map(|artifacts| &artifacts.get_ref().bins);
    let mut places: Vec<_> = artifacts.map(|bin| artifact_place(bin.get_ref())).collect();
    for prepare in &image.manifest.prepare {
        places.push(input::place(image, &prepare.get_ref().output)?);
    }
    Ok(places)
}

fn artifact_place(bin: &str) -> Utf8PathBuf {
    Utf8PathBuf::from("artifacts/bin").join(bin)
}

/// How long a host command may take before it is announced: cargo with nothing to do is faster.
const SILENT: Duration = Duration::from_millis(400);

/// Runs `work`, and tells what is going on if it takes longer than [`SILENT`].
fn announced<R>(reporter: &dyn Reporter, what: &str, work: impl FnOnce() -> R) -> R {
    let (done, changed) = (Mutex::new(false), Condvar::new());
    let lock = || done.lock().expect("nothing panics while it holds this lock");
    threads::beside(
        || {
            let waited = changed.wait_timeout_while(lock(), SILENT, |done| !*done);
            if waited.is_ok_and(|(_, timeout)| timeout.timed_out()) {
                reporter.event(&Event::HostCommand { what: what.to_owned() });
            }
        },
        || {
            let result = work();
            *lock() = true;
            changed.notify_all();
            result
        },
    )
}
