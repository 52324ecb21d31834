//! `new`: a member that builds at once.
//!
//! 1. `name` and `parent` check what was asked for, `package` what cargo would refuse of a crate.
//! 2. `place` finds the folder, and whether the globs of the workspace name it.
//! 3. `template` makes the files, `list` the edits of the root Cargo.toml that make them members.
//! 4. All of it is shown or written as `edits`: all or nothing.

mod list;
mod name;
mod package;
mod parent;
mod place;
mod template;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;
use images_schema::{Diagnostic, RootManifest};

use crate::Error;
use crate::edits::Edits;
use crate::workspace::{CrateIndex, LoadOptions, Workspace, load};
use package::Package;
use parent::Parent;
use place::Place;

/// What the new image starts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// A crate whose binary is the image's program.
    Rust,
    /// A script for the parent's Python.
    Python,
    /// A Dockerfile with a `FROM`.
    Plain,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The image's name.
    pub name: String,
    /// What it stands on: a member's spec, a reference, or `scratch`, which it is otherwise.
    pub from: Option<String>,
    /// What it starts as.
    pub template: Template,
    /// Its folder, relative to the current one; one that the members' globs name otherwise.
    pub path: Option<Utf8PathBuf>,
}

/// A new image that is not written yet.
#[derive(Debug)]
pub struct New {
    root: Utf8PathBuf,
    /// Its folder, relative to the root.
    pub folder: Utf8PathBuf,
    /// What its `FROM` says.
    pub from: String,
    /// Its files, and the root Cargo.toml if that is edited.
    pub edits: Edits,
}

impl New {
    /// Writes all files.
    ///
    /// # Errors
    /// The folder is there by now, the root Cargo.toml changed, or something cannot be written. Then nothing is changed.
    pub fn write(&self) -> Result<(), Error> {
        place::check_absent(&self.root, &self.folder)?;
        self.edits.write()
    }
}

/// Finds out what has to be written for a new image.
///
/// # Errors
/// What is wrong with the workspace, or with what is asked for. Nothing is ever written here.
pub fn new(options: &LoadOptions, request: &Request, cancel: &Cancel) -> Result<New, Error> {
    name::check(&request.name)?;
    let workspace = load(options, cancel)?;
    let settings = settings(&workspace)?;
    name::check_free(&workspace, &request.name)?;
    let parent = parent::resolve(&workspace, request.from.as_deref())?;
    if request.template == Template::Python && parent.is_scratch() {
        return Err(no_python(&workspace));
    }
    let place = place::choose(&workspace, &settings, request, &options.start)?;
    let package = match request.template {
        Template::Rust => Some(package::check(&crates(&workspace, options, cancel)?, &workspace, request)?),
        Template::Python | Template::Plain => None,
    };
    let edits = edits(&workspace, &settings, request, &parent, &place, package.as_ref())?;
    Ok(New { root: workspace.root, folder: place.folder, from: parent.reference, edits })
}

fn settings(workspace: &Workspace) -> Result<images_schema::Settings, Error> {
    let manifest: RootManifest = workspace.source.parse_toml()?;
    let settings = manifest.workspace.and_then(|workspace| workspace.metadata.images);
    Ok(settings.expect("a workspace that was loaded has settings").into_inner())
}

fn crates(workspace: &Workspace, options: &LoadOptions, cancel: &Cancel) -> Result<CrateIndex, Error> {
    match &workspace.crates {
        Some(crates) => Ok(crates.clone()),
        None => CrateIndex::read(&options.cargo, &workspace.root, cancel),
    }
}

fn no_python(workspace: &Workspace) -> Error {
    let member = workspace.images.iter().find(|image| image.name.contains("python"));
    let example = member.map_or("docker.io/library/python:3.13-slim", |image| image.name.as_str());
    Diagnostic::error("a Python image needs a parent that has Python")
        .help(format!("name one, for example `--from {example}`"))
        .into()
}

fn edits(
    workspace: &Workspace,
    settings: &images_schema::Settings,
    request: &Request,
    parent: &Parent,
    place: &Place,
    package: Option<&Package>,
) -> Result<Edits, Error> {
    let content = template::Content {
        name: &request.name,
        has_own_name: place.folder.file_name() != Some(request.name.as_str()),
        from: &parent.reference,
        needs_user: workspace.policy.forbids_root() && !parent.brings_user(workspace),
        inherited: template::inherited(&settings.image),
        package,
    };
    let mut edits = Edits::new(&workspace.root);
    let folder = workspace.root.join(&place.folder);
    for (path, text) in template::files(request.template, &content) {
        edits.create(&folder.join(path), text);
    }
    let root = workspace.root.join("Cargo.toml");
    let edited = list::with_members(&edits.read(&root)?, place, package)?;
    edits.set(&root, edited)?;
    Ok(edits)
}
