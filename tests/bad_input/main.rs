//! Input that is wrong: one clear error each, with its place and the next step, before any engine is called.

mod since;
mod testing;

use images_tests::workspace::Workspace;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

/// An engine with an empty store, that can do nothing else.
const EMPTY_STORE: &str = "[ \"$1\" = images ] && echo '[]'";

/// What the tool refuses with, after it was made sure that it exits with 2 and has not called an engine, but for its
/// store's listing, which is made while the contexts are read.
#[track_caller]
fn refusal(workspace: &Workspace) -> String {
    let refused = workspace.run(&["build", "--workspace"]);
    let calls = workspace.calls();
    let only_lists = calls.lines().all(|call| call.split(' ').nth(1) == Some("images"));
    assert!(only_lists, "an engine was called: {calls}");
    assert_eq!((refused.code(), refused.stdout.as_str()), (2, ""), "{}", refused.stderr);
    said(workspace, &refused.stderr)
}

/// The text with what differs from run to run replaced.
fn said(workspace: &Workspace, text: &str) -> String {
    let root = workspace.path().canonicalize().expect("the workspace is there");
    let parent = root.parent().expect("it is in a temporary folder");
    text.replace(&root.display().to_string(), "[ROOT]").replace(&parent.display().to_string(), "[PARENT]")
}

fn workspace() -> Workspace {
    let workspace = Workspace::with_scripted_engines(env!("CARGO_BIN_EXE_images"), EMPTY_STORE);
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "data");
    workspace
}

#[test]
fn unknown_key() {
    let workspace = workspace();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\nlicence = \"MIT\"\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: unknown key `licence`
 --> images/base/Image.toml:3:1
  |
3 | licence = "MIT"
  | ^^^^^^^ not a key that exists here
  |
  = help: did you mean `licenses`? allowed here: name, version, description, authors, licenses, source, documentation, url, vendor, dockerfile, context, target, platforms, publish, aliases, modes

"#]]
    );
}

#[test]
fn unknown_setting() {
    let workspace = workspace();
    workspace.settings("registri = \"ghcr.io\"\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: unknown key `registri`
 --> Cargo.toml:8:1
  |
8 | registri = "ghcr.io"
  | ^^^^^^^^ not a key that exists here
  |
  = help: did you mean `registry`? allowed here: members, exclude, default-members, registry, namespace, external, image, labels, platforms, engine, compression, policy

"#]]
    );
}

#[test]
fn missing_dockerfile() {
    let workspace = workspace();
    workspace
        .write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\ndockerfile = \"Containerfile\"\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: there is no images/base/Containerfile
 --> images/base/Image.toml:3:14
  |
3 | dockerfile = "Containerfile"
  |              ^^^^^^^^^^^^^^^ this image has no Dockerfile
  |
  = help: create it, or name another with `dockerfile` under [image]

"#]]
    );
}

#[test]
fn version_that_is_no_legal_tag() {
    let workspace = workspace();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0 beta\"\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: `1.0 beta` is no version
 --> images/base/Image.toml:2:11
  |
2 | version = "1.0 beta"
  |           ^^^^^^^^^^ a tag cannot have ' ' here
  |
  = help: a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them

"#]]
    );
}

#[test]
fn two_images_of_one_name() {
    let workspace = workspace();
    workspace.image("other", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/other/data", "data");
    workspace.write("images/other/Image.toml", "[image]\nname = \"base\"\nversion = \"2.0.0\"\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: two images are named `base`
 --> images/other/Image.toml:2:8
  |
2 | name = "base"
  |        ^^^^^^ also in images/base/Image.toml
  |
  = help: give one of them another `name`

"#]]
    );
}

#[test]
fn two_variants_with_one_tag() {
    let workspace = workspace();
    let variants = "[image]\n\n[[variant]]\nversion = \"3.11.2\"\n\n[[variant]]\nversion = \"3.11.2\"\nargs = { A = \"b\" }\n";
    workspace.write("images/base/Image.toml", variants);
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: two variants of `base` have the tag `3.11.2`
 --> images/base/Image.toml:7:11
  |
7 | version = "3.11.2"
  |           ^^^^^^^^ the second one
  |
  = help: tell them apart by `version` or `suffix`

"#]]
    );
}

#[test]
fn reference_to_a_version_that_does_not_exist() {
    let workspace = workspace();
    workspace.image("app", "FROM {ns}/base:1.1\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: `base` has no version `1.1`
 --> images/app/Dockerfile:1:6
  |
1 | FROM acme/base:1.1
  |      ^^^^^^^^^^^^^ no variant meets this tag
  |
  = help: there are: 1.0.0; `cargo xtask images bump --fix -x` moves the reference there

"#]]
    );
}

#[test]
fn misspelt_member() {
    let workspace = workspace();
    workspace.image("app", "# The application.\nFROM {ns}/bsae:1.0\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: no image of this workspace is named `bsae`
 --> images/app/Dockerfile:2:6
  |
2 | FROM acme/bsae:1.0
  |      ^^^^^^^^^^^^^ `acme` is ours, so it is never pulled
  |
  = help: did you mean `acme/base`?

"#]]
    );
}

#[test]
fn misspelt_spec_on_the_command_line() {
    let workspace = workspace();
    let refused = workspace.run(&["build", "bsae"]);
    assert_eq!((refused.code(), workspace.calls().as_str()), (2, ""));
    assert_data_eq!(
        said(&workspace, &refused.stderr),
        str![[r#"
error: no image of this workspace is named `bsae`
 |
 = help: did you mean `base`?

"#]]
    );
}

#[test]
fn cycle() {
    let workspace = workspace();
    workspace.image("one", "FROM {ns}/two\n");
    workspace.image("two", "FROM {ns}/base AS x\nCOPY --from={ns}/three /data /data\n");
    workspace.image("three", "FROM {ns}/one\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: images stand on each other in a cycle: one:1.0.0 → two:1.0.0 → three:1.0.0 → one:1.0.0
 --> images/one/Dockerfile:1:6
  |
1 | FROM acme/two
  |      ^^^^^^^^ closes the cycle
  |
  = help: take one of these references away

"#]]
    );
}

#[test]
fn image_that_stands_on_itself() {
    let workspace = workspace();
    workspace.image("one", "FROM {ns}/one\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: `one:1.0.0` stands on itself
 --> images/one/Dockerfile:1:6
  |
1 | FROM acme/one
  |      ^^^^^^^^ refers to the image that it is for
  |
  = help: take one of these references away

"#]]
    );
}

#[test]
fn context_outside_of_the_repository() {
    let workspace = workspace();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\ncontext = \"../../..\"\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: the context is outside of the repository
 --> images/base/Image.toml:3:11
  |
3 | context = "../../.."
  |           ^^^^^^^^^^ leads to [PARENT]
  |
  = help: a context stays inside [ROOT]; bring single files in with [[input]]

"#]]
    );
}

#[test]
fn copy_of_a_file_that_is_not_there() {
    let workspace = workspace();
    workspace.image("base", "FROM scratch\nCOPY data \\\n    dta /\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: `dta` is not in the context
 --> images/base/Dockerfile:3:5
  |
3 |     dta /
  |     ^^^ not there
  |
  = help: did you mean `data`?

"#]]
    );
}

#[test]
fn copy_of_a_file_that_is_ignored() {
    let workspace = workspace();
    workspace.write("images/base/.dockerignore", "*.md\nda*\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: `data` is not in the context: `.dockerignore` excludes it
 --> images/base/Dockerfile:2:6
  |
2 | COPY data /data
  |      ^^^^ ignored
  |
  = help: take it out of .dockerignore, or add an exception with `!`

"#]]
    );
}

#[test]
fn bad_ignore_pattern() {
    let workspace = workspace();
    workspace.write("images/base/.dockerignore", "# these\n*.md\n[a-\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: this is no pattern
 --> images/base/.dockerignore:3:1
  |
3 | [a-
  | ^^^ this class is empty, or a range in it has no end
  |
  = help: close a class with `]`, and write `/` before a character that stands for itself

"#]]
    );
}

#[test]
fn unexpanded_variable_in_from() {
    let workspace = workspace();
    workspace.image("app", "FROM {ns}/base:$VERSION\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: the variable `VERSION` has no value in this FROM
 --> images/app/Dockerfile:1:6
  |
1 | FROM acme/base:$VERSION
  |      ^^^^^^^^^^^^^^^^^^ expands to `acme/base:`
  |
  = help: add `ARG VERSION=…` before the first FROM, a value in [args], or --build-arg VERSION=…

"#]]
    );
}

#[test]
fn broken_dockerfile() {
    let workspace = workspace();
    workspace.image("app", "FROM {ns}/base\nCOPY data\n");
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: COPY needs a source and a destination
 --> images/app/Dockerfile:2:1
  |
2 | COPY data
  | ^^^^^^^^^
  |
  = help: write COPY source… destination

"#]]
    );
}

#[test]
fn secret_without_a_value() {
    let workspace = workspace();
    workspace.write(
        "images/base/Image.toml",
        "[image]\nversion = \"1.0.0\"\n\n[secrets]\ntoken = { env = \"NO_SUCH_TOKEN\" }\n",
    );
    assert_data_eq!(
        refusal(&workspace),
        str![[r#"
error: the secret `token` has no value
 --> images/base/Image.toml:5:9
  |
5 | token = { env = "NO_SUCH_TOKEN" }
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^ NO_SUCH_TOKEN is not set
  |
  = help: set the environment variable NO_SUCH_TOKEN

"#]]
    );
}

#[test]
fn no_engine_and_an_image_that_needs_one() {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\nCOPY data /\nRUN make it\n");
    workspace.write("images/base/data", "1");
    let refused = workspace.run(&["build", "--workspace"]);
    assert_eq!(refused.code(), 3, "{}", refused.stderr);
    assert_data_eq!(
        said(&workspace, &refused.stderr),
        str![[r#"
      Engine builtin [..] (OCI layout [ROOT]/target/images/oci) (chosen by itself, since no other is installed; --engine names another)
    Building base:1.0.0 (not in the store)
      Failed base:1.0.0: the built-in engine runs no commands, so it cannot do RUN
 --> images/base/Dockerfile:3
3 | RUN make it
help: docker, podman and buildah can: start or install one, or name it with --engine; these were tried:
docker: not found in PATH; install docker, or choose another engine
podman: not found in PATH; install podman, or choose another engine
buildah: not found in PATH; install buildah, or choose another engine
    Finished 1 failed in [..]

"#]]
    );
}

#[test]
fn engines_that_are_there_and_do_not_answer_are_told_of_once() {
    let script = "echo 'it is out of order' >&2; exit 1";
    let mut workspace = Workspace::with_scripted_engines(env!("CARGO_BIN_EXE_images"), script);
    let socket = workspace.path().join("target/docker.sock");
    workspace.environment.insert("DOCKER_HOST".into(), format!("unix://{}", socket.display()).into());
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "data");
    workspace.image("child", "FROM {ns}/base\n");
    let built = workspace.run(&["build", "--workspace"]);
    assert_eq!(built.code(), 0, "{}", built.stderr);
    assert_data_eq!(
        said(&workspace, &built.stderr),
        str![[r#"
      Engine builtin [..] (OCI layout [ROOT]/target/images/oci) (chosen by itself, since no other answers; --engine names another)
     Without docker: no daemon answers at unix://[ROOT]/target/docker.sock (No such file or directory (os error 2)); start it (`systemctl start docker`), or set DOCKER_HOST to where it is
     Without podman: it is out of order
     Without buildah: it is out of order
    Building base:1.0.0 (not in the store)
       Built base:1.0.0 in [..]
    Building child:1.0.0 (not in the store)
       Built child:1.0.0 in [..]
    Finished 2 built in [..]

"#]]
    );
    let again = workspace.run(&["build", "--workspace"]).stderr;
    assert!(again.starts_with("    Finished nothing to build"), "{again}");

    workspace.write("images/base/data", "edited");
    let events = workspace.run(&["build", "--workspace", "--message-format", "json"]).ok();
    let engine: Value = serde_json::from_str(events.lines().next().unwrap_or("")).expect("an event is JSON");
    assert_eq!([&engine["event"], &engine["automatic"]], [&json!("engine"), &json!(true)]);
    let podman = json!({"engine": "podman", "message": "it is out of order", "help": null});
    assert_eq!(engine["passed_over"][1], podman, "{engine}");
}

#[test]
fn an_engine_that_is_named_and_not_there() {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\n");
    let refused = workspace.run(&["build", "--workspace", "--engine", "podman"]);
    assert_eq!(refused.code(), 3, "{}", refused.stderr);
    assert_data_eq!(
        said(&workspace, &refused.stderr),
        str![[r#"
error: no container engine can be used
 |
 = help: podman: not found in PATH; install podman, or choose another engine

"#]]
    );
}

/// No engine, no network: the built-in engine does it, says so once, and has nothing to do the next time.
#[test]
fn no_engine_and_an_image_that_needs_none() {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\nCOPY data /\n");
    workspace.image("app", "FROM {ns}/base\nCOPY data /more\n");
    workspace.write("images/base/data", "1");
    workspace.write("images/app/data", "2");
    let built = workspace.run(&["build", "--workspace"]);
    assert_eq!(built.code(), 0, "{}", built.stderr);
    let engine = "Engine builtin 0.1.0 (OCI layout ";
    assert_eq!(built.stderr.matches(engine).count(), 1, "{}", built.stderr);
    assert!(built.stderr.contains("2 built"), "{}", built.stderr);
    let again = workspace.run(&["build", "--workspace", "--engine", "builtin"]);
    assert!(again.stderr.contains("all 2 images are fresh"), "{}", again.stderr);
}

/// docker is asked by its socket, so it is the socket that fails; the others by their programs.
#[test]
fn engine_that_answers_with_an_error() {
    let says = "the store is broken";
    let script = format!("echo '{says}' >&2; exit 1");
    let workspace = Workspace::with_scripted_engines(env!("CARGO_BIN_EXE_images"), &script);
    workspace.image("base", "FROM scratch\n");
    for engine in ["podman", "buildah"] {
        let refused = workspace.run(&["build", "--workspace", "--engine", engine]);
        assert_eq!(refused.code(), 3, "{}", refused.stderr);
        assert!(refused.stderr.contains(says), "{}", refused.stderr);
        let calls = workspace.calls();
        assert!(calls.lines().count() == 1 && calls.starts_with(engine), "{calls}");
    }
    let refused = workspace.run(&["build", "--workspace", "--engine", "docker"]);
    assert_eq!(refused.code(), 3, "{}", refused.stderr);
    assert_data_eq!(
        said(&workspace, &refused.stderr),
        str![[r#"
error: no container engine can be used
 |
 = help: docker: no daemon answers at unix://[ROOT]/target/programs/no.sock (No such file or directory (os error 2)); start it (`systemctl start docker`), or set DOCKER_HOST to where it is

"#]]
    );
}

/// A file in its place stops root as well, whom no mode stops. What only reads goes on.
#[test]
fn a_target_folder_that_cannot_be_written() {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    workspace.image("base", "FROM scratch\nCOPY data /\n");
    workspace.write("images/base/data", "1");
    workspace.write("target/images", "in the way");
    assert_eq!(workspace.run(&["list", "--names"]).ok(), "base:1.0.0\n");
    let refused = workspace.run(&["build", "base"]);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    assert_data_eq!(
        said(&workspace, &refused.stderr),
        str![[r#"
error: cannot create [ROOT]/target/images: File exists (os error 17)

"#]]
    );
}
