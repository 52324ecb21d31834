//! What a target's image is configured with: its user and its labels.

mod support;

use support::{resolve, resolve_with};

/// The user of the target, `?` if it cannot be known, nothing if there is no `USER`.
fn user(text: &str) -> Option<String> {
    let user = resolve(text).configuration.user?;
    Some(user.name.unwrap_or_else(|| "?".to_owned()))
}

#[test]
fn the_last_user_counts() {
    assert_eq!(user("FROM scratch\n"), None);
    assert_eq!(user("FROM scratch\nUSER app:app\nUSER 0\nRUN x\nUSER  1000 \n").as_deref(), Some("1000"));
}

#[test]
fn variables_of_a_user_are_expanded_as_far_as_they_are_known() {
    assert_eq!(user("FROM scratch\nARG UID=1000\nUSER ${UID}:${GID:-5}\n").as_deref(), Some("1000:5"));
    assert_eq!(user("FROM acme/x\nUSER $APP\n").as_deref(), Some("?"));
    assert_eq!(user("FROM acme/x\nENV APP=app\nUSER $APP\n").as_deref(), Some("app"));
    let given = resolve_with("FROM scratch\nARG UID=0\nUSER $UID\n", &[("UID", "7")], None);
    assert_eq!(given.configuration.user.and_then(|user| user.name).as_deref(), Some("7"));
}

#[test]
fn a_stage_inherits_from_the_stage_that_it_is_based_on_and_from_no_other() {
    let text = "FROM scratch AS a\nUSER a\nLABEL a=1\nFROM scratch AS b\nUSER b\nLABEL b=1\nFROM a\nCOPY --from=b /x /\nLABEL c=1\n";
    let resolution = resolve(text);
    assert_eq!(user(text).as_deref(), Some("a"));
    assert_eq!(resolution.configuration.labels.into_iter().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(resolution.root_stage, 0);
}

#[test]
fn labels_are_read_in_both_forms() {
    let text = "FROM scratch\nARG K=k\nLABEL \"a b\"=1 $K.x=2\nLABEL old value with blanks\n";
    let labels: Vec<_> = resolve(text).configuration.labels.into_iter().collect();
    assert_eq!(labels, ["a b", "k.x", "old"]);
}

#[test]
fn triggers_configure_children_and_not_the_image() {
    let text = "FROM scratch\nONBUILD USER app\nONBUILD LABEL a=1\n";
    let resolution = resolve(text);
    assert_eq!(resolution.configuration, images_dockerfile::Configuration::default());
    assert_eq!(resolution.trigger_configuration.user.and_then(|user| user.name).as_deref(), Some("app"));
    assert_eq!(user("FROM scratch AS a\nONBUILD USER app\nFROM a\n").as_deref(), Some("app"));
}
