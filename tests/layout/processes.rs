//! Several processes work on one layout.

use std::process::{Child, Stdio};

use images_tests::workspace::Workspace;

use crate::{build, manifest};

fn start(workspace: &Workspace, image: &str) -> Child {
    let mut command = workspace.command(&["build", image, "--engine", "builtin"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
fn end(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn workspace(images: usize) -> (Workspace, Vec<String>) {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    let names: Vec<String> = (0..images).map(|number| format!("image{number}")).collect();
    for name in &names {
        workspace.image(name, "FROM scratch\nCOPY own shared /\n");
        workspace.write(&format!("images/{name}/own"), name);
        workspace.write(&format!("images/{name}/shared"), &"shared".repeat(10_000));
    }
    (workspace, names)
}

#[test]
fn different_images_at_once_are_all_there_afterwards() {
    let (workspace, names) = workspace(6);
    let children: Vec<Child> = names.iter().map(|name| start(&workspace, name)).collect();
    children.into_iter().for_each(end);
    for name in &names {
        assert_eq!(manifest(&workspace, &workspace.name(name))["layers"].as_array().unwrap().len(), 1);
    }
    assert_eq!(build(&workspace), 0, "all are fresh");
}

#[test]
fn the_same_image_at_once_is_one() {
    let (workspace, names) = workspace(1);
    let children: Vec<Child> = (0..4).map(|_| start(&workspace, &names[0])).collect();
    children.into_iter().for_each(end);
    assert_eq!(crate::history(&workspace), 1, "one built it, the others found it");
    assert_eq!(build(&workspace), 0);
}

#[test]
fn what_one_builds_again_leaves_the_others_as_they_are() {
    let (workspace, names) = workspace(4);
    build(&workspace);
    let before: Vec<_> = names.iter().map(|name| manifest(&workspace, &workspace.name(name))).collect();
    for name in &names {
        workspace.write(&format!("images/{name}/own"), &format!("new {name}"));
    }
    let children: Vec<Child> = names[..2].iter().map(|name| start(&workspace, name)).collect();
    children.into_iter().for_each(end);
    let changed = |at: usize| manifest(&workspace, &workspace.name(&names[at])) != before[at];
    assert_eq!([0, 1, 2, 3].map(changed), [true, true, false, false]);
}
