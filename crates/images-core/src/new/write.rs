//! Writes the files of a new image: all or none.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::Diagnostic;
use tempfile::NamedTempFile;

use super::File;
use crate::Error;

/// Fills the folder under another name and renames it, then puts the edited file in its place.
///
/// # Errors
/// Something cannot be written. What was made before that is removed again.
pub(super) fn write(root: &Utf8Path, folder: &Utf8Path, files: &[File]) -> Result<(), Error> {
    let edited =
        files.iter().find_map(|file| Some((root.join(&file.path), file.before.as_ref()?, &file.after)));
    let ready = edited.map(|(path, before, after)| staged(&path, before, after)).transpose()?;
    let target = root.join(folder);
    let parent = target.parent().unwrap_or(root);
    let missing: Vec<_> =
        parent.ancestors().take_while(|above| !above.exists()).map(Utf8Path::to_owned).collect();
    let made = fill(parent, folder, &target, files)
        .and_then(|()| ready.map_or(Ok(()), |(file, path)| put(file, &path, &target)));
    if made.is_err() {
        // From the innermost one; those that something else is in by now stay.
        missing.iter().for_each(|above| drop(fs::remove_dir(above)));
    }
    made
}

/// The edited file beside the one that it replaces, with its mode.
fn staged(path: &Utf8Path, before: &str, after: &str) -> Result<(NamedTempFile, Utf8PathBuf), Error> {
    let path = path.canonicalize_utf8().map_err(Error::io("cannot find", path))?;
    if fs::read_to_string(&path).map_err(Error::io("cannot read", &path))? != before {
        let message = "Cargo.toml changed meanwhile, so nothing is written";
        return Err(Diagnostic::error(message).help("run the command again").into());
    }
    let file = || -> io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(path.parent().unwrap_or(&path))?;
        io::Write::write_all(&mut file, after.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    let file = file().map_err(Error::io("cannot write", &path))?;
    Ok((file, path))
}

fn put(file: NamedTempFile, path: &Utf8Path, target: &Utf8Path) -> Result<(), Error> {
    file.persist(path).map(drop).map_err(|error| {
        let _ = fs::remove_dir_all(target);
        Error::io("cannot write", path)(error.error)
    })
}

/// Makes the folder with its files.
fn fill(parent: &Utf8Path, folder: &Utf8Path, target: &Utf8Path, files: &[File]) -> Result<(), Error> {
    fs::create_dir_all(parent).map_err(Error::io("cannot create", parent))?;
    let name = target.file_name().unwrap_or_default();
    let filled = parent.join(format!(".{name}.{}", std::process::id()));
    let new = files.iter().filter(|file| file.before.is_none());
    let result = fs::create_dir(&filled).and_then(|()| {
        for file in new {
            let path = filled.join(file.path.strip_prefix(folder).unwrap_or(&file.path));
            fs::create_dir_all(path.parent().unwrap_or(&filled))?;
            fs::write(&path, &file.after)?;
        }
        // A rename would replace an empty folder.
        match target.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(&filled, target),
        }
    });
    result.map_err(|error| {
        let _ = fs::remove_dir_all(&filled);
        Error::io("cannot create", target)(error)
    })
}
