use clap::{Args, ValueEnum};

use super::{BuildArgs, Published, SelectionArgs, SinceArgs};

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    #[command(flatten)]
    pub(crate) published: Published,
    /// Fail where an image differs from this commit, branch or tag while its version is the same
    #[arg(long, value_name = "REF", help_heading = "Comparison options")]
    pub(crate) since: Option<String>,
    #[command(flatten)]
    pub(crate) how: SinceArgs,
    /// How to report
    #[arg(long, value_enum, default_value_t = CheckFormat::Human, value_name = "FMT")]
    pub(crate) message_format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people
    Human,
    /// One JSON object a line on stdout
    Json,
    /// Workflow commands of GitHub Actions
    Github,
    /// A SARIF 2.1.0 document on stdout
    Sarif,
}
