use camino::Utf8PathBuf;
use clap::Args;

/// The crate that `--xtask` depends on, if it is not told another: this one, where it was compiled.
const OWN_CRATE: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Folder to look for Dockerfiles in; defaults to the workspace's root, else to the current folder
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<Utf8PathBuf>,
    /// Namespace of the images, instead of the one by which the Dockerfiles name each other
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// Version of images that say none; 0.1.0 otherwise
    #[arg(long, value_name = "VERSION")]
    pub(crate) image_version: Option<String>,
    /// Pass over folders and Dockerfiles, as a glob relative to the workspace's root
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Add a crate `xtask` that has these commands, and the alias `cargo xtask`
    ///
    /// It depends on the crate images-cli at this folder, or in this git repository; by default on the one that this program
    /// was compiled from.
    #[arg(
        long,
        value_name = "IMAGES_CLI",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = OWN_CRATE
    )]
    pub(crate) xtask: Option<String>,
    /// Write the edits; without it they are only shown
    #[arg(short = 'x', long)]
    pub(crate) execute: bool,
}
