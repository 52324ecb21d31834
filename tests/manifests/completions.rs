//! `completions` in a shell that is there wherever these tests run, and `man`.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use images_tests::program::run;
use images_tests::workspace::Workspace;

use crate::workspace;

/// A workspace with a built xtask, and the script.
fn completing() -> Workspace {
    let mut workspace = workspace();
    workspace.with_programs();
    workspace.image("greeter", "FROM scratch\n");
    workspace.write(
        "images/python/Image.toml",
        "[[variant]]\nversion = \"3.11.2\"\n[[variant]]\nversion = \"3.13.5\"\n",
    );
    workspace.write("images/python/Dockerfile", "FROM scratch\n");
    let tool = env!("CARGO_BIN_EXE_images");
    workspace.write("target/debug/xtask", &format!("#!/bin/sh\nshift\nexec '{tool}' \"$@\"\n"));
    let program = workspace.path().join("target/debug/xtask");
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    let script = workspace.run(&["completions", "bash"]).ok();
    workspace.write("target/completions", &script);
    workspace
}

/// What bash would offer at the end of a line, with its words as bash takes them apart.
#[track_caller]
fn offered(workspace: &Workspace, folder: &str, before: &str, words: &[&str]) -> String {
    let program = "source target/completions; cd \"$1\"; shift; COMP_LINE=\"$*\"; COMP_LINE=${COMP_LINE// : /:}; \
                   COMP_POINT=${#COMP_LINE}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                   _cargo_xtask_images cargo; echo \"${COMPREPLY[*]}\"";
    #[expect(clippy::disallowed_methods, reason = "a shell is asked what it would offer")]
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{before}\n{program}"), "bash", folder]).args(words);
    run(command.current_dir(workspace.path()).env_clear().envs(&workspace.environment))
        .ok()
        .trim_end()
        .to_owned()
}

#[test]
fn bash_completes_commands_and_images_behind_the_alias() {
    let workspace = completing();
    let line =
        |words: &[&str]| offered(&workspace, ".", "", &[&["cargo", "xtask", "images"], words].concat());
    assert_eq!(line(&["bu"]), "build bump");
    assert_eq!(line(&["build", "--message-format", "g"]), "github");
    assert_eq!(line(&["build", "gre"]), "greeter");
    assert_eq!(
        line(&["build", "python", ":", "3.1"]),
        "3.11.2 3.13.5",
        "only what is behind the colon is replaced"
    );
    assert_eq!(line(&["build", ""]), "greeter python");
    let toolchain = ["cargo", "+stable", "xtask", "images", "lis"];
    assert_eq!(
        offered(&workspace, "images/python", "", &toolchain),
        "list",
        "from any folder below the root"
    );
}

#[test]
fn bash_leaves_cargo_to_what_completed_it_before() {
    let workspace = completing();
    let before = "_theirs() { COMPREPLY=(theirs); }; complete -F _theirs cargo";
    assert_eq!(offered(&workspace, ".", before, &["cargo", "bu"]), "theirs");
    assert_eq!(offered(&workspace, ".", before, &["cargo", "xtask", "images"]), "theirs");
    assert_eq!(offered(&workspace, ".", before, &["cargo", "xtask", "images", "bui"]), "build");
    assert_eq!(offered(&workspace, ".", "", &["cargo", "bu"]), "");
    assert_eq!(offered(&workspace, "/", "", &["cargo", "xtask", "images", "bu"]), "", "there is no xtask");
}

#[test]
fn the_manual_has_each_command_and_a_page_for_each() {
    let workspace = workspace();
    let page = workspace.run(&["man"]).ok();
    assert!(page.contains("\n.TH cargo-xtask-images 1 "), "{page}");
    assert!(page.contains("\n.SH \"IMAGES EXPORT OCI\"\n"), "{page}");
    assert!(!page.contains("IMAGES COMPLETE\""), "{page}");
    let written = workspace.run(&["man", "pages/man1"]);
    assert_eq!(written.code(), 0, "{}", written.stderr);
    let mut names: Vec<_> = std::fs::read_dir(workspace.path().join("pages/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let sections = page.lines().filter(|line| line.starts_with(".SH \"IMAGES ")).count();
    assert_eq!(names.len(), 1 + sections);
    assert!(names.contains(&"cargo-xtask-images-export-oci.1".to_owned()), "{names:?}");
    let new = std::fs::read_to_string(workspace.path().join("pages/man1/cargo-xtask-images-new.1")).unwrap();
    assert!(new.contains("\\fBcargo xtask images new\\fR"), "{new}");
}
