//! What a release is told, and what it tells.

use images_oci::model::Digest;
use images_oci::registry;

use super::Signing;
use crate::build::BuildOptions;

/// How to release.
#[derive(Debug, Clone)]
pub struct ReleaseOptions {
    /// How to build what is stale.
    pub build: BuildOptions,
    /// How to speak to registries.
    pub registry: registry::Options,
    /// Whether a bill of materials goes with images that have `[artifacts]`.
    pub sbom: bool,
    /// Whether a statement of how they were made goes with images.
    pub provenance: bool,
    /// Whether and with what digests are signed.
    pub sign: Option<Signing>,
    /// Whether files may differ from the commit.
    pub allow_dirty: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseEvent {
    /// Another release of this workspace is going on.
    Waiting,
    /// A release that was interrupted goes on.
    Resumed,
    /// One of this commit was interrupted and had other images or another commit; it is not gone on with.
    NotResumed {
        /// The commit.
        commit: String,
    },
    /// It was there already.
    Published {
        /// `NAME:TAG`.
        spec: String,
    },
    /// It is in the registry by its digest.
    Pushed {
        /// `NAME:TAG`.
        spec: String,
        /// How many blobs were sent.
        uploaded: usize,
        /// Their size in bytes.
        bytes: u64,
        /// How many were there, or came from another repository.
        present: usize,
    },
    /// It was made from another build of its base than the published one.
    OtherBase {
        /// `NAME:TAG`.
        spec: String,
        /// The base: `REPOSITORY:TAG`.
        base: String,
    },
    /// It was signed.
    Signed {
        /// `NAME:TAG`.
        spec: String,
    },
    /// Its version's tag is set.
    Tagged {
        /// `REPOSITORY:TAG`.
        reference: String,
        /// What it is on.
        digest: Digest,
    },
    /// An alias moved.
    Moved {
        /// `REPOSITORY:TAG`.
        reference: String,
        /// The tag that it follows.
        to: String,
    },
}
