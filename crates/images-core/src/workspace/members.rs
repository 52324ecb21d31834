//! The folders that are images, as they are on disk.

use std::fs;

use camino::Utf8Path;
use images_schema::{Candidates, PathGlob, Settings, SourceText, Spanned};

use super::files::Files;
use crate::Error;

/// Expands the settings' globs. Which candidates have an Image.toml is found when it is read.
///
/// # Errors
/// A bad glob, one that leaves the workspace, or a folder that cannot be listed.
pub(super) fn candidates(
    root: &Utf8Path,
    source: &SourceText,
    settings: &Settings,
    files: &Files,
) -> Result<Candidates, Error> {
    images_schema::candidates(source, settings, &mut |folder| subfolders(root, folder, files))
}

/// Which of `folders` the globs of `default-members` name.
///
/// # Errors
/// A bad glob, or one without a `*` that names no member.
pub(super) fn defaults(
    source: &SourceText,
    globs: &[Spanned<String>],
    folders: &[&Utf8Path],
) -> Result<Vec<bool>, Error> {
    let mut chosen = vec![false; folders.len()];
    for text in globs {
        let glob = PathGlob::parse(source, text)?;
        let mut any = false;
        for (_, chosen) in folders.iter().zip(&mut chosen).filter(|(folder, _)| glob.matches(folder)) {
            (*chosen, any) = (true, true);
        }
        if !any && !glob.is_open() {
            let message = format!("default member `{}` is no member", text.get_ref());
            let diagnostic = source.error(text.span(), message, "no image of this workspace is there");
            return Err(diagnostic.help("add it to `members`, or take it out of `exclude`").into());
        }
    }
    Ok(chosen)
}

/// The names of the folders in `folder`, none where there is no such folder. Hidden ones and the root's `target` are
/// passed over: a glob never means them.
fn subfolders(root: &Utf8Path, folder: &Utf8Path, files: &Files) -> Result<Vec<String>, Error> {
    let path = root.join(folder);
    let is_hidden = |name: &str| name.starts_with('.') || (name == "target" && folder == "");
    let edited = files.folders_in(&path).filter(|name| !is_hidden(name)).map(str::to_owned);
    let mut names: Vec<String> = edited.collect();
    let listing = match fs::read_dir(&path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(names),
        Err(error) => return Err(Error::io("cannot list", &path)(error)),
    };
    for entry in listing {
        let entry = entry.map_err(Error::io("cannot list", &path))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type().map_err(Error::io("cannot list", &path))?;
        if !is_hidden(&name) && kind.is_dir() {
            names.push(name);
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// `path` relative to `base` where it lies inside, else as it is.
pub fn relative<'a>(path: &'a Utf8Path, base: &Utf8Path) -> &'a Utf8Path {
    path.strip_prefix(base).unwrap_or(path)
}
