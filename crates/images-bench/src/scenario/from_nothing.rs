//! 100 images when the store is empty and the builder remembers nothing.

use std::process::Command;
use std::time::Duration;

use images_tests::engine::Engine;

use crate::bench::{Bench, forget};
use crate::engines::empty;
use crate::table::Results;
use crate::workspace::{Shape, Workspace};

const WHAT: &str = "100 images from nothing";
const RUNS: usize = 3;

pub(super) fn run(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let docker = bench.docker()?;
    let workspace = bench.workspace("first", Shape::Tree(4), 100)?;
    let clean = |_| {
        empty(docker);
        forget(&workspace.folder)
    };
    let own = bench.images(&workspace.folder, &["build", "--workspace"]);
    let own = bench.measure(RUNS, &own, clean)?;
    let mut bake = docker.command();
    bake.args(["buildx", "bake"]).current_dir(&workspace.folder);
    let bake = bench.measure(RUNS, &bake, clean)?;
    results.row(WHAT, "images build", own, Some(bake.1.wall));
    results.row(WHAT, "docker buildx bake", bake, None);
    let ratio = own.1.wall.as_secs_f64() / bake.1.wall.as_secs_f64();
    results.at_most("100 images from nothing, against bake", ratio, 1.0, " ×");
    in_order(bench, &workspace, docker, bake.1.wall, results)?;
    if let Some(podman) = &bench.engines.podman {
        let mut own = bench.images(&workspace.folder, &["build", "--workspace", "--engine", "podman"]);
        own.env_clear().envs(&podman.environment);
        let own = bench.measure(1, &own, |_| {
            empty(podman);
            forget(&workspace.folder)
        })?;
        results.row(WHAT, "images build, podman", own, None);
        in_order(bench, &workspace, podman, own.1.wall, results)?;
        empty(podman);
    }
    empty(docker);
    Ok(())
}

/// A shell that builds one image after another, parents first.
fn in_order(
    bench: &Bench,
    workspace: &Workspace,
    engine: &Engine,
    against: Duration,
    results: &mut Results,
) -> Result<(), String> {
    let builds = (0..workspace.images).map(|at| {
        let folder = workspace.image_folder(at);
        format!("\"$0\" build --tag {} '{}'", workspace.reference(at), folder.display())
    });
    let script = builds.collect::<Vec<_>>().join("\n");
    let mut shell = Command::new("sh");
    shell.env_clear().envs(&engine.environment).args(["-ec", &script]).arg(&engine.program);
    let measured = bench.measure(1, &shell, |_| {
        empty(engine);
        Ok(())
    })?;
    let who = format!("{} build, one by one", engine.tool.name());
    results.row(WHAT, &who, measured, Some(against));
    Ok(())
}
