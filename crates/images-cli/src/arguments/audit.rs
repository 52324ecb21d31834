use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use super::{BuildArgs, EngineArgs, SelectionArgs};

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t = AuditFormat::Human, value_name = "FMT")]
    pub(crate) format: AuditFormat,
    /// Write to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AuditFormat {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// One page for a browser
    Html,
}
