//! What `clean` removes, and what comes of that.

use std::fs;

use images_tests::workspace::Workspace;
use serde_json::Value;

use crate::workspace;

/// What is under target/images, sorted.
fn caches(workspace: &Workspace) -> Vec<String> {
    let entries = fs::read_dir(workspace.path().join("target/images")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[track_caller]
fn build(workspace: &Workspace) -> String {
    let built = workspace.run(&["build", "--workspace", "--engine", "builtin"]);
    assert_eq!(built.code(), 0, "{}", built.stderr);
    built.stderr
}

const STAYING: [&str; 4] = ["oci", "oci-layers", "oci-layout.lock", "references.lock"];

#[test]
fn caches_go_and_nothing_is_built_again_for_it() {
    let workspace = workspace();
    build(&workspace);
    let before = caches(&workspace);
    let told = workspace.run(&["clean", "--dry-run"]);
    assert_eq!(told.code(), 0, "{told:?}");
    assert!(told.stdout.contains("target/images/logs (1 file, "), "{}", told.stdout);
    assert!(told.stderr.ends_with(" total; nothing was removed\n"), "{}", told.stderr);
    assert_eq!(caches(&workspace), before);

    let told = workspace.run(&["clean"]);
    assert_eq!((told.code(), told.stdout.as_str()), (0, ""), "{told:?}");
    assert!(told.stderr.starts_with("     Removed ") && told.stderr.ends_with(" total\n"), "{}", told.stderr);
    assert_eq!(caches(&workspace), [&STAYING[..], &["references.toml"]].concat());
    assert!(build(&workspace).contains("nothing to build, "));
}

#[test]
fn with_store_the_built_in_engines_images_go_too() {
    let workspace = workspace();
    build(&workspace);
    let told = workspace.run(&["clean", "--store", "--format", "json"]).ok();
    let told: Value = serde_json::from_str(&told).unwrap();
    let paths: Vec<_> = told["paths"].as_array().unwrap().iter().map(|entry| &entry["path"]).collect();
    assert!(paths.contains(&&Value::from("target/images/oci")), "{told}");
    assert_eq!((&told["version"], &told["executed"]), (&1.into(), &true.into()));
    assert_eq!(caches(&workspace), [&STAYING[2..], &["references.toml"]].concat());
    assert!(build(&workspace).contains("Finished 1 built"));
}

#[test]
fn a_workspace_that_is_wrong_or_was_never_built_is_cleaned() {
    let workspace = workspace();
    assert_eq!(workspace.run(&["clean"]).stderr, "     Removed 0 files, 0 B total\n");
    build(&workspace);
    workspace.write("images/base/Image.toml", "wrong");
    assert_eq!(workspace.run(&["clean"]).code(), 0);
    assert!(!caches(&workspace).contains(&"logs".to_owned()));
}

#[test]
fn outside_of_a_workspace_nothing_is_removed() {
    let workspace = workspace();
    fs::remove_file(workspace.path().join("Cargo.toml")).unwrap();
    workspace.write("target/images/logs/x", "x");
    let told = workspace.run(&["clean"]);
    assert_eq!(told.code(), 2, "{told:?}");
    assert!(told.stderr.contains("no Cargo.toml with a [workspace]"), "{}", told.stderr);
    assert_eq!(caches(&workspace), ["logs"]);
}
