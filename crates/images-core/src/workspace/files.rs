//! The workspace's files, as they are or as they would be after an edit.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

/// What manifests, Dockerfiles and ignore files are read from.
#[derive(Debug, Clone, Default)]
pub struct Files {
    edited: BTreeMap<Utf8PathBuf, Arc<str>>,
}

impl Files {
    /// The text of a file: the edited one, else that on disk.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, path: &Utf8Path) -> io::Result<Arc<str>> {
        match self.edited.get(path) {
            Some(text) => Ok(Arc::clone(text)),
            None => std::fs::read_to_string(path).map(Arc::from),
        }
    }

    /// Whether a file has this text, or was not edited.
    pub(crate) fn is_still(&self, path: &Utf8Path, text: &str) -> bool {
        self.edited.get(path).is_none_or(|edited| **edited == *text)
    }

    /// The names of the folders in a folder that edited files are in, which need not be on disk.
    pub(crate) fn folders_in(&self, folder: &Utf8Path) -> impl Iterator<Item = &str> {
        let below = self.edited.keys().filter_map(move |path| path.strip_prefix(folder).ok());
        below.filter_map(|path| {
            let mut parts = path.components();
            let first = parts.next()?.as_str();
            parts.next().map(|_| first)
        })
    }

    /// Gives a file, named by its absolute path, another text. Nothing is written.
    pub fn edit(&mut self, path: &Utf8Path, text: impl Into<Arc<str>>) {
        self.edited.insert(path.to_owned(), text.into());
    }
}
