//! `images audit --format json`.

use serde::Serialize;

/// The whole document.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION).
    pub version: u32,
    /// The images, parents first.
    pub images: Vec<AuditedImage>,
}

/// One image.
#[derive(Debug, Clone, Serialize)]
pub struct AuditedImage {
    /// `NAME:TAG`.
    pub spec: String,
    /// The name for people.
    pub reference: String,
    /// The key.
    pub key: String,
    /// What it is built for.
    pub platform: String,
    /// Whether the store has it as it is now.
    pub built: bool,
    /// The last commit of its inputs.
    pub revision: Option<String>,
    /// When that was committed: RFC 3339.
    pub committed: Option<String>,
    /// Whether a shallow clone ends there, so that an older one may be the last.
    pub shallow: bool,
    /// Whether its inputs are as that commit has them.
    pub clean: Option<bool>,
    /// The specs that it stands on.
    pub parents: Vec<String>,
    /// The images from elsewhere that its Dockerfile names.
    pub externals: Vec<AuditedExternal>,
    /// The references of all images from elsewhere that it stands on, through its parents too.
    pub roots: Vec<String>,
    /// Its tests.
    pub tests: Vec<AuditedTest>,
}

/// An image from elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct AuditedExternal {
    /// As the Dockerfile has it.
    pub reference: String,
    /// `base`, `copy`, `mount` or `frontend`.
    pub role: &'static str,
    /// Its digest.
    pub digest: Option<String>,
    /// The id of an image that only a store had.
    pub id: Option<String>,
    /// When Images.lock was told.
    pub resolved: Option<String>,
}

/// A test.
#[derive(Debug, Clone, Serialize)]
pub struct AuditedTest {
    /// Its name.
    pub name: String,
    /// Whether it passed for exactly this image; `null` where it did not run.
    pub passed: Option<bool>,
}
