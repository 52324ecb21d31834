//! Random folders with random ignore files: what the tool lists, what it builds, and what a plain `docker build` with
//! BuildKit builds, are the same.

use std::fmt::Write;
use std::sync::OnceLock;

use images_tests::archive::Node;
use images_tests::engine::Engine;
use images_tests::machine::namespace_prefix;
use images_tests::random_tree::RandomTree;
use images_tests::workspace::Workspace;

use super::{Bench, Files};

const CASES: u64 = 200;
const DOCKERFILE: &str = "FROM scratch\nCOPY . /\n";

fn name(case: u64) -> String {
    format!("case{case:03}")
}

fn write_cases(workspace: &Workspace) {
    for case in 0..CASES {
        workspace.image(&name(case), DOCKERFILE);
        RandomTree::new(case).write(&workspace.path().join("images").join(name(case)), &name(case));
    }
}

/// What plain builds with buildx bring into each image. They are made once for all engines, two at a time.
fn plain_builds(workspace: &Workspace, buildx: &Engine) -> &'static [Files] {
    static BUILT: OnceLock<Vec<Files>> = OnceLock::new();
    let tag = |case: u64| format!("localhost/{}-plain/{}:1", namespace_prefix(), name(case));
    let build = |case: u64| {
        buildx.plain_build(&workspace.path().join("images").join(name(case)), &tag(case)).ok();
    };
    BUILT.get_or_init(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| (0..CASES).step_by(2).for_each(build));
            (1..CASES).step_by(2).for_each(build);
        });
        let names: Vec<String> = (0..CASES).map(tag).collect();
        let images = buildx.images(&names);
        let mut files: Vec<Files> = names.iter().map(|name| images[name].files.clone()).collect();
        (0..CASES).zip(&mut files).for_each(|(case, files)| fill_emptied(workspace, case, files));
        files
    })
}

/// Gives files their content that a plain build left without. BuildKit lists a context by one function and opens its
/// files by another, which knows less of patterns that match a parent; what the first lists and the second refuses
/// arrives empty. See `Walk` and `Open` in <https://github.com/tonistiigi/fsutil/blob/master/filter.go> and `sendFile` in
/// its `send.go`. No file of these trees is empty by itself.
fn fill_emptied(workspace: &Workspace, case: u64, files: &mut Files) {
    let folder = workspace.path().join("images").join(name(case));
    for (path, node) in files {
        if let Node::File { content, .. } = node
            && content.is_empty()
        {
            *content = std::fs::read(folder.join(path)).expect("the file is in the context");
        }
    }
}

pub(super) fn contexts_and_images_equal_those_of_plain_builds(bench: &Bench) {
    let workspace = bench.workspace();
    write_cases(&workspace);
    let plain = plain_builds(&workspace, bench.docker.as_ref().expect("the scenario needs it"));
    workspace.run(&["build", "--workspace", "--quiet"]).ok();
    let names: Vec<String> = (0..CASES).map(|case| workspace.name(&name(case))).collect();
    let images = bench.engine.images(&names);

    let mut wrong = String::new();
    for (case, (expected, tag)) in (0..CASES).zip(plain.iter().zip(&names)) {
        let ignore = RandomTree::new(case).ignore;
        let listed = workspace.run(&["context", &name(case)]).ok();
        let listed: Vec<&str> = listed.lines().collect();
        let built = bench.files(&images[tag]);
        if built != *expected || listed != paths(expected) {
            let pairs = built.iter().filter_map(|(path, node)| Some((path, node, expected.get(path)?)));
            let differing: Vec<_> = pairs.filter(|(_, built, expected)| built != expected).collect();
            let (built, expected) = (paths(&built), paths(expected));
            let _ = writeln!(
                wrong,
                "{case}:\n{ignore}\nlisted    {listed:?}\nbuilt     {built:?}\nexpected  {expected:?}\n\
                 differing {differing:?}"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn paths(files: &Files) -> Vec<&str> {
    files.keys().map(String::as_str).collect()
}
