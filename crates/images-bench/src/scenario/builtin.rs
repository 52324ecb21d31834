//! The built-in engine: 100 images from nothing, and one binary that changed on its way to a registry.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;

use images_tests::machine::start_registry;
use images_tests::program::find;

use crate::bench::{Bench, forget};
use crate::engines::empty;
use crate::table::Results;
use crate::workspace::Shape;

const BUILD: [&str; 4] = ["build", "--workspace", "--engine", "builtin"];

/// 100 images without a RUN instruction when there is nothing yet, beside bake, which has a daemon.
pub(super) fn from_nothing(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let what = "100 images from nothing, built-in";
    let workspace = bench.workspace("builtin", Shape::Tree(4), 100)?;
    let own = bench.images(&workspace.folder, &BUILD);
    let own = bench.measure(bench.runs, &own, |_| forget(&workspace.folder))?;
    let docker = bench.docker()?;
    let mut bake = docker.command();
    bake.args(["buildx", "bake"]).current_dir(&workspace.folder);
    let bake = bench.measure(3, &bake, |_| {
        empty(docker);
        Ok(())
    })?;
    empty(docker);
    let ratio = bake.1.wall.as_secs_f64() / own.1.wall.as_secs_f64();
    results.row(what, "images build --engine builtin", own, None);
    results.row(what, "docker buildx bake", bake, Some(own.1.wall));
    results.at_least("100 images from nothing, built-in: bake takes so much longer", ratio, 20.0, " ×");
    Ok(())
}

/// A binary is linked again: its image is built and pushed to a registry that has the one before.
pub(super) fn relink(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let what = "one binary changed: build, and push to a local registry";
    let program = find("docker-registry").ok_or("it needs docker-registry")?;
    let address = start_registry(&program)?;
    let workspace = bench.workspace("relink", Shape::Chain, 2)?;
    let binary = workspace.image_folder(1).join("files/binary");
    fs::copy(&bench.tool, &binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    let mut shell = Command::new("sh");
    let script = r#""$0" images build --workspace && "$0" images push --workspace"#;
    shell.args(["-ec", script]).arg(&bench.tool).current_dir(&workspace.folder).env_clear();
    let environment = bench.images(&workspace.folder, &[]);
    shell.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.envs([("IMAGES_ENGINE", "builtin"), ("IMAGES_REGISTRY", &address)]);
    bench.measure(1, &shell, |_| Ok(()))?;
    let measured = bench.measure(bench.runs, &shell, |_| {
        let mut file = OpenOptions::new().append(true).open(&binary).map_err(|error| error.to_string())?;
        file.write_all(b"linked again").map_err(|error| error.to_string())
    })?;
    results.row(what, "images build, then images push", measured, None);
    let goal = "one binary changed: built and pushed";
    results.at_most(goal, measured.1.wall.as_secs_f64(), 1.0, " s");
    Ok(())
}
