//! What a Dockerfile means for one target and one set of arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{Configuration, FeatureUse, Reference, Span};

/// A platform: `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    /// For example `linux`.
    pub os: String,
    /// For example `amd64`.
    pub architecture: String,
    /// For example `v7`.
    pub variant: Option<String>,
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// What a Dockerfile is resolved with.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Build arguments, as `--build-arg` gives them.
    pub args: &'a BTreeMap<String, String>,
    /// The stage to build, by name or number; the last one otherwise.
    pub target: Option<&'a str>,
    /// What is built for (`TARGETPLATFORM`).
    pub platform: &'a Platform,
    /// What builds (`BUILDPLATFORM`).
    pub build_platform: &'a Platform,
}

/// What one target needs.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// Every stage in the file's order.
    pub stages: Vec<Stage>,
    /// The target's index in `stages`.
    pub target: usize,
    /// The references to images (not `scratch`, not stages) in the needed stages, in the file's order.
    pub references: Vec<ImageReference>,
    /// What the needed stages read from the context.
    pub sources: Sources,
    /// What the `ONBUILD` instructions that the target's image carries would read from a child's context.
    pub triggers: Sources,
    /// The arguments that those instructions declare in a child.
    pub trigger_args: BTreeSet<String>,
    /// What the target's image is configured with by this file.
    pub configuration: Configuration,
    /// What its `ONBUILD` instructions configure in a child's image.
    pub trigger_configuration: Configuration,
    /// The stage at the bottom of the target's: the one that is based on an image, or on nothing.
    pub root_stage: usize,
    /// The secrets that needed stages mount.
    pub secrets: Vec<SecretUse>,
    /// What needed stages use that not every builder can do.
    pub features: Vec<FeatureUse>,
    /// The arguments before the first `FROM`, the predefined ones of the platforms among them.
    pub global_args: BTreeMap<String, String>,
}

impl Resolution {
    /// The stage that a `--from` names, by its number or name; an image otherwise.
    pub fn stage_named(&self, from: &str) -> Option<usize> {
        if let Ok(number) = from.parse::<usize>() {
            return Some(number).filter(|index| *index < self.stages.len());
        }
        let is_named =
            |stage: &Stage| stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(from));
        self.stages.iter().rposition(is_named)
    }
}

/// One build stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its `AS` name, lower case as docker compares it.
    pub name: Option<String>,
    /// The `FROM` instruction's first line's words: from the keyword to the end.
    pub span: Span,
    /// The expanded base: `scratch`, a stage's name or an image reference.
    pub base: String,
    /// The index of the stage that it is based on, if it is one.
    pub base_stage: Option<usize>,
    /// The expanded `--platform`.
    pub platform: Option<String>,
    /// Whether the target needs it.
    pub needed: bool,
}

/// How an image is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// `FROM image`.
    From,
    /// `COPY --from=image`, `ADD --from=image`.
    CopyFrom,
    /// `RUN --mount=from=image`.
    MountFrom,
    /// `# syntax=image`: a frontend, which BuildKit runs.
    Syntax,
}

/// One reference to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageReference {
    /// How it is used.
    pub kind: ReferenceKind,
    /// The bytes to replace in order to name another image: the reference alone, as it is written.
    pub span: Span,
    /// The reference as read from the expanded text.
    pub reference: Reference,
    /// The stage that it stands in, as an index; `None` for [`ReferenceKind::Syntax`].
    pub stage: Option<usize>,
    /// Whether it is behind `ONBUILD`.
    pub onbuild: bool,
}

/// What is read from a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sources {
    /// Something that cannot be decided, hence everything.
    All,
    /// Exactly these, in the file's order.
    These(Vec<Source>),
}

/// How a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// `COPY`.
    Copy,
    /// `ADD`.
    Add,
    /// `RUN --mount=type=bind` without `from`.
    Bind,
}

/// One path or pattern that is read from the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// How it is read.
    pub kind: SourceKind,
    /// Cleaned, relative to the context's root, with `/`; `.` is the root itself.
    pub path: String,
    /// Whether `path` is a pattern of Go's `filepath.Match` (see [`crate::Pattern`]): it may match nothing.
    pub wildcard: bool,
    /// The bytes that name it.
    pub span: Span,
}

/// One `RUN --mount=type=secret`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretUse {
    /// Its id.
    pub id: String,
    /// Whether the build fails without it.
    pub required: bool,
    /// The bytes of the mount flag.
    pub span: Span,
}
