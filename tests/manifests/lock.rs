//! Images.lock, without a registry.

use crate::workspace;

#[test]
fn what_is_not_locked_is_not_said_to_be_up_to_date() {
    let workspace = workspace();
    workspace.image("app", "FROM debian:12\n");
    let told = workspace.run(&["outdated"]);
    assert_eq!((told.code(), told.stdout.as_str()), (0, ""));
    assert_eq!(
        told.stderr,
        "     Missing docker.io/library/debian:12 is not in Images.lock; `cargo xtask images update` adds it\n\
         \x20   Finished what is in Images.lock is up to date\n"
    );
    workspace.image("app", "FROM scratch\n");
    assert_eq!(workspace.run(&["outdated"]).stderr, "    Finished Images.lock is up to date\n");
}
