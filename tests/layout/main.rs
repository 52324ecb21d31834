//! The built-in engine's layout, from the command line: how its layers are compressed, what becomes of damage and of
//! hostile images in it, and several processes at once. Nothing needs an engine or a network.

// All of this is tests, though no harness says so.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod bases;
mod compression;
mod damage;
mod gc;
mod hostile;
mod processes;

use std::fs;
use std::path::{Path, PathBuf};

use images_tests::workspace::Workspace;
use serde_json::Value;

/// A workspace with one image, `base`, of one file.
fn workspace() -> Workspace {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "data");
    workspace
}

/// Runs a build of everything, which must succeed, and returns how many images it built.
#[track_caller]
fn build(workspace: &Workspace) -> usize {
    let before = history(workspace);
    workspace.run(&["build", "--workspace", "--engine", "builtin"]).ok();
    history(workspace) - before
}

fn history(workspace: &Workspace) -> usize {
    fs::read_to_string(workspace.path().join("target/images/builds.jsonl"))
        .unwrap_or_default()
        .lines()
        .count()
}

fn layout(workspace: &Workspace) -> PathBuf {
    workspace.path().join("target/images/oci")
}

fn blob(workspace: &Workspace, descriptor: &Value) -> PathBuf {
    layout(workspace).join("blobs").join(descriptor["digest"].as_str().unwrap().replace(':', "/"))
}

/// What `index.json` has by this name.
fn named(workspace: &Workspace, name: &str) -> Value {
    let index = json(&layout(workspace).join("index.json"));
    let manifests = index["manifests"].as_array().unwrap().clone();
    let is_it = |entry: &Value| entry["annotations"]["org.opencontainers.image.ref.name"] == name;
    manifests.into_iter().find(is_it).unwrap_or_else(|| panic!("{name} is not in {index}"))
}

/// The name of a base by the digest that it is locked by.
fn locked(workspace: &Workspace, base: &str) -> String {
    let text = fs::read_to_string(workspace.path().join("Images.lock")).unwrap();
    let (_, entry) = text.split_once(&format!("reference = \"{base}\"\ndigest = \"")).unwrap();
    let (digest, _) = entry.split_once('"').unwrap();
    let (repository, _) = base.rsplit_once(':').unwrap();
    format!("{repository}@{digest}")
}

/// The manifest by this name.
fn manifest(workspace: &Workspace, name: &str) -> Value {
    json(&blob(workspace, &named(workspace, name)))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
