//! `images test`.

use camino::Utf8PathBuf;
use clap::Args;

use super::{BuildArgs, CompressionArgs, EngineArgs, MessageFormat, SelectionArgs};

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Refuse images that are not built as they are now, instead of building them
    #[arg(long)]
    pub(crate) no_build: bool,
    /// Run tests again that passed before for the very image
    #[arg(long)]
    pub(crate) rerun: bool,
    /// Test what is built although another image failed to be
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Write the results into a file as JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<Utf8PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = MessageFormat::Human, value_name = "FMT")]
    pub(crate) message_format: MessageFormat,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}
