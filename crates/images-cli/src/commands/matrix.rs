use images_core::graph::Graph;
use images_core::matrix::{self, Costs, MatrixOptions, Shard};
use images_core::quantity::count;
use images_core::{Error, exit_code};
use images_schema::message;

use super::{Session, named};
use crate::arguments::{Matrix, MatrixBy, MatrixFormat};

pub(super) fn run(session: &Session, args: &Matrix) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let mut set = named(&graph, &args.specs)?;
    if let Some(revision) = &args.since {
        let comparison = session.since(&graph, &set, revision, &args.how, &args.args)?;
        set = comparison.affected().collect();
    }
    let options = MatrixOptions { by_level: args.by == MatrixBy::Level, shards: args.shards };
    let shards = matrix::matrix(&graph, &set, options, &Costs::of_history(&graph))?;
    let jobs = jobs(&graph, &shards);
    match args.format {
        MatrixFormat::Json => session.terminal.data(&line(jobs)),
        MatrixFormat::Human => jobs.iter().for_each(|job| session.terminal.data(&words(job))),
    }
    Ok(exit_code::DONE)
}

fn jobs(graph: &Graph<'_>, shards: &[Shard]) -> Vec<message::MatrixJob> {
    let mut on_level = 0;
    let mut before = None;
    let job = |(at, shard): (usize, &Shard)| {
        on_level = if before == Some(shard.level) { on_level + 1 } else { 1 };
        before = Some(shard.level);
        let specs: Vec<_> = shard.ids.iter().map(|id| graph.spec(*id).to_string()).collect();
        let level = shard.level.map(|level| format!("level-{level}-")).unwrap_or_default();
        message::MatrixJob {
            name: format!("{level}shard-{on_level}"),
            number: at + 1,
            level: shard.level,
            images: specs.len(),
            specs: specs.join(" "),
            seconds: shard.duration.map(|duration| duration.as_secs_f64().ceil() as u64),
        }
    };
    shards.iter().enumerate().map(job).collect()
}

/// One line, as `$GITHUB_OUTPUT` takes it.
fn line(include: Vec<message::MatrixJob>) -> String {
    serde_json::to_string(&message::Matrix { include })
        .expect("these types have string keys and no failing parts")
}

fn words(job: &message::MatrixJob) -> String {
    let seconds = job.seconds.map(|seconds| format!(", {seconds} s")).unwrap_or_default();
    format!("{} ({}{seconds}): {}", job.name, count(job.images, "image"), job.specs)
}
