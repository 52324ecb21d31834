use super::*;

#[test]
fn links_are_stored_and_never_followed() {
    let repository = Repository::with(&["app/a/b", "other/c"]);
    repository.link("app/folder", "a");
    repository.link("app/outer", "../other");
    repository.link("app/dangling", "./nowhere//x");
    repository.link("app/absolute", repository.path("other").as_str());
    assert_eq!(
        repository.ask("app").lines(),
        [
            "755 a/".to_owned(),
            "644 a/b 7 6dacf01b".to_owned(),
            format!("777 absolute -> {}", repository.path("other")),
            "777 dangling -> ./nowhere//x".to_owned(),
            "777 folder -> a".to_owned(),
            "777 outer -> ../other".to_owned(),
        ]
    );
}

#[test]
fn a_link_out_of_the_repository_is_an_error_that_names_it() {
    for target in ["/etc/passwd", "../../../x", "../../../repository2", "a/../../../../x", "/"] {
        let repository = Repository::with(&["app/a/b"]);
        repository.link("app/a/link", target);
        let ContextError::EscapingLink { path, target: told } = repository.ask("app").error() else {
            panic!()
        };
        assert_eq!((path.as_str(), told.as_str()), ("a/link", target));
        assert_eq!(repository.ask("app").ignore("**/link").paths(), ["a/", "a/b"]);
        assert_eq!(repository.ask("app").sources(&["a/b"]).paths(), ["a/", "a/b"]);
    }
    let repository = Repository::with(&["app/a/b"]);
    repository.link("app/a/link", "../..");
    assert_eq!(repository.ask("app").paths(), ["a/", "a/b", "a/link"]);
}

#[test]
fn a_source_that_leads_through_a_link_brings_the_whole_context() {
    let repository = Repository::with(&["real/file", "other/x"]);
    repository.link("link", "real");
    repository.link("other/file", "../real/file");
    let all = ["link", "other/", "other/file", "other/x", "real/", "real/file"];
    for sources in [&["link/file"][..], &["link"], &["other/file"], &["l*/file"], &["li*"], &["[l]*/x"]] {
        assert_eq!(repository.ask("").sources(sources).paths(), all, "{sources:?}");
    }
    assert_eq!(repository.ask("").sources(&["other", "other/file"]).paths(), all);
}

#[test]
fn a_link_inside_a_source_is_stored_alone() {
    let repository = Repository::with(&["real/file", "other/x"]);
    repository.link("other/file", "../real/file");
    assert_eq!(repository.ask("").sources(&["other"]).paths(), ["other/", "other/file", "other/x"]);
}

#[test]
fn a_source_is_missing_though_another_leads_through_a_link() {
    let repository = Repository::with(&["real/file"]);
    repository.link("link", "real");
    let error = repository.ask("").sources(&["link/file", "missing"]).error();
    assert!(matches!(error, ContextError::MissingSource { path, .. } if path == "missing"));
}

#[test]
fn an_ignored_link_is_missing_and_not_followed() {
    let repository = Repository::with(&["real/file", "other"]);
    repository.link("link", "real");
    let error = repository.ask("").ignore("link").sources(&["link/file"]).error();
    assert!(matches!(error, ContextError::MissingSource { ignored: true, .. }));
}
