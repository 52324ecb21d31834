//! `new`: a member that builds at once.
//!
//! 1. `name` and `parent` check what was asked for, `package` what cargo would refuse of a crate.
//! 2. `place` finds the folder, and whether the globs of the workspace name it.
//! 3. `template` makes the files, `list` the edits of the root Cargo.toml that make them members.
//! 4. All of it is shown (`diff`), or written: all or nothing (`write`).

mod diff;
mod list;
mod name;
mod package;
mod parent;
mod place;
mod template;
mod write;

use std::sync::Arc;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;
use images_schema::{Diagnostic, RootManifest};

use crate::Error;
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

/// A file that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Relative to the root.
    pub path: Utf8PathBuf,
    /// Its text now; `None` where it is new.
    pub before: Option<Arc<str>>,
    /// Its text then.
    pub after: String,
}

/// A new image that is not written yet.
#[derive(Debug)]
pub struct New {
    root: Utf8PathBuf,
    /// Its folder, relative to the root.
    pub folder: Utf8PathBuf,
    /// What its `FROM` says.
    pub from: String,
    /// Its files, and the root Cargo.toml last if that is edited.
    pub files: Vec<File>,
}

impl New {
    /// What would be written, as a unified diff, which `patch -p1` and `git apply` take.
    pub fn diff(&self) -> String {
        self.files.iter().map(|file| diff::unified(&file.path, file.before.as_deref(), &file.after)).collect()
    }

    /// Writes all files.
    ///
    /// # Errors
    /// The folder is there by now, the root Cargo.toml changed, or something cannot be written. Then nothing is changed.
    pub fn write(&self) -> Result<(), Error> {
        write::write(&self.root, &self.folder, &self.files)
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
    let files = files(&workspace, &settings, request, &parent, &place, package.as_ref())?;
    Ok(New { root: workspace.root, folder: place.folder, from: parent.reference, files })
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

fn files(
    workspace: &Workspace,
    settings: &images_schema::Settings,
    request: &Request,
    parent: &Parent,
    place: &Place,
    package: Option<&Package>,
) -> Result<Vec<File>, Error> {
    let content = template::Content {
        name: &request.name,
        has_own_name: place.folder.file_name() != Some(request.name.as_str()),
        from: &parent.reference,
        needs_user: workspace.policy.forbids_root() && !parent.brings_user(workspace),
        inherited: template::inherited(&settings.image),
        package,
    };
    let made = template::files(request.template, &content).into_iter();
    let mut files: Vec<_> =
        made.map(|(path, after)| File { path: place.folder.join(path), before: None, after }).collect();
    let before = &workspace.source.text;
    let after = list::with_members(before, place, package)?;
    if after != **before {
        files.push(File { path: "Cargo.toml".into(), before: Some(Arc::clone(before)), after });
    }
    Ok(files)
}
