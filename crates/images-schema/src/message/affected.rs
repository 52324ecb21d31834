//! `images affected --format json`.

use serde::Serialize;

use super::DiagnosticMessage;

/// What differs between the work tree and a commit. `C` is what became of a variant, `R` where it was removed from.
#[derive(Debug, Clone, Serialize)]
pub struct Affected<C> {
    /// [`super::FORMAT_VERSION`].
    pub version: u32,
    /// The commit, in hexadecimal digits.
    pub commit: String,
    /// What differs, parents first.
    pub images: Vec<AffectedImage<C>>,
    /// The variants that are not there any more.
    pub removed: Vec<RemovedImage>,
    /// What is wrong with the commit's workspace, where it cannot be read.
    pub unreadable: Vec<DiagnosticMessage>,
}

/// One variant.
#[derive(Debug, Clone, Serialize)]
pub struct AffectedImage<C> {
    /// `NAME:TAG`.
    pub spec: String,
    /// What became of it, as data.
    pub change: C,
    /// The same in words.
    pub message: String,
    /// The folder that it had, relative to the root; `null` where it is the same or the variant is new.
    pub moved_from: Option<String>,
    /// Whether its key differs, or is not known to be the same. Only of one that was merely moved it does not.
    pub affected: bool,
}

/// A variant that is not there any more.
#[derive(Debug, Clone, Serialize)]
pub struct RemovedImage {
    /// `NAME:TAG`.
    pub spec: String,
    /// The folder that it had, relative to the root.
    pub folder: String,
}
