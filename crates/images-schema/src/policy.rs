//! `[workspace.metadata.images.policy]`: what `check` forbids although it could be built.

use std::num::NonZero;

use serde::Deserialize;

use crate::Spanned;

/// The policy. What is not there is allowed.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Policy {
    /// The hosts that external references may name; one without a host is `docker.io`'s.
    pub allowed_registries: Option<Vec<Spanned<String>>>,
    /// Globs of the repositories that external references may name, with their hosts: `docker.io/library/*`.
    pub allowed_repositories: Option<Vec<Spanned<String>>>,
    /// Whether external references have to be pinned by a digest.
    #[serde(default)]
    pub require_digest: bool,
    /// Globs of tags that external references may not have; one without a tag has `latest`.
    #[serde(default)]
    pub forbidden_tags: Vec<Spanned<String>>,
    /// Whether containers have to run as another user than root.
    #[serde(default)]
    pub forbid_root: bool,
    /// The images that may run as root nevertheless.
    #[serde(default)]
    pub root_allowed: Vec<Spanned<String>>,
    /// The keys of labels that every image must have.
    #[serde(default)]
    pub required_labels: Vec<Spanned<String>>,
    /// How many images may stand on each other, the topmost one counted.
    pub max_depth: Option<NonZero<usize>>,
}
