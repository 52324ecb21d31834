use camino::Utf8PathBuf;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write a page for each command into this folder, instead of one page to stdout
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<Utf8PathBuf>,
}
