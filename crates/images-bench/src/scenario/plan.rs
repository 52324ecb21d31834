//! `plan` when nothing is known: no hashes, no images.

use crate::bench::{Bench, forget};
use crate::table::Results;
use crate::workspace::Shape;

const WHAT: &str = "plan, 1,000 images, nothing cached";

pub(super) fn run(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let workspace = bench.workspace("plan", Shape::Tree(4), 1000)?;
    let command = bench.images(&workspace.folder, &["plan", "--workspace"]);
    let measured = bench.measure(bench.runs, &command, |_| forget(&workspace.folder))?;
    results.row(WHAT, "images plan", measured, None);
    results.at_most(WHAT, measured.1.wall.as_secs_f64(), 1.0, " s");
    Ok(())
}
