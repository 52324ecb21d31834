//! The files below a folder: those that git knows or would add, or all where there is no git.

use std::fs;
use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use images_schema::Diagnostic;

use crate::Error;
use crate::git::Git;
use crate::workspace::repository;

/// Folders that hold what others made.
const NEVER: [&str; 3] = ["target", ".git", "node_modules"];

/// Files, and what could not be listed.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Absolute, sorted.
    pub(super) files: Vec<Utf8PathBuf>,
    /// Those in hidden folders, likewise.
    pub(super) hidden: Vec<Utf8PathBuf>,
    /// Warnings.
    pub(super) problems: Vec<Diagnostic>,
}

/// Lists the files below `top`, which is absolute. Those in hidden folders are kept apart, as globs of members pass over them.
///
/// # Errors
/// An interrupt, or `top` itself cannot be read.
pub(super) fn list(top: &Utf8Path, cancel: &Cancel) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    fs::read_dir(top).map_err(Error::io("cannot list", top))?;
    listing.add(top, cancel)?;
    for files in [&mut listing.files, &mut listing.hidden] {
        files.sort();
        files.dedup();
    }
    Ok(listing)
}

impl Listing {
    fn add(&mut self, folder: &Utf8Path, cancel: &Cancel) -> Result<(), Error> {
        match Git::at(&repository(folder), cancel) {
            None => self.walk(folder, cancel),
            Some(git) => match self.ask(&git.within(folder), folder)? {
                Some(nested) => nested.iter().try_for_each(|folder| self.add(folder, cancel)),
                None => self.walk(folder, cancel),
            },
        }
    }

    /// Takes git's list, and gives the checkouts back that are in this one. `None` where git gives no list.
    fn ask(&mut self, git: &Git, folder: &Utf8Path) -> Result<Option<Vec<Utf8PathBuf>>, Error> {
        let asked = git.run(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let (ended, why) = match asked {
            Ok(ended) => {
                let why = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
                (Some(ended), why)
            }
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => (None, error.to_string()),
        };
        let Some(ended) = ended.filter(|ended| ended.code == Some(0)) else {
            let first = why.lines().next().unwrap_or("no reason is told").to_owned();
            let problem = Diagnostic::warning(format!("git cannot list {folder}: {first}"));
            self.problems.push(problem.help("all files are looked at, also those that .gitignore excludes"));
            return Ok(None);
        };
        self.problems
            .extend(why.lines().filter_map(|line| line.strip_prefix("warning: ")).map(Diagnostic::warning));
        let mut nested = Vec::new();
        for name in ended.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let Ok(name) = std::str::from_utf8(name) else {
                self.not_utf8(folder, &String::from_utf8_lossy(name));
                continue;
            };
            let path = folder.join(name.trim_end_matches('/'));
            let parents = Utf8Path::new(name).parent().unwrap_or("".into());
            let mut parents = parents.components().map(|part| part.as_str());
            if parents.clone().any(is_never) {
                continue;
            }
            match fs::symlink_metadata(&path) {
                Ok(kind) if !kind.is_dir() => self.add_file(path, parents.any(is_hidden)),
                Ok(_) if path.file_name().is_some_and(|name| !is_never(name) && !is_hidden(name)) => {
                    nested.push(path);
                }
                // What is deleted and not committed.
                _ => {}
            }
        }
        Ok(Some(nested))
    }

    /// Goes through folders; links are not followed, so there is no end without an end.
    fn walk(&mut self, folder: &Utf8Path, cancel: &Cancel) -> Result<(), Error> {
        let mut folders = vec![(folder.to_owned(), false)];
        while let Some((folder, hidden)) = folders.pop() {
            if cancel.is_interrupted() {
                return Err(Error::Interrupted);
            }
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.unreadable(&folder, &error);
                    continue;
                }
            };
            for entry in entries.filter_map(Result::ok) {
                let Ok(name) = entry.file_name().into_string() else {
                    self.not_utf8(&folder, &entry.file_name().to_string_lossy());
                    continue;
                };
                let path = folder.join(&name);
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && is_never(&name) => {}
                    Ok(kind) if kind.is_dir() => folders.push((path, hidden || is_hidden(&name))),
                    Ok(_) => self.add_file(path, hidden),
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: Utf8PathBuf, hidden: bool) {
        if hidden { self.hidden.push(path) } else { self.files.push(path) }
    }

    fn unreadable(&mut self, folder: &Utf8Path, error: &std::io::Error) {
        if error.kind() != ErrorKind::NotFound {
            let problem = Diagnostic::warning(format!("cannot list {folder}: {error}"));
            self.problems.push(
                problem.help(
                    "Dockerfiles in it are not adopted; make it readable, or pass it over with --exclude",
                ),
            );
        }
    }

    fn not_utf8(&mut self, folder: &Utf8Path, name: &str) {
        let problem = Diagnostic::warning(format!("a name in {folder} is not UTF-8: {name}"));
        self.problems.push(problem.help("it is passed over; rename it, if it is to be adopted"));
    }
}

fn is_never(folder: &str) -> bool {
    NEVER.contains(&folder)
}

fn is_hidden(folder: &str) -> bool {
    folder.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_may_not_be_read_is_told_and_one_that_is_gone_is_not() {
        let mut listing = Listing::default();
        listing.unreadable("/a".into(), &ErrorKind::NotFound.into());
        listing.unreadable("/b".into(), &ErrorKind::PermissionDenied.into());
        let told: Vec<_> = listing.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(told, ["cannot list /b: permission denied"]);
        let help = "Dockerfiles in it are not adopted; make it readable, or pass it over with --exclude";
        assert_eq!(listing.problems[0].help.as_deref(), Some(help));
    }
}
