//! A build that fails.

use images_tests::workspace::Workspace;

use super::Bench;

const BROKEN: &str = "FROM {ns}/base\n# It prints much, and fails.\nRUN [\"/inmate\", \"say\", \"well\"]\n\
                      RUN [\"/inmate\", \"fail\", \"7\", \"40\"]\n";
const MENDED: &str = "FROM {ns}/base\nRUN [\"/inmate\", \"say\", \"well\"]\n";

/// What fails without that a command runs.
const UNABLE: &str = "FROM {ns}/base\nCOPY --chown=nobody-by-this-name data /data\n";

/// base → broken → child → grandchild, base → sound.
fn workspace(bench: &Bench) -> Workspace {
    let workspace = bench.workspace();
    bench.image(&workspace, "base", "FROM scratch\nCOPY inmate /inmate\n");
    workspace.image("broken", if bench.inmate.is_some() { BROKEN } else { UNABLE });
    workspace.write("images/broken/data", "data");
    workspace.image("child", "FROM {ns}/broken\n");
    workspace.image("grandchild", "FROM {ns}/child\n");
    bench.image(&workspace, "sound", "FROM {ns}/base\nRUN [\"/inmate\", \"say\", \"sound\"]\n");
    workspace
}

fn there(bench: &Bench, workspace: &Workspace) -> Vec<&'static str> {
    let all = ["base", "broken", "child", "grandchild", "sound"];
    let ours = bench.engine.names(&format!("localhost/{}/", workspace.namespace));
    all.into_iter().filter(|name| ours.contains(&workspace.name(name))).collect()
}

pub(super) fn a_failing_run_shows_its_line_and_skips_exactly_its_descendants(bench: &Bench) {
    let workspace = workspace(bench);
    let failed = workspace.run(&["build", "broken", "child", "grandchild"]);
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert_eq!(workspace.built(), ["base", "broken"]);
    assert_eq!(there(bench, &workspace), ["base"]);
    let shown = &failed.stderr;
    for part in [
        "broken:1.0.0",
        "images/broken/Dockerfile:4",
        "RUN [\"/inmate\", \"fail\", \"7\", \"40\"]",
        "line 40",
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
    assert!(!shown.contains("line 1\n"), "only the end of the output is shown:\n{shown}");
    assert!(shown.contains("2 skipped"), "{shown}");

    workspace.image("broken", MENDED);
    workspace.run(&["build", "--workspace", "--jobs", "1"]).ok();
    let mut built = workspace.built();
    built.sort();
    assert_eq!(built, ["broken", "child", "grandchild", "sound"]);
}

pub(super) fn keep_going_builds_what_does_not_depend_on_the_failure(bench: &Bench) {
    let workspace = workspace(bench);
    let failed = workspace.run(&["build", "--workspace", "--keep-going", "--jobs", "1"]);
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert_eq!(there(bench, &workspace), ["base", "sound"]);
    assert!(failed.stderr.contains("2 skipped"), "{}", failed.stderr);
}
