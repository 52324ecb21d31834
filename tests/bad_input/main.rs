//! Input that is wrong: one clear error each, with its place and the next step, before any engine is called.

use images_tests::workspace::Workspace;
use snapbox::{assert_data_eq, str};

/// What the tool refuses with, after it was made sure that it exits with 2 and has called no engine.
#[track_caller]
fn refusal(workspace: &Workspace) -> String {
    let refused = workspace.run(&["build", "--workspace"]);
    assert_eq!(workspace.calls(), "", "an engine was called");
    assert_eq!((refused.code(), refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
    said(workspace, &refused.stderr)
}

/// The text with what differs from run to run replaced.
fn said(workspace: &Workspace, text: &str) -> String {
    let root = workspace.path().canonicalize().expect("the workspace is there");
    text.replace(&root.display().to_string(), "[ROOT]").replace(&workspace.namespace, "acme")
}

fn workspace() -> Workspace {
    let workspace =
        Workspace::with_broken_engines(env!("CARGO_BIN_EXE_images"), "this engine is not to be called");
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "data");
    workspace
}

#[test]
fn unknown_key() {
    let workspace = workspace();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\nlicence = \"MIT\"\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn unknown_setting() {
    let workspace = workspace();
    workspace.settings("registri = \"ghcr.io\"\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn missing_dockerfile() {
    let workspace = workspace();
    workspace
        .write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\ndockerfile = \"Containerfile\"\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn version_that_is_no_legal_tag() {
    let workspace = workspace();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0 beta\"\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn two_images_of_one_name() {
    let workspace = workspace();
    workspace.image("other", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/other/data", "data");
    workspace.write("images/other/Image.toml", "[image]\nname = \"base\"\nversion = \"2.0.0\"\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn two_variants_with_one_tag() {
    let workspace = workspace();
    let variants = "[image]\n\n[[variant]]\nversion = \"3.11.2\"\n\n[[variant]]\nversion = \"3.11.2\"\nargs = { A = \"b\" }\n";
    workspace.write("images/base/Image.toml", variants);
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn reference_to_a_version_that_does_not_exist() {
    let workspace = workspace();
    workspace.image("app", "FROM {ns}/base:1.1\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn misspelt_member() {
    let workspace = workspace();
    workspace.image("app", "# The application.\nFROM {ns}/bsae:1.0\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn misspelt_spec_on_the_command_line() {
    let workspace = workspace();
    let refused = workspace.run(&["build", "bsae"]);
    assert_eq!((refused.code(), workspace.calls().as_str()), (2, ""));
    assert_data_eq!(said(&workspace, &refused.stderr), str![]);
}

#[test]
fn cycle() {
    let workspace = workspace();
    workspace.image("one", "FROM {ns}/two\n");
    workspace.image("two", "FROM {ns}/base AS x\nCOPY --from={ns}/three /data /data\n");
    workspace.image("three", "FROM {ns}/one\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn image_that_stands_on_itself() {
    let workspace = workspace();
    workspace.image("one", "FROM {ns}/one\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn context_outside_of_the_repository() {
    let workspace = workspace();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\ncontext = \"../../..\"\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn copy_of_a_file_that_is_not_there() {
    let workspace = workspace();
    workspace.image("base", "FROM scratch\nCOPY data \\\n    dta /\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn copy_of_a_file_that_is_ignored() {
    let workspace = workspace();
    workspace.write("images/base/.dockerignore", "*.md\nda*\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn bad_ignore_pattern() {
    let workspace = workspace();
    workspace.write("images/base/.dockerignore", "# these\n*.md\n[a-\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn unexpanded_variable_in_from() {
    let workspace = workspace();
    workspace.image("app", "FROM {ns}/base:$VERSION\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn broken_dockerfile() {
    let workspace = workspace();
    workspace.image("app", "FROM {ns}/base\nCOPY data\n");
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn secret_without_a_value() {
    let workspace = workspace();
    workspace.write(
        "images/base/Image.toml",
        "[image]\nversion = \"1.0.0\"\n\n[secrets]\ntoken = { env = \"NO_SUCH_TOKEN\" }\n",
    );
    assert_data_eq!(refusal(&workspace), str![]);
}

#[test]
fn no_engine() {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\n");
    let refused = workspace.run(&["build", "--workspace"]);
    assert_eq!(refused.code(), 3, "{}", refused.stderr);
    assert_data_eq!(said(&workspace, &refused.stderr), str![]);
}

#[test]
fn engine_that_answers_with_an_error() {
    let says = "Cannot connect to the daemon. Is it running?";
    let workspace = Workspace::with_broken_engines(env!("CARGO_BIN_EXE_images"), says);
    workspace.image("base", "FROM scratch\n");
    for engine in ["docker", "podman", "buildah"] {
        let refused = workspace.run(&["build", "--workspace", "--engine", engine]);
        assert_eq!(refused.code(), 3, "{}", refused.stderr);
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
        let calls = workspace.calls();
        assert!(calls.lines().count() >= 1 && calls.lines().all(|call| call.starts_with(engine)), "{calls}");
    }
}
