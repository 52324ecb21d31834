//! What the command line can say.

mod audit;
mod bump;
mod check;
mod clean;
mod completions;
mod doctor;
mod gc;
mod init;
mod lock;
mod man;
mod new;
mod release;
mod schema;
mod since;
mod test;
mod watch;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand, ValueEnum};

pub(crate) use audit::{Audit, AuditFormat};
pub(crate) use bump::Bump;
pub(crate) use check::{Check, CheckFormat};
pub(crate) use clean::Clean;
pub(crate) use completions::{Complete, Completions, Shell};
pub(crate) use doctor::Doctor;
pub(crate) use gc::Gc;
pub(crate) use init::Init;
pub(crate) use lock::{LockArgs, Outdated, Update};
pub(crate) use man::Man;
pub(crate) use new::{New, Template};
pub(crate) use release::{Published, Release};
pub(crate) use schema::{Schema, SchemaOf};
pub(crate) use since::{Affected, AffectedFormat, ArtifactsBy, Matrix, MatrixBy, MatrixFormat, SinceArgs};
pub(crate) use test::Test;
pub(crate) use watch::Watch;

/// Container images as members of this workspace
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub struct Images {
    #[command(subcommand)]
    pub(crate) command: Box<Command>,
    #[command(flatten)]
    pub(crate) global: Global,
}

impl Images {
    /// The command line as clap's definitions, by its own name.
    pub(crate) fn as_command() -> clap::Command {
        Self::augment_args(clap::Command::new("cargo-xtask-images").bin_name("cargo xtask images"))
    }
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Path to the workspace's root Cargo.toml
    #[arg(long, global = true, value_name = "PATH", help_heading = "Manifest options")]
    pub(crate) manifest_path: Option<Utf8PathBuf>,
    /// Registry host in the images' names, instead of the workspace's
    #[arg(
        long,
        global = true,
        env = "IMAGES_REGISTRY",
        value_name = "HOST",
        help_heading = "Manifest options"
    )]
    pub(crate) registry: Option<String>,
    /// Hash every file, even one that looks unchanged
    #[arg(long, global = true, help_heading = "Manifest options")]
    pub(crate) no_stat_cache: bool,
    #[command(flatten)]
    pub(crate) lock: LockArgs,
    /// Number of parallel jobs, defaults to IMAGES_JOBS, else to the number of CPUs
    #[arg(short, long, global = true, value_name = "N")]
    pub(crate) jobs: Option<std::num::NonZeroUsize>,
    /// Say more: fresh images, and the engine's whole output
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build what is stale, parents first
    #[command(visible_alias = "b")]
    Build(Build),
    /// Show what `build` would do, and why
    ///
    /// Nothing is built or tagged, but what joins a context is made first: cargo builds `[artifacts]`, and a `[[prepare]]`
    /// whose output is not there yet runs.
    Plan(Plan),
    /// List the images and their versions
    List(List),
    /// Show what each image stands on
    Tree(Tree),
    /// Say why an image would be rebuilt, or that it is fresh
    ///
    /// As for `plan`, what joins a context is made first.
    Explain(Explain),
    /// Print everything that is known of the workspace, as JSON
    Metadata(Metadata),
    /// List the files that would be sent to the engine
    ///
    /// As for `plan`, what joins the context is made first.
    Context(Context),
    /// Print how a Dockerfile is read, as JSON
    Dockerfile(Dockerfile),
    /// Print how image references are read, as JSON
    Reference(Reference),
    /// Check everything that can be known without building
    Check(Check),
    /// Say where each image comes from
    ///
    /// For each image, and all that it stands on: the images from elsewhere that it goes back to, with digests, its key,
    /// the commit of its inputs, and its tests.
    Audit(Audit),
    /// Move the images from elsewhere that Images.lock pins to what their registries have now
    ///
    /// What Dockerfiles name and Images.lock lacks is added, and what none names is taken out. With names, these alone are
    /// moved, and nothing is taken out.
    Update(Update),
    /// List the images from elsewhere that are newer in their registries than in Images.lock
    ///
    /// Ends with 1 where there are any. Nothing is changed.
    Outdated(Outdated),
    /// Move versions, and all references that name them
    ///
    /// Edits are shown as a diff; nothing is written without `--execute`.
    Bump(Bump),
    /// Adopt a tree of Dockerfiles that is there already
    ///
    /// Each Dockerfile gets an Image.toml, and the root Cargo.toml its settings; no Dockerfile is changed. Edits are shown as a
    /// diff; nothing is written without `--execute`. What `check` finds then is told, but does not fail this.
    Init(Init),
    /// Test built images
    ///
    /// What is stale is built first. Tests are what Image.toml has under `[[test]]`. One that passed for the very image before
    /// is not run again.
    #[command(visible_alias = "t")]
    Test(Test),
    /// List the images that differ from a commit, and what stands on them
    ///
    /// The work tree is compared as it is, with what is not committed.
    Affected(Affected),
    /// Divide images among the jobs of a CI, as a matrix of GitHub Actions
    Matrix(Matrix),
    /// Start one image
    ///
    /// It is built first, if it is stale. Words after `--` are the container's command. The container is removed when it
    /// ends.
    Run(Run),
    /// Build and test again whatever a saved file affects
    ///
    /// Files are watched until an interrupt. What a change affects is decided as for `build`: by keys.
    Watch(Watch),
    /// Send built images to the registry
    ///
    /// Images that are not built, or stale, are an error. What the registry has already is not sent. Variants of one version
    /// that differ in their platform, and in their suffix, get an index by the version's name.
    Push(Push),
    /// Publish versions, each once
    ///
    /// Without `--execute` it only says what it would do. A version that the registry has with other content is refused; one
    /// that it has with this content is done. What is absent is built and tested first.
    Release(Release),
    /// Put built images into docker or podman
    Load(Load),
    /// Write built images elsewhere
    Export(Export),
    /// Report on what was built before
    Report(Report),
    /// Remove images of superseded keys from the engine's store
    ///
    /// Without `--execute` it only says which. Nothing is removed but names of this workspace's with a key that nothing needs,
    /// and never by force. As for `plan`, what joins a context is made first.
    Gc(Gc),
    /// Remove caches from target/images
    ///
    /// Images stay, the built-in engine's too unless `--store` is given, and so does what is known of releases.
    Clean(Clean),
    /// Say whether builds can work here, and what to do if not
    ///
    /// Engines, room on disks, programs, log-ins. Nothing is changed, and no registry is asked without `--online`. Ends with 3
    /// where no engine can do what the workspace needs, and with 1 where anything else is missing that it needs.
    Doctor(Doctor),
    /// Add an image that builds at once
    ///
    /// Its files are written, and the root Cargo.toml where it does not name the folder yet: all of them or none.
    New(New),
    /// Print the JSON schema of Image.toml, of the settings or of Images.lock, for editors
    Schema(Schema),
    /// Print a script by which a shell completes commands, options and names of images
    Completions(Completions),
    /// Print the manual, or write a page for each command
    Man(Man),
    /// Print what can come next, for the scripts of `completions`
    #[command(hide = true)]
    Complete(Complete),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SelectionArgs {
    /// Images to work on, as NAME or NAME:VERSION; defaults to the image of the current folder, else to the default
    /// members
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Work on all images of the workspace
    #[arg(long, alias = "all", conflicts_with = "specs", help_heading = "Image selection")]
    pub(crate) workspace: bool,
    /// Leave images out
    #[arg(long, value_name = "SPEC", help_heading = "Image selection")]
    pub(crate) exclude: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct EngineArgs {
    /// Engine to build with: auto, docker, podman, buildah or builtin
    #[arg(long, env = "IMAGES_ENGINE", value_name = "ENGINE", help_heading = "Engine options")]
    pub(crate) engine: Option<String>,
    /// Name of the buildx builder to hand builds to
    #[arg(long, env = "BUILDX_BUILDER", value_name = "NAME", help_heading = "Engine options")]
    pub(crate) builder: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CompressionArgs {
    /// How the built-in engine compresses layers: gzip, zstd or none
    #[arg(long, env = "IMAGES_COMPRESSION", value_name = "METHOD", help_heading = "Engine options")]
    pub(crate) compression: Option<String>,
}

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BuildArgs {
    /// Set a build argument of every image that declares it
    #[arg(long = "build-arg", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) build_args: Vec<(String, String)>,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// For people
    Human,
    /// One JSON object a line on stdout
    Json,
    /// Workflow commands of GitHub Actions
    Github,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// Go on with what does not stand on a failed image
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Write a page about where the time went: target/images/timings.html
    #[arg(long)]
    pub(crate) timings: bool,
    /// How to report
    #[arg(long, value_enum, default_value_t = MessageFormat::Human, value_name = "FMT")]
    pub(crate) message_format: MessageFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Images to list; all by default
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// Print one NAME:VERSION a line and nothing else
    #[arg(long)]
    pub(crate) names: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Tree {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Show what stands on an image instead
    #[arg(short, long, value_name = "SPEC")]
    pub(crate) invert: Option<String>,
    /// How deep to go
    #[arg(long, value_name = "DEPTH")]
    pub(crate) depth: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Images to explain, as NAME or NAME:VERSION
    #[arg(value_name = "SPEC", required = true)]
    pub(crate) specs: Vec<String>,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Metadata {
    /// Version of the output's format
    #[arg(long, value_name = "VERSION", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1))]
    pub(crate) format_version: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Context {
    /// Image, as NAME or NAME:VERSION
    #[arg(value_name = "SPEC")]
    pub(crate) spec: String,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
    /// Write the files as a tar archive as well
    #[arg(long, value_name = "FILE")]
    pub(crate) tar: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Dockerfile {
    /// The Dockerfile, or `-` for stdin
    #[arg(value_name = "FILE")]
    pub(crate) file: Utf8PathBuf,
    /// The stage to build, defaults to the last one
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// What to build for, as os/architecture
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// Set a build argument
    #[arg(long = "build-arg", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) build_args: Vec<(String, String)>,
}

#[derive(Debug, Args)]
pub(crate) struct Reference {
    /// Image references
    #[arg(value_name = "REF", required = true)]
    pub(crate) references: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Image, as NAME or NAME:VERSION
    #[arg(value_name = "SPEC")]
    pub(crate) spec: String,
    /// Publish a port of the container, as the engine's own `run` takes it: 8080:80
    #[arg(short, long = "publish", value_name = "PORT")]
    pub(crate) publish: Vec<String>,
    /// Set a variable in the container
    #[arg(short, long = "env", value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// Mount something into the container, as the engine's own `run` takes it: ./data:/data
    #[arg(long = "volume", value_name = "VOLUME")]
    pub(crate) volumes: Vec<String>,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// The container's command, instead of the image's
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// Attach a bill of materials (CycloneDX) to images that have `[artifacts]`
    #[arg(long)]
    pub(crate) sbom: bool,
    /// Speak to this registry without TLS, as to those in IMAGES_PLAIN_HTTP; loopback addresses need no such word
    #[arg(long, value_name = "HOST[:PORT]", value_delimiter = ',')]
    pub(crate) plain_http: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Where to put them: docker or podman; the first that answers by default
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub(crate) to: Option<Loader>,
    /// Engine to take them from
    #[arg(long, value_name = "ENGINE", default_value = "builtin", help_heading = "Engine options")]
    pub(crate) engine: String,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}

/// What images can be loaded into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Loader {
    Docker,
    Podman,
}

#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Export {
    #[command(subcommand)]
    pub(crate) kind: ExportKind,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportKind {
    /// As an OCI image layout
    Oci(ExportOci),
}

#[derive(Debug, Args)]
pub(crate) struct ExportOci {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// The folder to write or to add to, or a file that ends with `.tar`
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Utf8PathBuf,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
}

#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Report {
    #[command(subcommand)]
    pub(crate) kind: ReportKind,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportKind {
    /// Write a page about where the time of the last run went, and print its path
    Timings,
    /// List what was built lately, and why, the latest first
    Rebuilds(Rebuilds),
}

#[derive(Debug, Args)]
pub(crate) struct Rebuilds {
    /// How many to list at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}
