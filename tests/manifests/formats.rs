//! `check --message-format`: the same findings for people, programs and GitHub.

use images_tests::workspace::Workspace;
use serde_json::{Value, json};

use crate::workspace;

/// A reference that leads nowhere, and an argument that goes nowhere.
fn faulty() -> Workspace {
    let workspace = workspace();
    workspace
        .write("images/python/Image.toml", "[image]\nversion = \"3.8.5\"\n\n[args]\nSUITE = \"buster\"\n");
    workspace.write("images/python/Dockerfile", "FROM scratch\n");
    workspace.image("flask", "# é\nFROM acme/python:3.7.4\n");
    workspace
}

const HELP: &str = "there are: 3.8.5; `cargo xtask images bump --fix -x` moves the reference there";

#[test]
fn json_has_an_object_for_each_finding_and_one_at_the_end() {
    let checked = faulty().run(&["check", "--workspace", "--message-format", "json"]);
    assert_eq!(checked.code(), 2);
    let lines: Vec<Value> = checked.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines,
        [
            json!({
                "event": "diagnostic", "level": "warning", "rule": "argument",
                "message": "argument `SUITE` is not declared by the Dockerfile",
                "path": "images/python/Image.toml", "span": {"start": 42, "end": 50, "line": 5},
                "help": "add `ARG SUITE` to images/python/Dockerfile",
            }),
            json!({
                "event": "diagnostic", "level": "error", "rule": "reference",
                "message": "`python` has no version `3.7.4`",
                "path": "images/flask/Dockerfile", "span": {"start": 10, "end": 27, "line": 2},
                "help": HELP,
            }),
            json!({"event": "finished", "success": false, "errors": 1, "warnings": 1}),
        ]
    );
    assert!(checked.stderr.contains("error: `python` has no version `3.7.4`"), "{}", checked.stderr);
}

/// Moves the workspace into a folder of a repository.
fn below_a_repository(workspace: &Workspace) {
    let root = workspace.path().join("docker");
    std::fs::create_dir_all(workspace.path().join(".git")).expect("the folder is ours");
    std::fs::create_dir_all(&root).expect("the folder is ours");
    for name in ["Cargo.toml", "images"] {
        std::fs::rename(workspace.path().join(name), root.join(name)).expect("the folder is ours");
    }
}

#[test]
fn a_build_is_annotated_with_paths_of_the_repository() {
    let workspace = workspace();
    workspace.image("app", "FROM scratch\nRUN true\n");
    below_a_repository(&workspace);
    let args = [
        "build",
        "--message-format",
        "github",
        "--manifest-path",
        "docker/Cargo.toml",
        "--engine",
        "builtin",
    ];
    let built = workspace.run(&args);
    assert_eq!(built.code(), 3);
    assert_eq!(
        built.stdout,
        "::error file=docker/images/app/Dockerfile,line=2::app:1.0.0: \
         the built-in engine runs no commands, so it cannot do RUN\n"
    );
    workspace.write("docker/images/app/Dockerfile", "FROM acme/ap\n");
    let refused = workspace.run(&args);
    assert_eq!(refused.code(), 2);
    assert_eq!(
        refused.stdout,
        "::error file=docker/images/app/Dockerfile,line=1,endLine=1,col=6,endColumn=13,title=reference::\
         no image of this workspace is named `ap`%0Ahelp: did you mean `acme/app`?\n"
    );
}

#[test]
fn github_gets_annotations_with_paths_of_the_repository() {
    let workspace = faulty();
    below_a_repository(&workspace);
    let args = ["check", "--workspace", "--message-format", "github", "--manifest-path", "docker/Cargo.toml"];
    let checked = workspace.run(&args);
    assert_eq!(checked.code(), 2);
    assert_eq!(
        checked.stdout.lines().collect::<Vec<_>>(),
        [
            "::warning file=docker/images/python/Image.toml,line=5,endLine=5,col=9,endColumn=17,title=argument::\
             argument `SUITE` is not declared by the Dockerfile%0A\
             help: add `ARG SUITE` to images/python/Dockerfile",
            "::error file=docker/images/flask/Dockerfile,line=2,endLine=2,col=6,endColumn=23,title=reference::\
             `python` has no version `3.7.4`%0Ahelp: there are: 3.8.5; `cargo xtask images bump --fix -x` moves the reference there",
        ]
    );
}

#[test]
fn sarif_has_a_result_for_each_finding_errors_first() {
    let checked = faulty().run(&["check", "--workspace", "--message-format", "sarif"]);
    assert_eq!(checked.code(), 2);
    let document: Value = serde_json::from_str(&checked.stdout).unwrap();
    let results = document["runs"][0]["results"].as_array().unwrap();
    let told = |result: &Value| (result["ruleId"].clone(), result["level"].clone());
    assert_eq!(
        results.iter().map(told).collect::<Vec<_>>(),
        [(json!("reference"), json!("error")), (json!("argument"), json!("warning"))]
    );
    assert_eq!(
        results[0]["locations"][0]["physicalLocation"],
        json!({
            "artifactLocation": {"uri": "images/flask/Dockerfile", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 23},
        })
    );
}

#[test]
fn a_check_that_finds_nothing_is_an_empty_document() {
    let workspace = workspace();
    workspace.image("base", "FROM scratch\n");
    let checked = workspace.run(&["check", "--workspace", "--message-format", "sarif"]);
    let document: Value = serde_json::from_str(&checked.ok()).unwrap();
    assert_eq!(document["runs"][0]["results"], json!([]));
    let checked = workspace.run(&["check", "--workspace", "--message-format", "github"]);
    assert_eq!((checked.stderr.as_str(), checked.stdout.as_str()), ("     Checked 1 image\n", ""));
}
