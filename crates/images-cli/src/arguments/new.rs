use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The image's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What it stands on: an image of this workspace as NAME or NAME:VERSION, a reference to one from elsewhere, or
    /// scratch
    #[arg(long, value_name = "PARENT", default_value = "scratch")]
    pub(crate) from: String,
    /// What it starts as
    #[arg(long, value_enum, value_name = "TEMPLATE", default_value_t = Template::Plain)]
    pub(crate) template: Template,
    /// Its folder, relative to the current one; by default one that `members` names
    #[arg(long, value_name = "FOLDER")]
    pub(crate) path: Option<Utf8PathBuf>,
    /// Show what would be written, as a diff, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// A crate whose static binary is the image's program
    Rust,
    /// A script for the parent's Python
    Python,
    /// A Dockerfile with a FROM
    Plain,
}
