//! A Cargo.toml, as far as it says which crate of which version lies where.

use std::collections::BTreeMap;

use images_schema::Spanned;
use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct CargoManifest {
    pub(crate) package: Option<PackageTable>,
    pub(crate) workspace: Option<WorkspaceTable>,
    #[serde(default)]
    pub(crate) bin: Vec<BinTable>,
}

/// `[[bin]]`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BinTable {
    pub(crate) name: Option<String>,
}

/// `[package]`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PackageTable {
    pub(crate) name: String,
    version: Option<Inheritable>,
    /// The folder of the root, where it is not one above.
    pub(crate) workspace: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Inheritable {
    Own(String),
    Workspace {
        #[serde(rename = "workspace")]
        _workspace: bool,
    },
}

impl PackageTable {
    /// Its version, where `[workspace.package]` has this one.
    pub(crate) fn version(&self, workspace: Option<&str>) -> Option<String> {
        match &self.version {
            Some(Inheritable::Own(text)) => Some(text.clone()),
            Some(Inheritable::Workspace { .. }) => workspace.map(str::to_owned),
            // What cargo takes for no version.
            None => Some("0.0.0".to_owned()),
        }
    }
}

/// `[workspace]`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WorkspaceTable {
    #[serde(default)]
    pub(crate) members: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    #[serde(default)]
    pub(crate) dependencies: BTreeMap<String, Dependency>,
}

/// An entry of `[workspace.dependencies]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Dependency {
    Detailed { path: Option<String> },
    Other(serde::de::IgnoredAny),
}
