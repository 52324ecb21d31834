//! Finds the workspace that a crate belongs to, if it does.
//!
//! A crate that lies below a root need not belong to it. Three kinds do not, and see no workspace at all, as they will
//! see none on any other machine:
//!
//! * what `cargo package` verifies, in `target/package/NAME-VERSION`, and any unpacked package: each has a
//!   `Cargo.toml.orig`, and most a `.cargo_vcs_info.json`
//! * what `cargo vendor` wrote: each has a `.cargo-checksum.json`
//! * what the root excludes by `workspace.exclude`
//!   (<https://doc.rust-lang.org/cargo/reference/workspaces.html#the-members-and-exclude-fields>)

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{PackageDefaults, RootManifest, Settings, SourceText, normal};

use crate::cargo_manifest::{CargoManifest, WorkspaceTable};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::folders::read;

/// The files that mark a package which was taken out of its workspace.
const MARKS: [&str; 3] = ["Cargo.toml.orig", ".cargo_vcs_info.json", ".cargo-checksum.json"];

/// The root Cargo.toml, and what it says of images and of crates.
#[derive(Debug)]
pub(crate) struct Root {
    /// Absolute.
    pub(crate) folder: Utf8PathBuf,
    pub(crate) source: SourceText,
    pub(crate) settings: Settings,
    pub(crate) package: PackageDefaults,
    /// The same file, as cargo reads it.
    pub(crate) cargo: CargoManifest,
}

/// Whether there is a workspace with images.
#[derive(Debug)]
pub(crate) enum Found {
    /// There is.
    Root(Box<Root>),
    /// The crate is on its own, as it should be.
    Alone,
    /// It is on its own, which may be a mistake: why.
    Lost(String),
}

/// Looks for the root of the workspace.
///
/// # Errors
/// A Cargo.toml cannot be read, or is wrong.
pub(crate) fn find(environment: &Environment) -> Result<Found, Failure> {
    let folder = &environment.folder;
    if environment.is_docs_rs || MARKS.iter().any(|mark| folder.join(mark).exists()) {
        return Ok(Found::Alone);
    }
    let Some((root, source, cargo)) = locate(folder)? else {
        return Ok(Found::Lost("this crate belongs to no workspace".to_owned()));
    };
    let relative = folder.strip_prefix(&root).unwrap_or(folder);
    if relative.starts_with("target")
        || cargo.workspace.as_ref().is_some_and(|table| table.excludes(relative))
    {
        return Ok(Found::Alone);
    }
    let manifest: RootManifest = source.parse_toml()?;
    let Some((settings, package)) =
        manifest.workspace.and_then(|workspace| Some((workspace.metadata.images?, workspace.package)))
    else {
        let told = format!("the workspace in {root} has no [workspace.metadata.images]");
        return Ok(Found::Lost(told));
    };
    Ok(Found::Root(Box::new(Root { folder: root, source, settings: settings.into_inner(), package, cargo })))
}

impl WorkspaceTable {
    fn excludes(&self, relative: &Utf8Path) -> bool {
        let is_member =
            self.members.iter().any(|member| normal(member.get_ref().as_str().into()) == relative);
        !is_member && self.exclude.iter().any(|folder| relative.starts_with(normal(folder.as_str().into())))
    }
}

/// The first Cargo.toml with a `[workspace]` in `start` or above, or the one that `package.workspace` names.
fn locate(start: &Utf8Path) -> Result<Option<(Utf8PathBuf, SourceText, CargoManifest)>, Failure> {
    for folder in start.ancestors() {
        let Some((source, manifest)) = parse(folder)? else { continue };
        if manifest.workspace.is_some() {
            return Ok(Some((folder.to_owned(), source, manifest)));
        }
        let named = manifest.package.as_ref().and_then(|package| package.workspace.as_ref());
        if let Some(named) = named.filter(|_| folder == start) {
            let folder = normal(&folder.join(named));
            return Ok(parse(&folder)?.map(|(source, manifest)| (folder, source, manifest)));
        }
    }
    Ok(None)
}

fn parse(folder: &Utf8Path) -> Result<Option<(SourceText, CargoManifest)>, Failure> {
    let Some(text) = read(&folder.join("Cargo.toml"))? else { return Ok(None) };
    let source = SourceText::new("Cargo.toml", text);
    let manifest = source.parse_toml()?;
    Ok(Some((source, manifest)))
}
