//! `clean`: removes the caches under target/images.
//!
//! 1. Whoever works with them is waited for: a release, runs of tests, builds.
//! 2. Each entry is measured, unless it is one of those that stay.
//! 3. It is removed. A folder loses its name first, so that no half of a cache is ever taken for the whole.
//!
//! What stays: images (the built-in engine's layout, unless it is asked for), what cannot be made again (`release`), what
//! crates are compiled with (`references.toml`), and files that are nothing but locks, since somebody may be waiting at one.

use std::collections::VecDeque;
use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::Swept;
use images_engine::process::Cancel;
use images_schema::References;

use crate::Error;
use crate::context;
use crate::event::{Event, Reporter};
use crate::wait_lock;

/// The built-in engine's images, and what it knows of their layers.
const STORE: [&str; 2] = ["oci", "oci-layers"];

/// Locks that are held only for the moment in which a file is replaced that stays here. A build takes them while it holds
/// its store's, so waiting for the one with the other in hand would be for ever.
const MOMENTARY: [&str; 2] = ["references.lock", "Images.lock.lock"];

/// What `clean` is told.
#[derive(Debug, Clone)]
pub struct CleanOptions {
    /// The caches: target/images.
    pub cache: Utf8PathBuf,
    /// Whether the built-in engine's images go as well.
    pub store: bool,
    /// Whether anything is removed.
    pub execute: bool,
}

/// A file or folder that goes, or would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// How many files it has, or 1, and their size.
    pub size: Swept,
}

/// Measures what can go, and removes it where it is asked to.
///
/// # Errors
/// A file cannot be read, locked or removed; an interrupt.
pub fn clean(
    options: &CleanOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Vec<Cleaned>, Error> {
    let cache = &options.cache;
    let locks = if options.execute { hold(cache, cancel, reporter)? } else { Vec::new() };
    let mut cleaned = Vec::new();
    for path in entries(cache)?.into_iter().filter(|path| !stays(path, options.store)) {
        if cancel.is_interrupted() {
            return Err(Error::Interrupted);
        }
        let size = measure(&path)?;
        if options.execute {
            context::discard(&path).map_err(Error::io("cannot remove", &path))?;
        }
        cleaned.push(Cleaned { path, size });
    }
    drop(locks);
    Ok(cleaned)
}

/// What is in a folder, sorted; nothing where there is none.
fn entries(folder: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Error> {
    let found = match folder.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.map_err(Error::io("cannot read", folder))?,
    };
    let paths = found.map(|entry| entry.map(camino::Utf8DirEntry::into_path));
    let mut paths = paths.collect::<io::Result<Vec<_>>>().map_err(Error::io("cannot read", folder))?;
    paths.sort();
    Ok(paths)
}

fn stays(path: &Utf8Path, with_store: bool) -> bool {
    let name = path.file_name().unwrap_or_default();
    let is_store = STORE.contains(&name);
    (is_store && !with_store)
        || name.ends_with(".lock")
        || ["release", "test-runs"].contains(&name)
        || References::PATH.ends_with(&format!("/{name}"))
}

/// How many files there are below a path, and their size. Links are not followed.
fn measure(path: &Utf8Path) -> Result<Swept, Error> {
    let mut size = Swept::default();
    let mut waiting = VecDeque::from([path.to_owned()]);
    while let Some(next) = waiting.pop_front() {
        let data = match next.symlink_metadata() {
            // Somebody else removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            data => data.map_err(Error::io("cannot read", &next))?,
        };
        if data.is_dir() {
            waiting.extend(entries(&next)?);
        } else {
            size.files += 1;
            size.bytes += data.len();
        }
    }
    Ok(size)
}

/// Takes all locks, and waits for whoever has one. In this order, which is that of those who take several.
fn hold(cache: &Utf8Path, cancel: &Cancel, reporter: &dyn Reporter) -> Result<Vec<File>, Error> {
    let of_stores = entries(cache)?.into_iter().filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.ends_with(".lock") && !MOMENTARY.contains(&name)
    });
    let release = cache.join("release/lock");
    let all = [release].into_iter().chain(entries(&cache.join("test-runs"))?).chain(of_stores);
    let waiting = || reporter.event(&Event::Waiting);
    let mut held = Vec::new();
    for path in all.filter(|path| path.is_file()) {
        held.push(wait_lock::take(&path, cancel, &waiting)?.0);
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::Mutex;

    use images_engine::threads;

    use super::*;

    /// Counts waits.
    #[derive(Default)]
    struct Waits(Mutex<usize>);

    impl Reporter for Waits {
        fn event(&self, event: &Event) {
            assert!(matches!(event, Event::Waiting));
            *self.0.lock().unwrap() += 1;
        }
    }

    /// A folder of caches with these files, each of five bytes.
    fn cache(files: &[&str]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(folder.path()).unwrap().join("target/images");
        for file in files {
            let path = cache.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "12345").unwrap();
        }
        (folder, cache)
    }

    fn run(cache: &Utf8Path, store: bool, execute: bool) -> Vec<(String, usize, u64)> {
        let options = CleanOptions { cache: cache.to_owned(), store, execute };
        let cleaned = clean(&options, &Cancel::default(), &Waits::default()).unwrap();
        let told = |entry: Cleaned| {
            let name = entry.path.strip_prefix(cache).unwrap().to_string();
            (name, entry.size.files, entry.size.bytes)
        };
        cleaned.into_iter().map(told).collect()
    }

    fn left(cache: &Utf8Path) -> Vec<String> {
        entries(cache).unwrap().iter().map(|path| path.file_name().unwrap().to_owned()).collect()
    }

    const FILES: [&str; 10] = [
        "stage/1/a/b",
        "stage/1/c",
        "stat-cache",
        "saved/blobs/1",
        "oci/blobs/1",
        "oci-layers/1",
        "release/journal.json",
        "references.toml",
        "docker-unix.lock",
        "test-runs/run",
    ];
    const STAYING: [&str; 4] = ["docker-unix.lock", "references.toml", "release", "test-runs"];

    #[test]
    fn caches_go_and_images_releases_references_and_locks_stay() {
        let (_folder, cache) = cache(&FILES);
        let expected = [("saved", 1, 5), ("stage", 2, 10), ("stat-cache", 1, 5)];
        let expected = expected.map(|(name, files, bytes)| (name.to_owned(), files, bytes));
        assert_eq!(run(&cache, false, false), expected);
        assert_eq!(left(&cache).len(), 9, "nothing went");
        assert_eq!(run(&cache, false, true), expected);
        let images = ["docker-unix.lock", "oci", "oci-layers", "references.toml", "release", "test-runs"];
        assert_eq!(left(&cache), images);
        assert_eq!(run(&cache, false, true), []);
    }

    #[test]
    fn the_built_in_engines_images_go_where_that_is_asked_for() {
        let (_folder, cache) = cache(&FILES);
        assert_eq!(run(&cache, true, true).len(), 5);
        assert_eq!(left(&cache), STAYING);
    }

    #[test]
    fn without_caches_there_is_nothing_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(folder.path()).unwrap().join("target/images");
        assert_eq!(run(&cache, true, true), []);
        assert!(!cache.exists());
    }

    #[test]
    fn links_are_not_followed_and_folders_may_be_closed() {
        let (folder, cache) = cache(&["stage/1/a", "stage/2/b"]);
        let outside = folder.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "precious").unwrap();
        symlink(&outside, cache.join("stage/link")).unwrap();
        symlink(&outside, cache.join("linked")).unwrap();
        fs::set_permissions(cache.join("stage/1"), fs::Permissions::from_mode(0o500)).unwrap();
        let cleaned = run(&cache, true, true);
        assert_eq!(
            cleaned.iter().map(|(name, files, _)| (name.as_str(), *files)).collect::<Vec<_>>(),
            [("linked", 1), ("stage", 3)]
        );
        assert_eq!(left(&cache), [""; 0]);
        assert!(outside.join("file").exists());
    }

    #[test]
    fn a_running_build_is_waited_for() {
        let (_folder, cache) = cache(&FILES);
        let lock = File::options().write(true).open(cache.join("docker-unix.lock")).unwrap();
        lock.lock().unwrap();
        let (waits, options) =
            (Waits::default(), CleanOptions { cache: cache.clone(), store: false, execute: true });
        threads::beside(
            || {
                while *waits.0.lock().unwrap() == 0 {
                    std::thread::yield_now();
                }
                assert!(cache.join("stage").exists(), "nothing goes while the build runs");
                lock.unlock().unwrap();
            },
            || clean(&options, &Cancel::default(), &waits).unwrap(),
        );
        assert_eq!((*waits.0.lock().unwrap(), cache.join("stage").exists()), (1, false));
    }
}
