//! Where a new image lies.

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{DEFAULT_MEMBERS, Diagnostic, PathGlob, Settings, Spanned, normal};

use super::{Request, Template, list};
use crate::Error;
use crate::workspace::Workspace;

/// A folder that is not there yet.
#[derive(Debug)]
pub(super) struct Place {
    /// Relative to the root.
    pub(super) folder: Utf8PathBuf,
    /// Whether the settings' globs name it.
    pub(super) is_member: bool,
}

/// The folder that is asked for, else one that the members' globs name.
///
/// # Errors
/// It is there, is excluded, or lies outside of the workspace.
pub(super) fn choose(
    workspace: &Workspace,
    settings: &Settings,
    request: &Request,
    start: &Utf8Path,
) -> Result<Place, Error> {
    let defaults = DEFAULT_MEMBERS.map(|glob| Spanned::new(0..0, glob.to_owned()));
    let members = settings.members.as_deref().unwrap_or(&defaults);
    let folder = match &request.path {
        Some(path) => inside(workspace, &start.join(path), path)?,
        None => by_globs(workspace, members, request)?,
    };
    for excluded in &settings.exclude {
        let glob = PathGlob::parse(&workspace.source, excluded)?;
        if folder.ancestors().any(|above| glob.matches(above)) {
            let message = format!("`{folder}` is excluded from the images");
            let diagnostic = workspace.source.error(excluded.span(), message, "by this");
            return Err(diagnostic.help("name another folder with --path").into());
        }
    }
    check_absent(&workspace.root, &folder)?;
    check_crate(workspace, request, &folder)?;
    let is_member = is_named(workspace, members, &folder)?;
    Ok(Place { folder, is_member })
}

/// The folder is not there, and what is above it is no file.
///
/// # Errors
/// It is there, or cannot be made.
pub(super) fn check_absent(root: &Utf8Path, folder: &Utf8Path) -> Result<(), Error> {
    if root.join(folder).symlink_metadata().is_ok() {
        let diagnostic = Diagnostic::error(format!("`{folder}` is there already"));
        return Err(diagnostic.help("name another folder with --path, or remove it").into());
    }
    match folder.ancestors().find(|above| root.join(above).is_file()) {
        None => Ok(()),
        Some(file) => {
            let diagnostic = Diagnostic::error(format!("`{file}` is a file, so there can be no `{folder}`"));
            Err(diagnostic.help("name another folder with --path").into())
        }
    }
}

/// A folder that cargo's own globs name is a crate, or cargo fails.
fn check_crate(workspace: &Workspace, request: &Request, folder: &Utf8Path) -> Result<(), Error> {
    if request.template == Template::Rust || !list::is_cargos(&workspace.source.text, folder) {
        return Ok(());
    }
    let message = format!("cargo takes `{folder}` for a crate, since `members` of [workspace] name it");
    Err(Diagnostic::error(message).help("name another folder with --path, or use `--template rust`").into())
}

/// A path as a folder below the root.
fn inside(workspace: &Workspace, path: &Utf8Path, told: &Utf8Path) -> Result<Utf8PathBuf, Error> {
    let refuse = |message: String, help: &str| Err(Diagnostic::error(message).help(help).into());
    let path = normal(path);
    let Some(folder) = path.strip_prefix(&workspace.root).ok().filter(|folder| *folder != "") else {
        let message = format!("`{told}` is no folder below the workspace's root");
        return refuse(message, &format!("name one below {}", workspace.root));
    };
    if folder.as_str().contains(|c: char| c.is_control() || "*?[]\"\\".contains(c)) {
        let message = format!("`{told}` cannot be written as a member");
        return refuse(message, "name a folder without `*`, `?`, brackets, quotes and backslashes");
    }
    Ok(folder.to_owned())
}

/// `apps/NAME` for a crate if a glob names it, else the first `FOLDER/NAME` that one does.
fn by_globs(
    workspace: &Workspace,
    members: &[Spanned<String>],
    request: &Request,
) -> Result<Utf8PathBuf, Error> {
    let name = request.name.as_str();
    let preferred = Utf8PathBuf::from(match request.template {
        Template::Rust => format!("apps/{name}"),
        Template::Python | Template::Plain => format!("images/{name}"),
    });
    if request.template == Template::Rust && is_named(workspace, members, &preferred)? {
        return Ok(preferred);
    }
    let below = |glob: &Spanned<String>| {
        let folder = Utf8Path::new(glob.get_ref().strip_suffix("/*")?);
        let is_plain = !folder.as_str().contains(['*', '?', '[']) && normal(folder) == folder;
        let folder = folder.join(name);
        let fits = request.template == Template::Rust || !list::is_cargos(&workspace.source.text, &folder);
        (is_plain && fits).then_some(folder)
    };
    Ok(members.iter().find_map(below).unwrap_or(preferred))
}

/// Whether a glob of the members names the folder. What starts with a dot, and the root's `target`, is only named in full.
fn is_named(workspace: &Workspace, members: &[Spanned<String>], folder: &Utf8Path) -> Result<bool, Error> {
    let passed_over =
        folder.components().any(|part| part.as_str().starts_with('.')) || folder.starts_with("target");
    for member in members {
        let glob = PathGlob::parse(&workspace.source, member)?;
        if glob.matches(folder) && !(glob.is_open() && passed_over) {
            return Ok(true);
        }
    }
    Ok(false)
}
