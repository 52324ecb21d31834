use super::*;

#[test]
fn what_joins_is_added_after_dockerignore_with_its_parents() {
    let repository = Repository::with(&["app/a", "LICENSE", "built/hello", "more/x/y", "more/z"]);
    repository.mode("built/hello", 0o750);
    let ask = repository.ask("app").ignore("*").join("LICENSE", "LICENSE");
    let ask = ask.join("built/hello", "artifacts/bin/hi").join("more", "./m");
    assert_eq!(
        ask.lines(),
        [
            "644 LICENSE 7 f150acc9",
            "755 artifacts/",
            "755 artifacts/bin/",
            "755 artifacts/bin/hi 11 e3266222",
            "755 m/",
            "755 m/x/",
            "644 m/x/y 8 4b06941a",
            "644 m/z 6 4e50c912",
        ]
    );
}

#[test]
fn a_joined_folder_may_share_folders_with_the_context() {
    let repository = Repository::with(&["app/a/b", "other/a/c", "third/d"]);
    let ask = repository.ask("app").join("other", ".").join("third", "a");
    assert_eq!(ask.paths(), ["a/", "a/b", "a/c", "a/d"]);
}

#[test]
fn a_joined_file_may_hide_nothing() {
    let repository = Repository::with(&["app/a", "app/b/c", "other", "folder/c"]);
    let hidden = |ask: Ask| match ask.error() {
        ContextError::Hidden { to } => to,
        other => panic!("{other:?}"),
    };
    assert_eq!(hidden(repository.ask("app").join("other", "a")), "a");
    assert_eq!(hidden(repository.ask("app").join("other", "b")), "b");
    assert_eq!(hidden(repository.ask("app").join("folder", "a")), "a");
    assert_eq!(hidden(repository.ask("app").join("folder", "b")), "b/c");
    assert_eq!(hidden(repository.ask("app").join("other", "a/x")), "a");
    assert_eq!(hidden(repository.ask("app").join("other", "x").join("folder/c", "x")), "x");
}

#[test]
fn a_joined_file_may_take_the_place_of_an_ignored_one() {
    let repository = Repository::with(&["app/a", "other"]);
    assert_eq!(repository.ask("app").ignore("a").join("other", "a").lines(), ["644 a 5 3f796163"]);
}

#[test]
fn only_what_the_sources_reach_joins() {
    let repository = Repository::with(&["app/a", "built/x", "built/y", "more/z"]);
    let ask = repository.ask("app").join("built/x", "bin/x").join("built/y", "bin/y").join("more", "more");
    assert_eq!(ask.clone().sources(&["bin/x"]).paths(), ["bin/", "bin/x"]);
    assert_eq!(ask.clone().sources(&["bin"]).paths(), ["bin/", "bin/x", "bin/y"]);
    assert_eq!(ask.clone().sources(&["b*/?"]).paths(), ["bin/", "bin/x", "bin/y"]);
    assert_eq!(ask.clone().sources(&["more/z", "a"]).paths(), ["a", "more/", "more/z"]);
    let ContextError::MissingSource { ignored, nearest, .. } = ask.sources(&["bin/c"]).error() else {
        panic!()
    };
    assert_eq!((ignored, nearest.as_deref()), (false, Some("bin/x")));
}

#[test]
fn joined_links_are_stored_and_may_not_lead_out() {
    let repository = Repository::with(&["app/a", "other/b"]);
    repository.link("other/link", "b");
    assert_eq!(repository.ask("app").join("other", "o").paths(), ["a", "o/", "o/b", "o/link"]);
    repository.link("other/out", "../../x");
    let ContextError::EscapingLink { path, target } = repository.ask("app").join("other", "o").error() else {
        panic!()
    };
    assert_eq!((path.as_str(), target.as_str()), ("o/out", "../../x"));
}

#[test]
fn what_joins_from_outside_the_repository_stays_in_its_folder() {
    let (repository, built) = (Repository::with(&["a"]), Repository::with(&["bin/hello"]));
    built.link("bin/link", "hello");
    let ask = repository.ask("").join(built.path("bin"), "bin");
    assert_eq!(ask.paths(), ["a", "bin/", "bin/hello", "bin/link"]);
    built.link("bin/out", "../x");
    assert!(matches!(ask.error(), ContextError::EscapingLink { path, .. } if path == "bin/out"));
}

#[test]
fn places_outside_the_context_or_the_repository_are_errors() {
    let repository = Repository::with(&["app/a", "b"]);
    for to in ["../x", "x/../../y", "/x"] {
        let error = repository.ask("app").join("b", to).error();
        assert!(matches!(error, ContextError::Outside { path } if path == to), "{to}");
    }
    fs::create_dir(repository.path("../elsewhere")).unwrap();
    fs::write(repository.path("../elsewhere/secret"), "s").unwrap();
    repository.link("out", "../elsewhere");
    let error = repository.ask("app").join("out/secret", "s").error();
    assert!(matches!(error, ContextError::Outside { .. }));
}

#[test]
fn a_joined_file_that_is_not_there_is_missing() {
    let repository = Repository::with(&["app/a"]);
    let ask = repository.ask("app").join("nothing", "x");
    assert!(matches!(ask.error(), ContextError::Io { path, .. } if path == "x"));
}
