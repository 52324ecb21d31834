//! `build` when one file of one image changed, on which nothing stands.

use std::fs;

use crate::bench::Bench;
use crate::engines::empty;
use crate::table::Results;
use crate::workspace::Shape;

const WHAT: &str = "one leaf changed among 1,000";

pub(super) fn run(bench: &Bench, results: &mut Results) -> Result<(), String> {
    let docker = bench.docker()?;
    let workspace = bench.workspace("leaf", Shape::Tree(4), 1000)?;
    bench.make_fresh(&workspace)?;
    let edit = |text: String| {
        let file = workspace.file_of_leaf();
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))
    };
    let mut plain = docker.command();
    plain.args(["build", "--tag", "localhost/bench-leaf/plain:1"]).arg(workspace.image_folder(999));
    let peer = bench.measure(bench.runs, &plain, |run| edit(format!("plain {run}\n")))?;
    let own = bench.images(&workspace.folder, &["build", "--workspace"]);
    let own = bench.measure(bench.runs, &own, |run| edit(format!("ours {run}\n")))?;
    results.row(WHAT, "images build", own, Some(peer.1.wall));
    results.row(WHAT, "docker build of it", peer, None);
    let ratio = own.1.wall.as_secs_f64() / peer.1.wall.as_secs_f64();
    results.at_most("one leaf changed among 1,000, against one plain build", ratio, 1.5, " ×");
    empty(docker);
    Ok(())
}
