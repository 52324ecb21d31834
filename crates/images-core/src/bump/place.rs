//! Where a variant's version is written.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{Diagnostic, VersionSource};

use crate::Error;
use crate::edits::document;
use crate::workspace::{CrateIndex, Image, Workspace};

/// Whose version a place holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// Image.toml: the image, or one of its variants.
    Image,
    /// `[workspace.metadata.images.image]`.
    Settings,
    /// A crate's `[package]`.
    Crate(String),
    /// `[workspace.package]`.
    WorkspacePackage,
}

/// A string in a file that holds a version. One may be the version of many variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Absolute.
    pub(super) path: Utf8PathBuf,
    /// Its bytes, quotes included.
    pub(super) span: Range<usize>,
    pub(super) holder: Holder,
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.path, self.span.start).cmp(&(&other.path, other.span.start))
    }
}

/// The place of a variant's version, as the workspace was loaded.
///
/// # Errors
/// A crate's manifest cannot be read, or does not hold its version as cargo told it.
pub(super) fn of_variant(workspace: &Workspace, image: &Image, variant: usize) -> Result<Place, Error> {
    let in_manifest =
        |span| Place { path: workspace.root.join(&image.source.path), span, holder: Holder::Image };
    let of_table = image.manifest.variant.get(variant).and_then(|table| table.get_ref().version.as_ref());
    if let Some(version) = of_table {
        return Ok(in_manifest(version.span()));
    }
    match image.manifest.image.version.as_ref().map(|version| (version.get_ref(), version.span())) {
        Some((VersionSource::Own(_), span)) => Ok(in_manifest(span)),
        Some((VersionSource::Workspace, _)) => inherited(workspace),
        Some((VersionSource::Crate(name), _)) => of_crate(workspace, name),
        None => {
            let name = workspace.crates.as_ref().and_then(|crates| crates.in_folder(&image.folder));
            of_crate(workspace, name.unwrap_or_default())
        }
    }
}

/// What `version.workspace = true` of an Image.toml means.
fn inherited(workspace: &Workspace) -> Result<Place, Error> {
    let document = document::read(&workspace.source.text);
    match document::string(&document, &["workspace", "metadata", "images", "image", "version"]) {
        Some(found) => {
            Ok(Place { path: workspace.root.join("Cargo.toml"), span: found.span, holder: Holder::Settings })
        }
        None => workspace_package(workspace),
    }
}

fn workspace_package(workspace: &Workspace) -> Result<Place, Error> {
    let document = document::read(&workspace.source.text);
    let path = workspace.root.join("Cargo.toml");
    match document::string(&document, &["workspace", "package", "version"]) {
        Some(found) => Ok(Place { path, span: found.span, holder: Holder::WorkspacePackage }),
        None => Err(not_there(&path)),
    }
}

fn of_crate(workspace: &Workspace, name: &str) -> Result<Place, Error> {
    let folder = workspace.crates.as_ref().and_then(|crates| crates.folder(name));
    let Some(folder) = folder else { return Err(not_there(&workspace.root.join("Cargo.toml"))) };
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(Error::io("cannot read", &path))?;
    let document = document::read(&text);
    match document::string(&document, &["package", "version"]) {
        Some(found) => Ok(Place { path, span: found.span, holder: Holder::Crate(name.to_owned()) }),
        None if inherits(&text) => workspace_package(workspace),
        None => Err(not_there(&path)),
    }
}

/// Whether a crate's manifest says `version.workspace = true`.
fn inherits(text: &str) -> bool {
    let document = document::read(text);
    document::table(&document, "package").is_some_and(|package| document::is_inherited(package, "version"))
}

/// The crates whose version is that of `[workspace.package]`.
///
/// # Errors
/// A manifest cannot be read.
pub(super) fn inheriting(crates: &CrateIndex) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for (folder, name) in crates.folders() {
        let path = folder.join("Cargo.toml");
        if inherits(&std::fs::read_to_string(&path).map_err(Error::io("cannot read", &path))?) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

fn not_there(path: &Utf8Path) -> Error {
    Diagnostic::error(format!("{path} holds no version to edit"))
        .help("write `version = \"…\"` under [package], or `version.workspace = true`")
        .into()
}
