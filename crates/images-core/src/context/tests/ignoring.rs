use super::*;

#[test]
fn ignored_files_are_not_in_the_context() {
    let repository = Repository::with(&["a.txt", "a.log", "b/c.log", "b/d.txt", "logs/e"]);
    assert_eq!(
        repository.ask("").ignore("*.log\nlogs").paths(),
        ["a.txt", "b/", "b/c.log", "b/d.txt"],
        "a pattern without a slash is for the root alone"
    );
    assert_eq!(repository.ask("").ignore("**/*.log\nlogs").paths(), ["a.txt", "b/", "b/d.txt"]);
}

#[test]
fn an_excluded_folder_excludes_what_is_in_it() {
    let repository = Repository::with(&["a/b/c", "d"]);
    assert_eq!(repository.ask("").ignore("a").paths(), ["d"]);
}

#[test]
fn an_exception_below_an_excluded_folder_brings_its_parents() {
    let repository = Repository::with(&["a/b/c", "a/b/d", "a/e/f", "g"]);
    assert_eq!(repository.ask("").ignore("a\n!a/b/c").paths(), ["a/", "a/b/", "a/b/c", "g"]);
    assert_eq!(repository.ask("").ignore("*\n!a/e").paths(), ["a/", "a/e/", "a/e/f"]);
}

#[test]
fn an_exception_that_meets_nothing_brings_no_folder() {
    let repository = Repository::with(&["a/b/c", "g"]);
    assert_eq!(repository.ask("").ignore("a\n!a/b/x").paths(), ["g"]);
}

#[test]
fn an_empty_folder_is_an_entry_unless_it_is_excluded() {
    let repository = Repository::new();
    repository.folder("a");
    repository.folder("b/c");
    assert_eq!(repository.ask("").paths(), ["a/", "b/", "b/c/"]);
    assert_eq!(repository.ask("").ignore("a\nb/c").paths(), ["b/"]);
}

#[test]
fn the_last_match_wins() {
    let repository = Repository::with(&["a/b", "a/c"]);
    assert_eq!(repository.ask("").ignore("a\n!a/b\na/b").paths(), Vec::<String>::new());
    assert_eq!(repository.ask("").ignore("a/b\n!a/b").paths(), ["a/", "a/b", "a/c"]);
}

#[test]
fn a_walk_that_selects_sees_what_a_walk_of_everything_sees() {
    let repository = Repository::with(&["a/b/c", "a/b/d", "a/e/f", "g/h"]);
    for ignore in ["a\n!a/b/c", "a/b\n!a/b/d", "**/c", "*\n!a/*/d\n!g"] {
        let all = repository.ask("").ignore(ignore).paths();
        let is_below = |path: &&String| path.starts_with("a/");
        let expected: Vec<_> = all.iter().filter(is_below).collect();
        let ask = repository.ask("").ignore(ignore).sources(&["a*"]);
        assert_eq!(ask.paths().iter().collect::<Vec<_>>(), expected, "{ignore:?}");
    }
}

#[test]
fn nobody_looks_into_excluded_folders_that_cannot_be_opened() {
    if rustix::process::geteuid().is_root() {
        return; // Nothing is closed to root.
    }
    let repository = Repository::with(&["a/b", "c"]);
    repository.mode("a", 0o000);
    let (excluded, excepted) = (repository.ask("").ignore("a"), repository.ask("").ignore("a\n!a/x"));
    let (excluded, excepted, error) = (excluded.paths(), excepted.paths(), repository.ask("").error());
    repository.mode("a", 0o755);
    assert_eq!((excluded, excepted), (vec!["c".to_owned()], vec!["c".to_owned()]));
    assert!(matches!(error, ContextError::Io { path, .. } if path == "a"));
}
