//! Contexts of real trees in temporary folders.

mod archiving;
mod hashes;
mod ignoring;
mod joining;
mod linking;
mod misspelling;
mod reading;
mod remembering;
mod selecting;
mod staging;
mod trimming;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Ignore, Source, SourceKind, Sources};
use tempfile::TempDir;

use super::*;

/// A repository in a temporary folder.
struct Repository {
    root: Utf8PathBuf,
    _kept: TempDir,
}

impl Repository {
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(kept.path().canonicalize().unwrap().join("repository")).unwrap();
        fs::create_dir(&root).unwrap();
        Self { root, _kept: kept }
    }

    /// A repository with these files; what they hold is their own path.
    fn with(files: &[&str]) -> Self {
        let repository = Self::new();
        for file in files {
            repository.write(file, file);
        }
        repository
    }

    fn path(&self, path: &str) -> Utf8PathBuf {
        self.root.join(path)
    }

    fn folder(&self, path: &str) {
        fs::create_dir_all(self.path(path)).unwrap();
    }

    fn write(&self, path: &str, content: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), content).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        symlink(target, self.path(path)).unwrap();
    }

    fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), Permissions::from_mode(mode)).unwrap();
    }

    /// Asks for all of the repository's folder `folder`.
    fn ask(&self, folder: &str) -> Ask {
        Ask {
            repository: self.root.clone(),
            folder: if folder.is_empty() { self.root.clone() } else { self.path(folder) },
            private: Vec::new(),
            ignore: Ignore::default(),
            sources: Sources::All,
            joined: Vec::new(),
            modes: Modes::Normalise,
            epoch: EPOCH,
        }
    }
}

/// A [`ContextRequest`] that owns its parts.
#[derive(Clone)]
struct Ask {
    repository: Utf8PathBuf,
    folder: Utf8PathBuf,
    private: Vec<Utf8PathBuf>,
    ignore: Ignore,
    sources: Sources,
    joined: Vec<Joined>,
    modes: Modes,
    epoch: i64,
}

impl Ask {
    fn ignore(mut self, lines: &str) -> Self {
        self.ignore = Ignore::parse(lines).unwrap();
        self
    }

    /// Reads only these; one with a special character is a pattern. The first has the span 0..1, the second 1..2, …
    fn sources(mut self, paths: &[&str]) -> Self {
        let source = |(at, path): (usize, &&str)| Source {
            kind: SourceKind::Copy,
            path: (*path).to_owned(),
            wildcard: path.contains(['*', '?', '[', '\\']),
            span: at..at + 1,
        };
        self.sources = Sources::These(paths.iter().enumerate().map(source).collect());
        self
    }

    fn join(mut self, from: impl AsRef<Utf8Path>, to: &str) -> Self {
        let from = self.repository.join(from);
        self.joined.push(Joined { from, to: to.into() });
        self
    }

    fn modes(mut self, modes: Modes) -> Self {
        self.modes = modes;
        self
    }

    fn read_with(&self, cache: &StatCache) -> Result<Context, ContextError> {
        let Self { repository, folder, private, ignore, sources, joined, modes, epoch } = self;
        let (modes, epoch, repository) = (*modes, *epoch, &Boundary::new(repository.clone()));
        read(&ContextRequest { repository, folder, private, ignore, sources, joined, modes, epoch }, cache)
    }

    fn read(&self) -> Context {
        self.read_with(&StatCache::disabled()).unwrap()
    }

    fn error(&self) -> ContextError {
        self.read_with(&StatCache::disabled()).unwrap_err()
    }

    /// The entries, one a line.
    fn lines(&self) -> Vec<String> {
        self.read().entries.iter().map(line).collect()
    }

    /// The entries' paths, folders with a slash.
    fn paths(&self) -> Vec<String> {
        let slash = |entry: &Entry| if entry.kind == EntryKind::Folder { "/" } else { "" };
        self.read().entries.iter().map(|entry| format!("{}{}", entry.path, slash(entry))).collect()
    }
}

fn line(Entry { path, mode, kind, .. }: &Entry) -> String {
    match kind {
        EntryKind::Folder => format!("{mode:o} {path}/"),
        EntryKind::File { size, hash } => {
            format!("{mode:o} {path} {size} {}", &blake3::Hash::from_bytes(*hash).to_hex()[..8])
        }
        EntryKind::Link { target } => format!("{mode:o} {path} -> {target}"),
    }
}

fn hash_of(content: &str) -> [u8; 32] {
    *blake3::hash(content.as_bytes()).as_bytes()
}
