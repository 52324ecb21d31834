//! A workspace as a git checkout.

use std::process::Command;

use crate::program::run;
use crate::workspace::Workspace;

/// Runs git in the workspace's root, without anybody's configuration, and returns what it prints.
///
/// # Panics
/// It fails.
#[track_caller]
pub fn git(workspace: &Workspace, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .current_dir(workspace.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "tester").env(format!("GIT_{who}_EMAIL"), "tester@localhost");
    }
    run(command.args(words)).ok()
}

/// Makes the workspace a checkout with everything committed.
#[track_caller]
pub fn init(workspace: &Workspace) {
    workspace.write(".gitignore", "target/\n");
    git(workspace, &["init", "--quiet"]);
    commit(workspace);
}

/// Commits everything.
#[track_caller]
pub fn commit(workspace: &Workspace) {
    git(workspace, &["add", "--all"]);
    git(workspace, &["commit", "--quiet", "--allow-empty", "--message=x"]);
}
