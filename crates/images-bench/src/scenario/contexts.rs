//! One image whose context is large.

use std::fs::File;

use crate::bench::{Bench, forget, nothing};
use crate::engines::empty;
use crate::table::Results;
use crate::workspace::Shape;

/// 100,000 small files.
pub(super) fn many_files(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let what = "one image with 100,000 files";
    let workspace = bench.workspace_with("many-files", Shape::Chain, 1, 100_000)?;
    let plan = bench.images(&workspace.folder, &["plan", "--workspace"]);
    let planned = bench.measure(3, &plan, |_| forget(&workspace.folder))?;
    results.row(&format!("{what}: nothing cached"), "images plan", planned, None);
    bench.make_fresh(&workspace)?;
    let build = bench.images(&workspace.folder, &["build", "--workspace"]);
    let fresh = bench.measure(bench.runs, &build, nothing)?;
    results.row(&format!("{what}: no-op"), "images build", fresh, None);
    let docker = bench.docker()?;
    let clean = |_| {
        empty(docker);
        forget(&workspace.folder)
    };
    let mut plain = docker.command();
    plain.args(["build", "--tag", "localhost/bench-many-files/plain:1"]).arg(workspace.image_folder(0));
    let plain = bench.measure(1, &plain, clean)?;
    let own = bench.measure(1, &build, clean)?;
    results.row(&format!("{what}: from nothing"), "images build", own, Some(plain.1.wall));
    results.row(&format!("{what}: from nothing"), "docker build", plain, None);
    empty(docker);
    Ok(())
}

/// One sparse file of 2 GiB.
pub(super) fn large_file(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let what = "one image with a file of 2 GiB, from nothing";
    let docker = bench.docker()?;
    let workspace = bench.workspace("large-file", Shape::Chain, 1)?;
    let large = workspace.image_folder(0).join("files/large");
    let written = File::create(&large).and_then(|file| file.set_len(2 << 30));
    written.map_err(|error| format!("{}: {error}", large.display()))?;
    let build = bench.images(&workspace.folder, &["build", "--workspace"]);
    let own = bench.measure(1, &build, |_| {
        empty(docker);
        forget(&workspace.folder)
    })?;
    results.row(what, "images build", own, None);
    #[allow(clippy::cast_precision_loss, reason = "a number of KiB is far below 2^52")]
    results.at_most("a file of 2 GiB: peak memory", own.1.peak as f64 / 1024.0, 128.0, " MiB");
    empty(docker);
    Ok(())
}
