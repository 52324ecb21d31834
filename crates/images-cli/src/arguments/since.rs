//! Comparison with a commit.

use clap::{Args, ValueEnum};

use super::BuildArgs;

/// The commit to compare with.
#[derive(Debug, Clone, Args)]
pub(crate) struct SinceArgs {
    /// Compare with the best common ancestor of REF and HEAD instead
    #[arg(long, requires = "since", help_heading = "Comparison options")]
    pub(crate) merge_base: bool,
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
