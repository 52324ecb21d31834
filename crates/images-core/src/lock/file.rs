//! The file, beside Cargo.lock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{Lock, LockedImage, Rule, SourceText};

use crate::Error;
use crate::workspace::Workspace;

/// The file's name, in the workspace's root.
pub const FILE: &str = "Images.lock";

/// Reads the file; a workspace without one pins nothing.
///
/// # Errors
/// It cannot be read, or is no lock.
pub fn read(root: &Utf8Path) -> Result<Lock, Error> {
    Ok(read_with_source(root)?.1)
}

/// As [`read`], with the text for diagnostics.
pub(super) fn read_with_source(root: &Utf8Path) -> Result<(SourceText, Lock), Error> {
    let path = root.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let source = SourceText::new(FILE, text);
            let lock = Lock::parse(&source).map_err(|problem| problem.rule(Rule::Lock))?;
            Ok((source, lock))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok((SourceText::new(FILE, ""), Lock::default()))
        }
        Err(error) => Err(Error::io("cannot read", &path)(error)),
    }
}

/// Adds images to the file, and returns all that is in it then. What another process added meanwhile stays.
///
/// # Errors
/// The file cannot be read or written.
pub(super) fn add(workspace: &Workspace, new: BTreeMap<String, LockedImage>) -> Result<Lock, Error> {
    change(workspace, |lock| {
        new.into_iter().for_each(|(name, image)| {
            lock.images.entry(name).or_insert(image);
        })
    })
}

/// Changes the file's content, alone among processes; the file is written only when that changes it.
///
/// # Errors
/// The file cannot be read or written.
pub(super) fn change(workspace: &Workspace, with: impl FnOnce(&mut Lock)) -> Result<Lock, Error> {
    let _alone = exclusive(workspace)?;
    let (source, mut lock) = read_with_source(&workspace.root)?;
    with(&mut lock);
    let text = lock.to_toml();
    let is_kept = *text == *source.text || (lock.images.is_empty() && source.text.is_empty());
    if !is_kept {
        let path = workspace.root.join(FILE);
        put(&path, &text).map_err(Error::io("cannot write", &path))?;
    }
    Ok(lock)
}

/// Held while the file is changed; it dies with the process.
fn exclusive(workspace: &Workspace) -> Result<File, Error> {
    let folder = workspace.cache();
    fs::create_dir_all(&folder).map_err(Error::io("cannot create", &folder))?;
    let path: Utf8PathBuf = folder.join("Images.lock.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(Error::io("cannot create", &path))?;
    file.lock().map_err(Error::io("cannot lock", &path))?;
    Ok(file)
}

/// Replaces the file as a whole. A link stays one, and its target is replaced; the permissions stay.
fn put(path: &Utf8Path, text: &str) -> io::Result<()> {
    let real = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let mut file = tempfile::NamedTempFile::new_in(real.parent().unwrap_or(path))?;
    file.write_all(text.as_bytes())?;
    let mode = fs::metadata(&real).map(|old| old.permissions());
    #[cfg(unix)]
    let mode = mode.or_else(|_| io::Result::Ok(std::os::unix::fs::PermissionsExt::from_mode(0o644)));
    if let Ok(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    file.persist(real)?;
    Ok(())
}
