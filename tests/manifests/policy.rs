//! `check` and the policy: a violation is a check that failed, not a manifest that is wrong.

use snapbox::{assert_data_eq, str};

use crate::workspace;

#[test]
fn a_violation_is_shown_at_its_line_and_ends_with_1() {
    let workspace = workspace();
    workspace.settings("policy = { forbid-root = true, forbidden-tags = [\"latest\"] }\n");
    workspace.image("app", "FROM debian\nRUN true\nUSER 0\n");
    let checked = workspace.run(&["check", "--workspace"]);
    assert_eq!((checked.code(), checked.stdout.as_str()), (1, ""));
    assert_data_eq!(
        checked.stderr,
        str![[r#"
warning: `docker.io/library/debian:latest` is not in Images.lock
 --> images/app/Dockerfile:1:6
  |
1 | FROM debian
  |      ^^^^^^ not locked
  |
  = help: the next build adds it, or `cargo xtask images update`
error: the policy forbids the tag `latest`
 --> images/app/Dockerfile:1:6
  |
1 | FROM debian
  |      ^^^^^^ means `latest`
  |
  = help: name the version that is meant

error: the policy forbids root, and `app` runs as root
 --> images/app/Dockerfile:3:6
  |
3 | USER 0
  |      ^ the user is `0`
  |
  = help: add `USER` with a name or a number other than 0, or list `app` under `root-allowed` in [workspace.metadata.images.policy]

"#]]
    );
    let sarif = workspace.run(&["check", "--workspace", "--message-format", "sarif"]);
    assert_eq!(sarif.code(), 1);
    assert!(sarif.stdout.contains("\"ruleId\": \"policy::forbid-root\""), "{}", sarif.stdout);
}

#[test]
fn a_violation_beside_a_manifest_that_is_wrong_ends_with_2() {
    let workspace = workspace();
    workspace.settings("policy.forbid-root = true\n");
    workspace.image("app", "FROM scratch\nCOPY missing /\n");
    let checked = workspace.run(&["check", "--workspace"]);
    assert_eq!(checked.code(), 2);
    assert!(checked.stderr.contains("the policy forbids root"), "{}", checked.stderr);
    assert!(checked.stderr.contains("missing"), "{}", checked.stderr);
}

#[test]
fn only_what_is_selected_is_judged_and_a_build_is_not() {
    let workspace = workspace();
    workspace.settings("policy.forbid-root = true\n");
    workspace.image("app", "FROM scratch\nCOPY a /\n");
    workspace.image("good", "FROM {ns}/app\nUSER 1\n");
    workspace.write("images/app/a", "");
    workspace.run(&["check", "good"]).ok();
    workspace.run(&["build", "--workspace"]).ok();
}
