//! What the command line can say of releases.

use clap::Args;

use super::{BuildArgs, CompressionArgs, EngineArgs, Format, SelectionArgs};

#[derive(Debug, Args)]
pub(crate) struct Release {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Release what this git tag names: NAME-vVERSION, where NAME is an image or the crate that gives its version
    #[arg(
        long,
        value_name = "TAG",
        conflicts_with_all = ["specs", "workspace", "exclude"],
        help_heading = "Image selection"
    )]
    pub(crate) from_tag: Option<String>,
    /// Do it
    #[arg(long)]
    pub(crate) execute: bool,
    /// Release although files differ from the commit
    #[arg(long)]
    pub(crate) allow_dirty: bool,
    /// Release although tests failed, or never ran
    #[arg(long)]
    pub(crate) no_test: bool,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// Attach a bill of materials (CycloneDX) to images that have `[artifacts]`
    #[arg(long)]
    pub(crate) sbom: bool,
    /// Attach a statement of how each image was made (SLSA v1); with `--sign` cosign signs it
    #[arg(long)]
    pub(crate) provenance: bool,
    /// Sign digests with cosign: with the key that is named, otherwise with the identity of the environment
    #[arg(long)]
    pub(crate) sign: bool,
    /// The key to sign with: a file, or what else cosign takes
    #[arg(long, value_name = "KEY", requires = "sign")]
    pub(crate) sign_key: Option<String>,
    /// Speak to this registry without TLS, as to those in IMAGES_PLAIN_HTTP; loopback addresses need no such word
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',')]
    pub(crate) plain_http: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}

/// What `check` is told of the registry.
#[derive(Debug, Clone, Args)]
pub(crate) struct Published {
    /// Ask the registry whether a version is published with other content
    ///
    /// As for `plan`, what joins a context is made first.
    #[arg(long)]
    pub(crate) published: bool,
    /// With `--published`: speak to this registry without TLS, as to those in IMAGES_PLAIN_HTTP
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',', requires = "published")]
    pub(crate) plain_http: Vec<String>,
}
