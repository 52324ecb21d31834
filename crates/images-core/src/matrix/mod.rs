//! Divides images among machines of a CI, each of which starts with an empty store.
//!
//! * By **level**: what stands on nothing of the set, then what stands on that, and so on. A level may be divided into
//!   shards of about one length.
//! * By **shard**: a machine builds whatever its images stand on, so images that share a parent go to one machine, unless
//!   all would end more than a tenth earlier if they did not. Without a number of shards each group of images
//!   that share nothing with others gets one, and nothing is built twice.
//!
//! How long a build takes is known from the history; an image that is not in it counts as the middle one of those that are.
//! The result depends on nothing else.

mod cost;
mod level;
mod shard;

use std::time::Duration;

use images_schema::Diagnostic;

use crate::Error;
use crate::graph::{Graph, NodeId};

pub use cost::Costs;

/// The most jobs that a matrix of GitHub Actions can make.
/// <https://docs.github.com/en/actions/reference/limits>
pub const MAX_JOBS: usize = 256;

/// How to divide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatrixOptions {
    /// Whether parents come on a level before their children.
    pub by_level: bool,
    /// How many shards there may be, on each level if there are levels.
    pub shards: Option<usize>,
}

/// What one machine does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The level, from 0.
    pub level: Option<usize>,
    /// Its images, parents first.
    pub ids: Vec<NodeId>,
    /// How long it takes, as far as is known.
    pub duration: Option<Duration>,
}

/// Divides `set`.
///
/// # Errors
/// There are more shards than a matrix can have.
pub fn matrix(
    graph: &Graph<'_>,
    set: &[NodeId],
    options: MatrixOptions,
    costs: &Costs,
) -> Result<Vec<Shard>, Error> {
    let shards = match options.by_level {
        true => level::divide(graph, set, options.shards.unwrap_or(1), costs),
        false => shard::divide(graph, set, options.shards, costs),
    };
    if shards.len() > MAX_JOBS {
        let message = format!("{} jobs are more than a matrix can have", shards.len());
        return Err(Diagnostic::error(message).help(fewer(&shards)).into());
    }
    Ok(shards)
}

/// How there would be fewer.
fn fewer(shards: &[Shard]) -> String {
    let levels = shards.iter().filter_map(|shard| shard.level).max().map_or(1, |last| last + 1);
    match MAX_JOBS / levels {
        0 => format!(
            "GitHub Actions takes at most {MAX_JOBS}, and there are {levels} levels: divide without `--by level`"
        ),
        most => format!("GitHub Actions takes at most {MAX_JOBS}: `--shards {most}`"),
    }
}
