//! `[workspace.metadata.images]` and what else of the root Cargo.toml concerns images.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Policy, Spanned};

/// The root Cargo.toml, as far as images are concerned. Other keys are Cargo's business.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RootManifest {
    /// `[workspace]`, as far as images are concerned.
    pub workspace: Option<WorkspaceTable>,
}

/// `[workspace]`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkspaceTable {
    /// `[workspace.package]`: what images can inherit of it.
    #[serde(default)]
    pub package: PackageDefaults,
    /// `[workspace.metadata]`: each tool's own.
    #[serde(default)]
    pub metadata: MetadataTable,
}

/// `[workspace.metadata]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MetadataTable {
    /// `[workspace.metadata.images]`: the settings of the workspace's container images.
    pub images: Option<Spanned<Settings>>,
}

/// The fields of `[workspace.package]` that an image can inherit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PackageDefaults {
    /// The version.
    pub version: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The authors.
    pub authors: Option<Vec<String>>,
    /// The SPDX expression: an image's `licenses`.
    pub license: Option<String>,
    /// The repository's URL: an image's `source`.
    pub repository: Option<String>,
    /// The documentation's URL.
    pub documentation: Option<String>,
    /// The home page's URL: an image's `url`.
    pub homepage: Option<String>,
}

/// `[workspace.metadata.images]`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Globs of the folders that are images; folders without an Image.toml are passed over.
    pub members: Option<Vec<Spanned<String>>>,
    /// Globs of folders that are none.
    #[serde(default)]
    pub exclude: Vec<Spanned<String>>,
    /// Globs of the folders that a command works on when it is told nothing.
    pub default_members: Option<Vec<Spanned<String>>>,
    /// The registry's host: `ghcr.io`.
    pub registry: Option<Spanned<String>>,
    /// The first part of each image's repository: `acme`.
    pub namespace: Spanned<String>,
    /// Names in our namespace that live elsewhere.
    #[serde(default)]
    pub external: Vec<Spanned<String>>,
    /// Fields that images inherit.
    #[serde(default)]
    pub image: ImageDefaults,
    /// Labels on every image, with placeholders.
    #[serde(default)]
    pub labels: BTreeMap<String, Spanned<String>>,
    /// What to build for.
    pub platforms: Option<Spanned<Vec<Spanned<String>>>>,
    /// `auto`, `docker`, `podman`, `buildah` or `builtin`.
    #[cfg_attr(test, schemars(extend("enum" = ["auto", "docker", "podman", "buildah", "builtin"])))]
    pub engine: Option<Spanned<String>>,
    /// How the built-in engine compresses layers: `gzip`, `zstd` or `none`.
    #[cfg_attr(test, schemars(extend("enum" = ["gzip", "zstd", "none"])))]
    pub compression: Option<Spanned<String>>,
    /// What `check` forbids.
    #[serde(default)]
    pub policy: Policy,
}

/// `[workspace.metadata.images.image]`: what an image inherits by `….workspace = true`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ImageDefaults {
    /// The version.
    pub version: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The authors.
    pub authors: Option<Vec<String>>,
    /// The SPDX expression.
    pub licenses: Option<String>,
    /// The source's URL.
    pub source: Option<String>,
    /// The documentation's URL.
    pub documentation: Option<String>,
    /// The URL to learn more.
    pub url: Option<String>,
    /// Who distributes it.
    pub vendor: Option<String>,
}
