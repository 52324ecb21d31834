//! What cargo knows: versions of crates and which binaries there are.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{DependencyKind, Metadata, Target};
use images_engine::process::{Cancel, Child, Output};

use crate::{Error, host_error};

/// The workspace's crates, from one `cargo metadata --no-deps`.
#[derive(Debug, Clone, Default)]
pub struct CrateIndex {
    versions: BTreeMap<String, String>,
    by_folder: BTreeMap<Utf8PathBuf, String>,
    bins: BTreeMap<String, String>,
    packages: BTreeMap<String, Package>,
}

/// A crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    /// Its folder. Absolute.
    pub(crate) folder: Utf8PathBuf,
    /// The folders of the crates that it takes by path, for itself or for its build script. Absolute.
    pub(crate) by_path: Vec<Utf8PathBuf>,
    /// Whether code of it runs while it or another crate is compiled.
    pub(crate) runs_code: bool,
}

impl Package {
    fn of(package: &cargo_metadata::Package, folder: &Utf8Path) -> Self {
        let used = package.dependencies.iter().filter(|other| other.kind != DependencyKind::Development);
        let runs_code = |target: &Target| target.is_custom_build() || target.is_proc_macro();
        Self {
            folder: folder.to_owned(),
            by_path: used.filter_map(|other| other.path.clone()).collect(),
            runs_code: package.targets.iter().any(runs_code),
        }
    }
}

impl CrateIndex {
    /// Asks cargo once. The network is not used: without dependencies nothing is resolved.
    ///
    /// # Errors
    /// cargo cannot be started, or refuses the workspace.
    pub fn read(cargo: &str, root: &Utf8Path, cancel: &Cancel) -> Result<Self, Error> {
        let child = Child {
            program: cargo.to_owned(),
            args: ["metadata", "--format-version", "1", "--no-deps"].map(str::to_owned).to_vec(),
            env: BTreeMap::new(),
            cwd: Some(root.to_owned()),
            output: Output::Capture,
        };
        let ended = child.run(cancel).map_err(|error| host_error(error, "cannot run cargo in", root))?;
        let failed = |output: String| Error::Command {
            message: "cargo metadata failed".to_owned(),
            output,
            help: Some(
                "an image's version comes from a crate, so cargo must accept the workspace".to_owned(),
            ),
        };
        if cancel.is_interrupted() {
            return Err(Error::Interrupted);
        }
        if ended.code != Some(0) {
            return Err(failed(String::from_utf8_lossy(&ended.stderr).into_owned()));
        }
        let metadata: Metadata =
            serde_json::from_slice(&ended.stdout).map_err(|error| failed(error.to_string()))?;
        Ok(Self::of(&metadata))
    }

    fn of(metadata: &Metadata) -> Self {
        let mut index = Self::default();
        for package in &metadata.packages {
            let name = package.name.to_string();
            index.versions.insert(name.clone(), package.version.to_string());
            if let Some(folder) = package.manifest_path.parent() {
                index.by_folder.insert(folder.to_owned(), name.clone());
                index.packages.insert(name.clone(), Package::of(package, folder));
            }
            for target in package.targets.iter().filter(|target| target.is_bin()) {
                index.bins.insert(target.name.clone(), name.clone());
            }
        }
        index
    }

    /// The version of a crate.
    pub fn version(&self, name: &str) -> Option<&str> {
        self.versions.get(name).map(String::as_str)
    }

    /// The name of the crate in a folder, given as an absolute path.
    pub fn in_folder(&self, folder: &Utf8Path) -> Option<&str> {
        let by_real_path = || self.by_folder.get(&folder.canonicalize_utf8().ok()?);
        self.by_folder.get(folder).or_else(by_real_path).map(String::as_str)
    }

    /// The folder of a crate. Absolute.
    pub fn folder(&self, name: &str) -> Option<&Utf8Path> {
        self.folders().find(|(_, found)| *found == name).map(|(folder, _)| folder)
    }

    /// The folders of all crates, absolute, with their names.
    pub fn folders(&self) -> impl Iterator<Item = (&Utf8Path, &str)> {
        self.by_folder.iter().map(|(folder, name)| (folder.as_path(), name.as_str()))
    }

    /// The same crates, as if these had other versions.
    #[must_use]
    pub fn with_versions(mut self, versions: impl IntoIterator<Item = (String, String)>) -> Self {
        self.versions.extend(versions);
        self
    }

    /// The crate of a name.
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.get(name)
    }

    /// The names of all crates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.versions.keys().map(String::as_str)
    }

    /// The crate that has a binary target of this name.
    pub fn with_bin(&self, bin: &str) -> Option<&str> {
        self.bins.get(bin).map(String::as_str)
    }

    /// The names of all binary targets.
    pub fn bins(&self) -> impl Iterator<Item = &str> {
        self.bins.keys().map(String::as_str)
    }
}
