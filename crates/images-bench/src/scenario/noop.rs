//! `build` when nothing changed.

use crate::bench::{Bench, nothing};
use crate::engines::empty;
use crate::table::Results;
use crate::workspace::{Shape, Workspace};

/// How many images bake is given at most: it takes a minute for 300.
const BAKE: usize = 100;

/// A tree in which each image has four children.
pub(super) fn tree(bench: &Bench, images: usize, results: &mut Results) -> Result<(), String> {
    let what = format!("no-op, {images} images, {} files", images * 21);
    let workspace = bench.workspace(&format!("noop-{images}"), Shape::Tree(4), images)?;
    let own = measure(bench, &workspace, &what, results)?;
    if images == 1000 {
        results.at_most("no-op, 1,000 images", own.0, 0.3, " s");
        results.at_most("no-op, 1,000 images, peak memory", own.1, 64.0, " MiB");
    }
    if images <= BAKE {
        let bake = bake(bench, &workspace, &what, own.0, results)?;
        if images == 100 {
            results.at_least("no-op, 100 images: bake takes so much longer", bake / own.0, 50.0, " ×");
        }
    }
    empty(bench.docker()?);
    Ok(())
}

/// 1,000 images in a chain, and 1,000 that stand on one.
pub(super) fn shapes(bench: &Bench, results: &mut Results) -> Result<(), String> {
    for (name, shape) in [("chain", Shape::Chain), ("fan", Shape::Fan)] {
        let workspace = bench.workspace(name, shape, 1000)?;
        measure(bench, &workspace, &format!("no-op, {name} of 1000 images"), results)?;
        empty(bench.docker()?);
    }
    Ok(())
}

/// Seconds and MiB.
fn measure(
    bench: &Bench,
    workspace: &Workspace,
    what: &str,
    results: &mut Results,
) -> Result<(f64, f64), String> {
    bench.make_fresh(workspace)?;
    let command = bench.images(&workspace.folder, &["build", "--workspace"]);
    let measured = bench.measure(bench.runs, &command, nothing)?;
    results.row(what, "images build", measured, None);
    #[allow(clippy::cast_precision_loss, reason = "a number of KiB is far below 2^52")]
    Ok((measured.1.wall.as_secs_f64(), measured.1.peak as f64 / 1024.0))
}

/// Seconds.
fn bake(
    bench: &Bench,
    workspace: &Workspace,
    what: &str,
    own: f64,
    results: &mut Results,
) -> Result<f64, String> {
    let mut command = bench.docker()?.command();
    command.args(["buildx", "bake"]).current_dir(&workspace.folder);
    bench.measure(1, &command, nothing)?;
    let measured = bench.measure(3, &command, nothing)?;
    results.row(what, "docker buildx bake", measured, Some(std::time::Duration::from_secs_f64(own)));
    Ok(measured.1.wall.as_secs_f64())
}
