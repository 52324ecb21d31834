//! What the command line says of Images.lock and of the network, in Cargo's words.

use clap::Args;

use super::{EngineArgs, Format};

#[derive(Debug, Clone, Args)]
pub(crate) struct LockArgs {
    /// Assert that Images.lock stays as it is
    #[arg(long, global = true, help_heading = "Manifest options")]
    pub(crate) locked: bool,
    /// Keep away from the network
    #[arg(long, global = true, help_heading = "Manifest options")]
    pub(crate) offline: bool,
    /// As --locked and --offline together
    #[arg(long, global = true, help_heading = "Manifest options")]
    pub(crate) frozen: bool,
}

impl LockArgs {
    /// Whether Images.lock has to stay as it is.
    pub(crate) fn is_locked(&self) -> bool {
        self.locked || self.frozen
    }

    /// Whether the network is forbidden.
    pub(crate) fn is_offline(&self) -> bool {
        self.offline || self.frozen
    }
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Images to move, as Dockerfiles or Images.lock name them; all by default
    #[arg(value_name = "REF")]
    pub(crate) references: Vec<String>,
    /// Move the one image to this digest instead
    #[arg(long, value_name = "DIGEST", requires = "references")]
    pub(crate) precise: Option<String>,
    /// Say what would be moved, and leave Images.lock as it is
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Outdated {
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}
