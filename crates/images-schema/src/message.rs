//! What commands print as JSON. Each document has a `version`; within one, fields are only added.

mod audit;
mod outdated;
mod release;

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

pub use audit::{Audit, AuditedExternal, AuditedImage, AuditedTest};
pub use outdated::{Outdated, OutdatedImage};
pub use release::{Release, ReleasedAlias, ReleasedBase, ReleasedImage};
mod affected;
mod clean;
mod doctor;
mod gc;
mod matrix;

pub use affected::{Affected, AffectedImage, RemovedImage};
pub use clean::{Clean, CleanedPath};
pub use doctor::{Doctor, DoctorCheck};
pub use gc::{Gc, GcImage};
pub use matrix::{Matrix, MatrixJob};

/// The version of every document here.
pub const FORMAT_VERSION: u32 = 1;

/// `images metadata`.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The workspace's root, absolute.
    pub workspace_root: String,
    /// The registry's host.
    pub registry: Option<String>,
    /// The first part of every repository.
    pub namespace: String,
    /// The members, by name.
    pub images: Vec<MetadataImage>,
}

/// One member.
#[derive(Debug, Clone, Serialize)]
pub struct MetadataImage {
    /// Its name.
    pub name: String,
    /// Its Image.toml, relative to the root.
    pub manifest_path: String,
    /// Its Dockerfile, relative to the root.
    pub dockerfile_path: String,
    /// Its context's root, relative to the workspace's root where it lies inside.
    pub context_path: String,
    /// Whether commands work on it by default.
    pub default_member: bool,
    /// Its variants.
    pub variants: Vec<MetadataVariant>,
}

/// One variant.
#[derive(Debug, Clone, Serialize)]
pub struct MetadataVariant {
    /// `NAME:TAG`.
    pub spec: String,
    /// Its version.
    pub version: String,
    /// Version and suffix.
    pub tag: String,
    /// Whether a reference without a tag means it.
    pub default: bool,
    /// The name that it gets in the engine's store.
    pub reference: String,
    /// The stage, if not the last.
    pub target: Option<String>,
    /// The platform, if not the engine's own.
    pub platform: Option<String>,
    /// The build arguments.
    pub args: BTreeMap<String, String>,
    /// The labels that do not depend on a build.
    pub labels: BTreeMap<String, String>,
    /// What it stands on in this workspace, as specs.
    pub parents: Vec<String>,
    /// What it stands on from elsewhere.
    pub externals: Vec<String>,
}

/// `images plan --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Plan<R> {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// The engine whose store was compared.
    pub engine: String,
    /// Parents first.
    pub items: Vec<PlanItem<R>>,
}

/// One variant of a plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlanItem<R> {
    /// `NAME:TAG`.
    pub spec: String,
    /// `fresh`, `retag` or `build`.
    pub action: &'static str,
    /// Why, as data; `null` where it is fresh.
    pub reason: Option<R>,
    /// Why, in words.
    pub message: Option<String>,
    /// Its key.
    pub key: String,
    /// The name for people.
    pub reference: String,
    /// The name that the tool itself uses.
    pub key_reference: String,
    /// Whether it was asked for.
    pub selected: bool,
}

/// `images context --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct ContextListing {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// `NAME:TAG`.
    pub spec: String,
    /// The hash of all entries.
    pub hash: String,
    /// The entries, sorted by the bytes of their paths.
    pub entries: Vec<ContextEntry>,
}

/// One entry of a context.
#[derive(Debug, Clone, Serialize)]
pub struct ContextEntry {
    /// Relative to the context's root.
    pub path: String,
    /// `folder`, `file` or `link`.
    pub kind: &'static str,
    /// The permission bits in octal digits: `0644`.
    pub mode: String,
    /// A file's size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// A file's blake3 hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// What a link says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: usize,
}

impl Place {
    /// The place of `span` in `text`.
    pub fn of(text: &str, span: &Range<usize>) -> Self {
        let before = &text.as_bytes()[..span.start.min(text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Self { start: span.start, end: span.end, line }
    }
}

/// A diagnostic in `--message-format json`.
#[derive(Debug, Clone, Serialize)]
pub struct DiagnosticMessage {
    /// `error` or `warning`.
    pub level: &'static str,
    /// Which kind of problem it is: the id of a [`Rule`](crate::Rule).
    pub rule: &'static str,
    /// What is wrong.
    pub message: String,
    /// The file.
    pub path: Option<String>,
    /// The place in it.
    pub span: Option<Place>,
    /// What to do.
    pub help: Option<String>,
}

impl From<&crate::Diagnostic> for DiagnosticMessage {
    fn from(diagnostic: &crate::Diagnostic) -> Self {
        let snippet = diagnostic.snippet.as_ref();
        Self {
            level: match diagnostic.severity {
                crate::Severity::Error => "error",
                crate::Severity::Warning => "warning",
            },
            rule: diagnostic.rule.id(),
            message: diagnostic.message.clone(),
            path: snippet.map(|snippet| snippet.path.to_string()),
            span: snippet.map(|snippet| Place::of(&snippet.source, &snippet.span)),
            help: diagnostic.help.clone(),
        }
    }
}

/// `images push --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Push {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// What is in the registry now, in the order in which it came there.
    pub images: Vec<PushedImage>,
}

/// An image in a registry.
#[derive(Debug, Clone, Serialize)]
pub struct PushedImage {
    /// `NAME:TAG`; of an index, the version that its variants share.
    pub spec: String,
    /// Its name there, with its tag.
    pub reference: String,
    /// The digest of its manifest or index.
    pub digest: String,
    /// How many blobs were sent.
    pub uploaded: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// How many blobs were there, or came from another repository of the registry.
    pub present: usize,
    /// The digest of the bill of materials that went with it.
    pub sbom: Option<String>,
}
