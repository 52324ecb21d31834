//! What a person waits for in this repository, cargo's own work included.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::{Bench, nothing};
use crate::table::Results;

/// The repository that this program was built from.
fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

fn cargo(bench: &Bench, folder: &Path, args: &[&str]) -> Command {
    let environment = bench.images(folder, &[]);
    let mut command = Command::new("cargo");
    command.arg("xtask").args(args).current_dir(folder).env_clear();
    command.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// From typing the command to the prompt, when nothing changed.
pub(super) fn prompt(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let folder = repository();
    bench.docker()?;
    let what = "this repository, nothing changed";
    let build = cargo(bench, &folder, &["images", "build"]);
    bench.measure(2, &build, nothing)?;
    let measured = bench.measure(bench.runs, &build, nothing)?;
    results.row(what, "cargo xtask images build", measured, None);
    let alone = bench.measure(bench.runs, &cargo(bench, &folder, &["--help"]), nothing)?;
    results.row(what, "cargo xtask --help", alone, None);
    results.at_most(
        "cargo xtask images build when nothing changed",
        measured.1.wall.as_secs_f64(),
        0.5,
        " s",
    );
    Ok(())
}

/// A clean clone, compiled from nothing.
pub(super) fn clone(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let folder = bench.folder.path().join("clone");
    let mut shell = Command::new("sh");
    let script =
        r#"git clone --quiet "$0" "$1" && cd "$1" && CARGO_TARGET_DIR="$1/target" cargo xtask images list"#;
    shell.args(["-ec", script]).arg(repository()).arg(&folder).env_clear();
    let environment = bench.images(bench.folder.path(), &[]);
    shell.envs(environment.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let measured = bench.measure(1, &shell, nothing)?;
    let what = "a clean clone, the registry's packages downloaded";
    results.row(what, "cargo xtask images list", measured, None);
    let goal = "a clean clone to the end of cargo xtask images list";
    results.at_most(goal, measured.1.wall.as_secs_f64(), 60.0, " s");
    Ok(())
}
