use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use rustix::fs::lstat;

use super::*;
use crate::context::file::Content;
use crate::context::stat_cache::Fingerprint;

/// A hash that no file has, so whoever sees it did not read the file.
const REMEMBERED: [u8; 32] = [7; 32];

fn cache_file(repository: &Repository) -> Utf8PathBuf {
    repository.path("target/images/stat-cache")
}

fn load(repository: &Repository) -> StatCache {
    StatCache::load(&cache_file(repository))
}

/// Remembers [`REMEMBERED`] of a file, as if it had been at rest for long.
fn remember(cache: &StatCache, repository: &Repository, path: &str) {
    let stat = lstat(repository.path(path).as_str()).unwrap();
    let later = SystemTime::now() + Duration::from_secs(3600);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folder = cache.folder(folder.to_owned());
    let content = Content { size: stat.st_size.cast_unsigned(), hash: REMEMBERED };
    folder.record(name, Fingerprint::of(&stat), content, later);
    cache.learn(folder);
}

/// A repository with a saved cache that remembers all of these files.
fn remembered(files: &[&str]) -> Repository {
    let repository = Repository::with(files);
    let cache = load(&repository);
    for file in files {
        remember(&cache, &repository, file);
    }
    cache.save().unwrap();
    repository
}

/// The hash of the only file in a folder.
fn hash_in(ask: &Ask, cache: &StatCache) -> [u8; 32] {
    let context = ask.read_with(cache).unwrap();
    let hashes = context.entries.iter().filter_map(|entry| match entry.kind {
        EntryKind::File { hash, .. } => Some(hash),
        _ => None,
    });
    let hashes: Vec<_> = hashes.collect();
    assert_eq!(hashes.len(), 1);
    hashes[0]
}

#[test]
fn a_file_that_did_not_change_is_not_read() {
    let repository = remembered(&["app/a"]);
    assert_eq!(hash_in(&repository.ask("app"), &load(&repository)), REMEMBERED);
    assert_eq!(hash_in(&repository.ask("app"), &StatCache::disabled()), hash_of("app/a"));
}

#[test]
fn a_joined_file_that_did_not_change_is_not_read() {
    let repository = remembered(&["other/a", "b/c/d"]);
    repository.folder("app");
    let cache = load(&repository);
    assert_eq!(hash_in(&repository.ask("app").join("other/a", "x"), &cache), REMEMBERED);
    assert_eq!(hash_in(&repository.ask("app").join("b", "x"), &cache), REMEMBERED);
}

#[test]
fn new_content_of_equal_size_and_time_is_read() {
    let repository = remembered(&["app/a"]);
    let path = repository.path("app/a");
    let before = fs::metadata(&path).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    fs::write(&path, "app/b").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!((before.size(), before.mtime_nsec()), (after.size(), after.mtime_nsec()));
    assert_eq!(hash_in(&repository.ask("app"), &load(&repository)), hash_of("app/b"));
}

#[test]
fn another_file_in_its_place_is_read() {
    let repository = remembered(&["app/a"]);
    repository.write("b", "app/b");
    fs::rename(repository.path("b"), repository.path("app/a")).unwrap();
    assert_eq!(hash_in(&repository.ask("app"), &load(&repository)), hash_of("app/b"));
}

#[test]
fn a_young_file_is_not_remembered() {
    let repository = Repository::with(&["app/a"]);
    let cache = load(&repository);
    repository.ask("app").read_with(&cache).unwrap();
    cache.save().unwrap();
    assert!(!cache_file(&repository).exists());
}

#[test]
fn a_file_that_was_at_rest_is_remembered() {
    let repository = Repository::with(&["app/a"]);
    std::thread::sleep(Duration::from_millis(2100));
    let cache = load(&repository);
    let context = repository.ask("app").read_with(&cache).unwrap();
    cache.save().unwrap();
    let stat = lstat(repository.path("app/a").as_str()).unwrap();
    let remembered = load(&repository).folder("app".to_owned()).hash("a", &Fingerprint::of(&stat));
    assert_eq!(remembered, Some(hash_of("app/a")));
    assert_eq!(repository.ask("app").read_with(&load(&repository)).unwrap(), context);
}

#[test]
fn a_file_without_news_is_not_written() {
    let repository = remembered(&["app/a"]);
    let inode = || fs::metadata(cache_file(&repository)).unwrap().ino();
    let before = inode();
    let cache = load(&repository);
    repository.ask("app").read_with(&cache).unwrap();
    cache.save().unwrap();
    assert_eq!(inode(), before);
    remember(&cache, &repository, "app/a");
    cache.save().unwrap();
    assert_ne!(inode(), before);
}

#[test]
fn no_damage_to_the_file_is_an_error() {
    let repository = remembered(&["app/a"]);
    let whole = fs::read(cache_file(&repository)).unwrap();
    let hash_with = |bytes: &[u8]| {
        fs::write(cache_file(&repository), bytes).unwrap();
        hash_in(&repository.ask("app"), &load(&repository))
    };
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert_eq!(hash_with(&damaged), hash_of("app/a"), "byte {at}");
        assert_eq!(hash_with(&whole[..at]), hash_of("app/a"), "{at} bytes");
    }
    assert_eq!(hash_with(&whole), REMEMBERED);
    fs::remove_file(cache_file(&repository)).unwrap();
    assert_eq!(hash_in(&repository.ask("app"), &load(&repository)), hash_of("app/a"));
}

/// Which of these files the saved cache remembers; they need not be there any more.
fn known(repository: &Repository, files: &[(&str, Fingerprint)]) -> Vec<String> {
    let cache = load(repository);
    let is_known = |(path, fingerprint): &&(&str, Fingerprint)| {
        let (folder, name) = path.rsplit_once('/').unwrap();
        cache.folder(folder.to_owned()).hash(name, fingerprint).is_some()
    };
    files.iter().filter(is_known).map(|(path, _)| (*path).to_owned()).collect()
}

#[test]
fn what_is_gone_is_forgotten_and_what_was_not_visited_is_kept() {
    let files = ["app/a", "app/b", "app/c/d", "other/e", "removed/f"];
    let repository = remembered(&files);
    let fingerprint = |path| Fingerprint::of(&lstat(repository.path(path).as_str()).unwrap());
    let fingerprints = files.map(|path| (path, fingerprint(path)));
    assert_eq!(known(&repository, &fingerprints), files);
    fs::remove_file(repository.path("app/a")).unwrap();
    fs::remove_dir_all(repository.path("app/c")).unwrap();
    fs::remove_dir_all(repository.path("removed")).unwrap();
    let cache = load(&repository);
    repository.ask("app").sources(&["b"]).read_with(&cache).unwrap();
    cache.save().unwrap();
    assert_eq!(known(&repository, &fingerprints), ["app/b", "other/e"]);
}

#[test]
fn folders_that_hold_no_source_are_not_entered() {
    let files = ["a/b/c", "a/x/y", "z/b"];
    for sources in [&["a/b"][..], &["a/b*"], &["a/[b]/c"], &["a/b/c", "a/b"], &["[a]/b*"]] {
        let repository = remembered(&files);
        let fingerprint = |path| Fingerprint::of(&lstat(repository.path(path).as_str()).unwrap());
        let fingerprints = files.map(|path| (path, fingerprint(path)));
        // Who lists a folder forgets the files that are gone from it.
        repository.write("a/b/c", "new");
        fs::remove_file(repository.path("a/x/y")).unwrap();
        fs::remove_file(repository.path("z/b")).unwrap();
        let cache = load(&repository);
        repository.ask("").sources(sources).read_with(&cache).unwrap();
        remember(&cache, &repository, "a/b/c");
        cache.save().unwrap();
        assert_eq!(known(&repository, &fingerprints), ["a/x/y", "z/b"], "{sources:?}");
    }
}

#[test]
fn nothing_is_kept_of_a_folder_without_files() {
    let repository = remembered(&["app/a"]);
    fs::remove_file(repository.path("app/a")).unwrap();
    let cache = load(&repository);
    repository.ask("app").read_with(&cache).unwrap();
    cache.save().unwrap();
    let magic_and_checksum = 16 + 32;
    assert_eq!(fs::metadata(cache_file(&repository)).unwrap().len(), magic_and_checksum);
}

#[test]
fn a_repository_that_moved_is_remembered() {
    let repository = remembered(&["app/a"]);
    let cache = load(&repository);
    fs::rename(repository.path("app"), repository.path("../app")).unwrap();
    let moved = repository.path("../moved");
    fs::create_dir(&moved).unwrap();
    fs::rename(repository.path("../app"), moved.join("app")).unwrap();
    let mut ask = repository.ask("app");
    (ask.folder, ask.repository) = (moved.join("app"), moved);
    ask.folder = ask.folder.canonicalize_utf8().unwrap();
    ask.repository = ask.repository.canonicalize_utf8().unwrap();
    assert_eq!(hash_in(&ask, &cache), REMEMBERED);
}

#[test]
fn nothing_is_written_when_nothing_shall_be_remembered() {
    let repository = Repository::with(&["app/a"]);
    let cache = StatCache::disabled();
    remember(&cache, &repository, "app/a");
    cache.save().unwrap();
    assert_eq!(hash_in(&repository.ask("app"), &cache), hash_of("app/a"));
    assert!(!repository.path("target").exists());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads of a test")]
fn threads_share_a_cache() {
    let files: Vec<_> = (0..200).map(|at| format!("app{}/f{at}", at % 10)).collect();
    let files: Vec<_> = files.iter().map(String::as_str).collect();
    let repository = Repository::with(&files);
    let cache = load(&repository);
    std::thread::scope(|scope| {
        for part in files.chunks(50) {
            let (cache, repository) = (&cache, &repository);
            scope.spawn(move || part.iter().for_each(|file| remember(cache, repository, file)));
        }
    });
    cache.save().unwrap();
    let cache = load(&repository);
    for at in 0..10 {
        let context = repository.ask(&format!("app{at}")).read_with(&cache).unwrap();
        let is_remembered = |entry: &Entry| matches!(entry.kind, EntryKind::File { hash: REMEMBERED, .. });
        assert!(context.entries.iter().all(is_remembered));
        assert_eq!(context.entries.len(), 20);
    }
}
