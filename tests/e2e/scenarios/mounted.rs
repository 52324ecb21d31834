//! A workspace of its own whose xtask mounts the tool: `examples/workspace`, as it stands.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use images_tests::program::{Output, run};

use super::Bench;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/workspace")
}

/// Runs cargo there, as a user does. What is compiled for this repository is not compiled again: both have the same
/// profile, and one folder for what lies between sources and programs.
fn cargo(bench: &Bench, words: &[&str]) -> Output {
    let between = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let mut command = Command::new(env!("CARGO"));
    let environment = bench.docker.as_ref().map_or(bench.engine.environment(), |docker| &docker.environment);
    command.args(words).current_dir(examples()).env_clear().envs(environment);
    command.env("CARGO_BUILD_BUILD_DIR", between).env("IMAGES_ENGINE", "builtin");
    run(&mut command)
}

pub(super) fn another_workspace_builds_its_image_by_its_own_xtask(bench: &Bench) {
    let images = |words: &[&str]| cargo(bench, &[&["xtask", "images"], words].concat());
    // Its Cargo.lock has to follow this repository's crates: only then does it build without the network.
    cargo(bench, &["build", "--locked", "--quiet", "--package", "xtask"]).ok();
    assert_eq!(images(&["check"]).ok(), "");
    assert_eq!(images(&["tree"]).ok(), "web:0.3.0\n");
    images(&["build"]).ok();
    let again = images(&["build"]);
    assert_eq!(again.code(), 0, "{}", again.stderr);
    assert!(again.stderr.contains("Finished nothing to build, the image is fresh"), "{}", again.stderr);
}

pub(super) fn its_tests_start_the_image_by_its_reference(bench: &Bench) {
    cargo(bench, &["xtask", "images", "build"]).ok();
    cargo(bench, &["xtask", "images", "load", "--to", "docker"]).ok();
    let tested = cargo(bench, &["test", "--package", "acceptance", "--test", "web"]).ok();
    assert!(tested.contains("test web_says_which_image_it_is ... ok"), "{tested}");
}
