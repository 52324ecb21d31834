//! Comparison with a commit.

use clap::{Args, ValueEnum};
use images_core::matrix::MAX_JOBS;

use super::BuildArgs;

/// The commit to compare with.
#[derive(Debug, Clone, Args)]
pub(crate) struct SinceArgs {
    /// Compare with the best common ancestor of REF and HEAD instead
    #[arg(long, requires = "since", help_heading = "Comparison options")]
    pub(crate) merge_base: bool,
    /// How to tell whether what cargo builds is the same: build it, or compare its sources
    #[arg(long, value_enum, default_value_t = ArtifactsBy::Build, value_name = "HOW", requires = "since", help_heading = "Comparison options")]
    pub(crate) artifacts: ArtifactsBy,
}

/// How binaries of `[artifacts]` are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArtifactsBy {
    /// Where their sources differ, build both and compare the bytes
    Build,
    /// Where their sources differ, take them for different; nothing is built
    Sources,
}

#[derive(Debug, Args)]
pub(crate) struct Affected {
    /// Images to compare, as NAME or NAME:VERSION; all by default
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Compare with this commit, branch or tag
    #[arg(long, value_name = "REF", help_heading = "Comparison options")]
    pub(crate) since: String,
    #[command(flatten)]
    pub(crate) how: SinceArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t = AffectedFormat::Human, value_name = "FMT")]
    pub(crate) format: AffectedFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AffectedFormat {
    /// For people
    Human,
    /// One NAME:VERSION a line, of what is to be built again
    Names,
    /// One JSON document
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Matrix {
    /// Images to divide, as NAME or NAME:VERSION; all by default
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Only those that differ from this commit, branch or tag
    #[arg(long, value_name = "REF", help_heading = "Comparison options")]
    pub(crate) since: Option<String>,
    #[command(flatten)]
    pub(crate) how: SinceArgs,
    /// What a job is: a share of the work, or a part of a level, where parents are on a level before their children
    #[arg(long, value_enum, default_value_t = MatrixBy::Shard, value_name = "WHAT")]
    pub(crate) by: MatrixBy,
    /// How many jobs there may be, on each level if there are levels
    #[arg(long, value_name = "N", value_parser = shards)]
    pub(crate) shards: Option<usize>,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t = MatrixFormat::Json, value_name = "FMT")]
    pub(crate) format: MatrixFormat,
}

fn shards(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=MAX_JOBS).contains(&number) => Ok(number),
        _ => Err(format!(
            "expected a number from 1 to {MAX_JOBS}, as many jobs as a matrix of GitHub Actions can have"
        )),
    }
}

/// What a job of a matrix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixBy {
    /// A share of the work, with all that it stands on
    Shard,
    /// A level or a part of one
    Level,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatrixFormat {
    /// One line of JSON, as GitHub Actions takes it
    Json,
    /// For people
    Human,
}
