use clap::Args;

use super::Format;

#[derive(Debug, Args)]
pub(crate) struct Clean {
    /// Remove the built-in engine's images as well
    #[arg(long)]
    pub(crate) store: bool,
    /// Say what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}
