//! `images release --format json`, and the records under `target/images/release`.

use serde::Serialize;

/// `images release --format json`.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// [`super::FORMAT_VERSION`].
    pub version: u32,
    /// Whether it was done; otherwise this is what would be.
    pub executed: bool,
    /// The commit that is checked out.
    pub revision: Option<String>,
    /// Parents first; an index after the images in it.
    pub images: Vec<ReleasedImage>,
}

/// One version.
#[derive(Debug, Clone, Serialize)]
pub struct ReleasedImage {
    /// `NAME:TAG`.
    pub spec: String,
    /// The image's name.
    pub image: String,
    /// Its version.
    pub version: String,
    /// Its name in the registry, with its tag.
    pub reference: String,
    /// `publish`, `published` (it was there before) or `refuse`.
    pub action: &'static str,
    /// Its key; of an index, `null`.
    pub key: Option<String>,
    /// What is in it, where it is an index: `NAME:TAG` each.
    pub members: Vec<String>,
    /// The digest of what is published by its tag; `null` where that is not known yet.
    pub digest: Option<String>,
    /// What it stands on.
    pub bases: Vec<ReleasedBase>,
    /// The tags that are on it, its version's first.
    pub tags: Vec<String>,
    /// Its aliases.
    pub aliases: Vec<ReleasedAlias>,
    /// The commit.
    pub revision: Option<String>,
    /// The platforms: `linux/amd64`.
    pub platforms: Vec<String>,
    /// The digest of the bill of materials that this release attached.
    pub sbom: Option<String>,
    /// The digest of the statement of how it was made that this release attached.
    pub provenance: Option<String>,
    /// Whether this release signed it.
    pub signed: bool,
}

/// What an image stands on.
#[derive(Debug, Clone, Serialize)]
pub struct ReleasedBase {
    /// Its name.
    pub reference: String,
    /// Its digest, where it is published or pinned.
    pub digest: Option<String>,
}

/// An alias.
#[derive(Debug, Clone, Serialize)]
pub struct ReleasedAlias {
    /// The tag.
    pub tag: String,
    /// `move`, `right` (it is on this version), `forward` (to a newer version) or `stays`.
    pub action: &'static str,
    /// Why it stays, or where it goes.
    pub reason: Option<String>,
}
