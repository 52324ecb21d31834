//! Versions of the workspace's crates, from their Cargo.toml files.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{PathGlob, SourceText, normal};

use crate::cargo_manifest::{CargoManifest, Dependency, WorkspaceTable};
use crate::failure::Failure;
use crate::folders::{read, subfolders};
use crate::root::Root;

/// The crates of a workspace: those that `members` names, those in `[workspace.dependencies]`, and the root's own. A crate
/// that is a member only because another one depends on its path is not seen.
pub(crate) struct Crates<'a> {
    root: &'a Root,
    all: OnceCell<Vec<Crate>>,
    /// What was read and counts. Absolute.
    pub(crate) read: RefCell<BTreeSet<Utf8PathBuf>>,
    /// What was wrong with it.
    pub(crate) problems: RefCell<Failure>,
}

struct Crate {
    name: String,
    version: Option<String>,
    manifest: Utf8PathBuf,
}

impl<'a> Crates<'a> {
    pub(crate) fn of(root: &'a Root) -> Self {
        Self { root, all: OnceCell::new(), read: RefCell::default(), problems: RefCell::default() }
    }

    /// The version of the crate in a folder, given as an absolute path.
    pub(crate) fn in_folder(&self, folder: &Utf8Path) -> Option<String> {
        let found = self.at(folder)?;
        self.version_of(&found)
    }

    /// The version of a crate.
    pub(crate) fn version(&self, name: &str) -> Option<String> {
        let found = self.all().iter().find(|found| found.name == name)?;
        self.version_of(found)
    }

    /// The names of all crates.
    pub(crate) fn names(&self) -> Vec<String> {
        self.all().iter().map(|found| found.name.clone()).collect()
    }

    fn version_of(&self, found: &Crate) -> Option<String> {
        self.read.borrow_mut().insert(found.manifest.clone());
        found.version.clone()
    }

    fn at(&self, folder: &Utf8Path) -> Option<Crate> {
        let manifest = folder.join("Cargo.toml");
        let read = read(&manifest).and_then(|text| {
            let Some(text) = text else { return Ok(None) };
            let shown = manifest.strip_prefix(&self.root.folder).unwrap_or(&manifest);
            Ok(Some(SourceText::new(shown, text).parse_toml::<CargoManifest>()?))
        });
        let package = match read {
            Ok(found) => found?.package?,
            Err(failure) => {
                self.problems.borrow_mut().0.extend(failure.0);
                return None;
            }
        };
        let version = package.version(self.root.package.version.as_deref());
        Some(Crate { name: package.name, version, manifest })
    }

    fn all(&self) -> &[Crate] {
        self.all.get_or_init(|| {
            let mut folders = BTreeSet::from([self.root.folder.clone()]);
            if let Some(table) = &self.root.cargo.workspace {
                folders.extend(self.members(table));
                folders.extend(table.dependencies.values().filter_map(|dependency| match dependency {
                    Dependency::Detailed { path } => Some(normal(&self.root.folder.join(path.as_ref()?))),
                    Dependency::Other(_) => None,
                }));
            }
            folders.iter().filter_map(|folder| self.at(folder)).collect()
        })
    }

    /// The folders that `members` names. A glob that leads out of the root is taken as a path.
    fn members(&self, table: &WorkspaceTable) -> Vec<Utf8PathBuf> {
        let mut found = Vec::new();
        for member in &table.members {
            match PathGlob::parse(&self.root.source, member) {
                Ok(glob) => {
                    let walked = glob.walk(&mut |folder| subfolders(&self.root.folder, folder));
                    found.extend(walked.unwrap_or_default().iter().map(|path| self.root.folder.join(path)));
                }
                Err(_) => found.push(normal(&self.root.folder.join(member.get_ref()))),
            }
        }
        found
    }
}
