use super::*;
use crate::context::selection::{Reach, Selection};

const FILES: &[&str] = &["a.txt", "b.md", "src/lib.rs", "src/bin/main.rs", "web/index.html", "web/css/a.css"];

fn selected(sources: &[&str]) -> Vec<String> {
    Repository::with(FILES).ask("").sources(sources).paths()
}

#[test]
fn only_sources_and_their_parents_are_in_the_context() {
    assert_eq!(selected(&["a.txt"]), ["a.txt"]);
    assert_eq!(selected(&["src"]), ["src/", "src/bin/", "src/bin/main.rs", "src/lib.rs"]);
    assert_eq!(selected(&["src/bin/main.rs"]), ["src/", "src/bin/", "src/bin/main.rs"]);
    assert_eq!(selected(&["b.md", "web/css"]), ["b.md", "web/", "web/css/", "web/css/a.css"]);
    assert_eq!(selected(&[]), Vec::<String>::new());
}

#[test]
fn a_name_that_begins_like_a_source_is_not_it() {
    let repository = Repository::with(&["src/a", "src2/b", "sr/c"]);
    assert_eq!(repository.ask("").sources(&["src"]).paths(), ["src/", "src/a"]);
}

#[test]
fn the_root_as_a_source_is_everything() {
    let all = ["a.txt", "b.md", "src/", "src/bin/", "src/bin/main.rs", "src/lib.rs"];
    let all = [&all[..], &["web/", "web/css/", "web/css/a.css", "web/index.html"]].concat();
    assert_eq!(selected(&["."]), all);
    assert_eq!(selected(&["a.txt", "."]), all);
    assert_eq!(selected(&["[a", "a.txt"]), all, "a pattern that cannot be read decides nothing");
}

#[test]
fn a_pattern_stops_at_slashes_and_brings_whole_folders() {
    assert_eq!(selected(&["*.txt"]), ["a.txt"]);
    assert_eq!(selected(&["*.rs"]), Vec::<String>::new());
    assert_eq!(selected(&["s*"]), ["src/", "src/bin/", "src/bin/main.rs", "src/lib.rs"]);
    assert_eq!(selected(&["*/*.html"]), ["web/", "web/index.html"]);
    assert_eq!(selected(&["web/c*"]), ["web/", "web/css/", "web/css/a.css"]);
    assert_eq!(selected(&["s[r]c/lib*"]), ["src/", "src/lib.rs"]);
    assert_eq!(selected(&["[^x]*/lib.rs"]), ["src/", "src/lib.rs"]);
}

#[test]
fn only_folders_that_may_hold_a_source_lie_on_the_way() {
    let repository = Repository::new();
    let reach =
        |source: &str, path| Selection::of(&repository.ask("").sources(&[source]).sources).reach(path);
    for (source, path, expected) in [
        ("a/b", "a", Reach::Toward),
        ("a/b", "a/b", Reach::Source),
        ("a/b", "a/b/c", Reach::Apart),
        ("a/b", "a/x", Reach::Apart),
        ("a/b", "z", Reach::Apart),
        ("a/b*", "a", Reach::Toward),
        ("a/b*", "z", Reach::Apart),
        ("a/b*", "a/bc", Reach::Source),
        ("a/b*", "a/bc/d", Reach::Apart),
        ("*/b", "z", Reach::Toward),
        ("*/b", "z/c", Reach::Apart),
        ("*/b", "z/c/b", Reach::Apart),
        ("a/?/c", "a/x", Reach::Toward),
        ("a/?/c", "a/xx", Reach::Apart),
        ("a/[bc]/d", "a/b", Reach::Toward),
        ("a/[bc]/d", "a/x", Reach::Apart),
        ("a/[^x]/d", "a", Reach::Toward),
        ("a/[^x]/d", "a/x/y/z", Reach::Toward),
        ("a/[^x]/d", "b", Reach::Apart),
        ("ab[^x]d", "a", Reach::Apart),
        ("ab[^x]d", "ab", Reach::Toward),
        ("ab[^x]d", "ab/d", Reach::Source),
        ("ab[^x]d", "abc", Reach::Toward),
        ("ab\\/d", "ab", Reach::Toward),
        ("ab\\/d", "ab/d", Reach::Source),
    ] {
        assert_eq!(reach(source, path), expected, "{source} {path}");
    }
}

#[test]
fn a_source_that_is_missing_is_an_error_at_its_span() {
    let repository = Repository::with(FILES);
    match repository.ask("").sources(&["a.txt", "srd/lib.rs", "other"]).error() {
        ContextError::MissingSource { span, path, ignored, nearest } => {
            assert_eq!((span, path.as_str(), ignored), (1..2, "srd/lib.rs", false));
            assert_eq!(nearest.as_deref(), Some("src/lib.rs"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(repository.ask("").sources(&["missing*", "a.txt"]).paths(), ["a.txt"]);
    assert!(matches!(
        repository.ask("").sources(&[".", "other"]).error(),
        ContextError::MissingSource { ignored: false, .. }
    ));
    assert!(matches!(
        repository.ask("").sources(&["a.txt/x"]).error(),
        ContextError::MissingSource { ignored: false, .. }
    ));
}

#[test]
fn a_source_that_is_ignored_is_missing() {
    let repository = Repository::with(FILES);
    match repository.ask("").ignore("a.txt\nsrc").sources(&["a.txt"]).error() {
        ContextError::MissingSource { span, ignored, .. } => assert_eq!((span, ignored), (0..1, true)),
        other => panic!("{other:?}"),
    }
    let excepted = repository.ask("").ignore("src\n!src/bin").sources(&["src"]);
    assert_eq!(excepted.paths(), ["src/", "src/bin/", "src/bin/main.rs"]);
}

#[test]
fn messages_say_what_is_missing() {
    let repository = Repository::with(FILES);
    let message = |ask: Ask| ask.error().to_string();
    assert_eq!(message(repository.ask("").sources(&["x"])), "`x` is not in the context");
    assert_eq!(
        message(repository.ask("").ignore("a.txt").sources(&["a.txt"])),
        "`a.txt` is not in the context: `.dockerignore` excludes it"
    );
}
