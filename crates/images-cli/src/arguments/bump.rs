use clap::{ArgGroup, Args};
use images_core::bump::Level;

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("level").args(["major", "minor", "patch", "pre", "to"])))]
#[command(group(ArgGroup::new("what").args(["major", "minor", "patch", "pre", "to", "from", "fix"]).required(true).multiple(true)))]
pub(crate) struct Bump {
    /// Images whose versions move, as NAME or NAME:VERSION; defaults to the image of the current folder, for `--fix` to all
    #[arg(value_name = "SPEC")]
    pub(crate) specs: Vec<String>,
    /// 1.2.3 becomes 2.0.0
    #[arg(long, help_heading = "New version")]
    pub(crate) major: bool,
    /// 1.2.3 becomes 1.3.0
    #[arg(long, help_heading = "New version")]
    pub(crate) minor: bool,
    /// 1.2.3 becomes 1.2.4, and so does 1.2.4-rc.1
    #[arg(long, help_heading = "New version")]
    pub(crate) patch: bool,
    /// With `rc`, 1.2.3 becomes 1.2.4-rc.1, which becomes 1.2.4-rc.2
    #[arg(long, value_name = "ID", help_heading = "New version")]
    pub(crate) pre: Option<String>,
    /// This version
    #[arg(long, value_name = "VERSION", help_heading = "New version")]
    pub(crate) to: Option<String>,
    /// Let a version go back
    #[arg(long, conflicts_with_all = ["major", "minor", "patch", "pre"], help_heading = "New version")]
    pub(crate) allow_downgrade: bool,
    /// Also move references that name this version
    #[arg(long, value_name = "VERSION", help_heading = "References")]
    pub(crate) from: Option<String>,
    /// Move no version; only mend references that no version meets
    #[arg(long, conflicts_with_all = ["level", "from"], help_heading = "References")]
    pub(crate) fix: bool,
    /// Raise the version of every image that stands on these as well: patch, minor or major
    #[arg(
        long,
        value_name = "LEVEL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "patch",
        value_parser = ["patch", "minor", "major"],
        help_heading = "Images above"
    )]
    pub(crate) cascade: Option<String>,
    /// Leave the versions of images above as they are
    #[arg(long, value_name = "SPEC", requires = "cascade", help_heading = "Images above")]
    pub(crate) exclude: Vec<String>,
    /// Write the edits; without it they are only shown
    #[arg(short = 'x', long)]
    pub(crate) execute: bool,
}

impl Bump {
    /// What becomes of the versions.
    pub(crate) fn level(&self) -> Option<Level> {
        match self {
            Self { major: true, .. } => Some(Level::Major),
            Self { minor: true, .. } => Some(Level::Minor),
            Self { patch: true, .. } => Some(Level::Patch),
            Self { pre: Some(id), .. } => Some(Level::Pre(id.clone())),
            Self { to: Some(version), .. } => Some(Level::To(version.clone())),
            _ => None,
        }
    }

    /// What becomes of the versions of images that stand on these.
    pub(crate) fn cascade_level(&self) -> Option<Level> {
        self.cascade.as_deref().map(|level| match level {
            "major" => Level::Major,
            "minor" => Level::Minor,
            _ => Level::Patch,
        })
    }
}
