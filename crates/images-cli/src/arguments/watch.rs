//! `images watch`.

use clap::Args;

use super::{Build, BuildArgs, CompressionArgs, EngineArgs, MessageFormat, SelectionArgs, Test};

#[derive(Debug, Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Build alone, without running tests
    #[arg(long)]
    pub(crate) no_test: bool,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}

impl Watch {
    /// What `build` would be told. A failure keeps nothing back that does not stand on it.
    pub(crate) fn build(&self) -> Build {
        Build {
            selection: self.selection.clone(),
            engine: self.engine.clone(),
            compression: self.compression.clone(),
            args: self.args.clone(),
            keep_going: true,
            timings: false,
            message_format: MessageFormat::Human,
        }
    }

    /// What `test` would be told.
    pub(crate) fn test(&self) -> Test {
        Test {
            selection: self.selection.clone(),
            no_build: false,
            rerun: false,
            keep_going: true,
            junit: None,
            message_format: MessageFormat::Human,
            engine: self.engine.clone(),
            compression: self.compression.clone(),
            args: self.args.clone(),
        }
    }
}
