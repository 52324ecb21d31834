use super::*;

fn suggestion(ask: Ask) -> Option<String> {
    match ask.error() {
        ContextError::MissingSource { nearest, .. } => nearest,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_nearest_name_in_the_folder_is_suggested() {
    let repository = Repository::with(&["requirements.txt", "src/main.rs", "src/lib.rs", "docs/a"]);
    let suggestion = |source| suggestion(repository.ask("").sources(&[source]));
    assert_eq!(suggestion("requirement.txt").as_deref(), Some("requirements.txt"));
    assert_eq!(suggestion("src/mian.rs").as_deref(), Some("src/main.rs"));
    assert_eq!(suggestion("scr/main.rs").as_deref(), Some("src/main.rs"));
    assert_eq!(suggestion("scr/other.rs"), None);
    assert_eq!(suggestion("nothing-alike"), None);
    assert_eq!(suggestion("../x"), None);
}

#[test]
fn ignored_names_are_not_suggested() {
    let repository = Repository::with(&["main.rs", "main.rc"]);
    let ask = repository.ask("").sources(&["main.rx"]);
    assert_eq!(suggestion(ask.clone().ignore("main.rc")).as_deref(), Some("main.rs"));
    assert_eq!(suggestion(ask.ignore("main.rs")).as_deref(), Some("main.rc"));
}
