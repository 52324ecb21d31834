//! What `doctor` finds on machines of all kinds, and what it ends with.

use std::fs;

use images_tests::fake_registry::{Access, FakeRegistry};
use images_tests::workspace::Workspace;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

/// Engines that answer: docker with buildx, podman and buildah.
const ANSWERING: &str = r#"
case "$*" in
'image ls --no-trunc --format {{json .}}') ;;
'version --format {{json .}}') echo '{"Client":{"Version":"28.2.2"},"Server":{"Version":"28.2.2"}}';;
'buildx version') [ -z "$NO_BUILDX" ] && echo 'github.com/docker/buildx v0.13.1 x';;
'info --format {{json .}}') echo '{"Driver":"overlay2","DockerRootDir":"/docker-root","SecurityOptions":["name=rootless"]}';;
'images --format json --no-trunc' | 'images --json --no-trunc') echo '[]';;
'--version') echo "${0##*/} version 5.6.0";;
'info --format json') echo '{"host":{"security":{"rootless":false}},"store":{"graphDriverName":"vfs","graphRoot":"/podman-root"}}';;
'info') echo '{"host":{"rootless":true},"store":{"GraphDriverName":"overlay","GraphRoot":"/podman-root"}}';;
*) echo "what is $*?" >&2; exit 9;;
esac"#;

/// A workspace on a machine with these engines, whose docker is asked through its client.
fn with_engines(script: &str) -> Workspace {
    let mut workspace = Workspace::with_scripted_engines(env!("CARGO_BIN_EXE_images"), script);
    workspace.environment.insert("DOCKER_HOST".into(), "tcp://docker.example:2375".into());
    add_image(&workspace);
    workspace
}

fn add_image(workspace: &Workspace) {
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "data");
    workspace.write(".cargo/config.toml", "[alias]\nxtask = \"run --package xtask --\"\n");
}

/// A workspace on a machine without any engine.
fn alone() -> Workspace {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    add_image(&workspace);
    workspace
}

/// The exit code, and what is on stdout, without what differs from run to run.
#[track_caller]
fn told(workspace: &Workspace, args: &[&str]) -> (i32, String) {
    let output = workspace.run(&[&["doctor"], args].concat());
    let root = workspace.path().canonicalize().unwrap();
    (output.code(), output.stdout.replace(&root.display().to_string(), "[ROOT]"))
}

/// The lines about engines alone.
fn about_engines(text: &str) -> String {
    let subjects = ["docker:", "podman:", "buildah:", "builtin:"];
    let mut is_about = false;
    let lines = text.lines().filter(|line| {
        if !line.starts_with("        fix:") {
            is_about = line.split_whitespace().nth(1).is_some_and(|word| subjects.contains(&word));
        }
        is_about && !line.contains(" free for ")
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn where_all_is_well_each_check_is_one_line() {
    let (code, text) = told(&with_engines(ANSWERING), &[]);
    assert_eq!(code, 0, "{text}");
    assert_data_eq!(
        text,
        str![[r#"
     ok images: 1 image with 1 variant in [ROOT]
     ok Images.lock: 0 names of images from elsewhere pinned
     ok cargo xtask: `cargo run --package xtask --`, by [ROOT]/.cargo/config.toml
     ok locks: no other run works in target/images
     ok docker: docker 28.2.2 (buildx 0.13.1), overlay2 in /docker-root, without root; builds take it
warning podman: podman 5.6.0, vfs in /podman-root, as root; vfs copies every layer as a whole
        fix: use the driver overlay; without root it may need fuse-overlayfs
     ok buildah: buildah 5.6.0, overlay in /podman-root, without root
     ok builtin: always there; it does all but RUN
     ok target/images: [..] free for [ROOT]/target/images
warning git: not installed; for the commits of images (labels, `--since`, `release`)
        fix: install git
     ok cosign: not installed, and not needed to build; for signing releases (`release --sign`)
     ok skopeo: not installed, and not needed to build; for looking into layouts and registries by hand

"#]]
    );
}

#[test]
fn an_engine_that_does_not_answer_is_a_warning_unless_it_is_asked_for() {
    let silent = "echo \"Error: ${0##*/} is broken\" >&2; exit 1";
    let workspace = with_engines(silent);
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 0, "{text}");
    assert_data_eq!(
        about_engines(&text),
        str![[r#"
warning docker: docker is broken
warning podman: podman is broken
warning buildah: buildah is broken
     ok builtin: always there; it does all but RUN; builds take it

"#]]
    );
    let (code, text) = told(&workspace, &["--engine", "podman"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("  error podman: podman is broken\n"), "{text}");
    workspace.settings("engine = \"buildah\"\n");
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("  error buildah: buildah is broken\n"), "{text}");
}

#[test]
fn without_engines_the_built_in_one_works_until_something_has_to_run() {
    let workspace = alone();
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 0, "{text}");
    assert_data_eq!(
        about_engines(&text),
        str![[r#"
     ok docker: not installed, and not needed
     ok podman: not installed, and not needed
     ok buildah: not installed, and not needed
     ok builtin: always there; it does all but RUN; builds take it

"#]]
    );
    let dockerfile = "FROM scratch AS unused\nRUN [\"/unused\"]\nFROM scratch\nCOPY data /data\n";
    workspace.write("images/base/Dockerfile", dockerfile);
    assert_eq!(told(&workspace, &[]).0, 0, "the stage that runs something is not needed");
    workspace.image("run", "FROM {ns}/base\nRUN [\"/data\"]\n");
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 3, "{text}");
    let expected = "  error builtin: always there; it does all but RUN, which run:1.0.0 needs\n        fix: install docker, \
                    podman or buildah, or start the one that is there\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_builder_that_lacks_what_dockerfiles_use_cannot_build_them() {
    let mut workspace = with_engines(ANSWERING);
    workspace.environment.insert("NO_BUILDX".into(), "1".into());
    let (code, text) = told(&workspace, &[]);
    let legacy = "warning docker: docker 28.2.2 (legacy builder), overlay2 in /docker-root, without root; builds take it; \
                  this builder has no mounts, secrets and heredocs\n        fix: install docker's buildx plugin";
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(legacy), "{text}");
    workspace.image("app", "FROM {ns}/base\nRUN <<END\ntrue\nEND\n");
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 3, "{text}");
    assert!(
        text.contains("  error docker: docker's legacy builder cannot do what app:1.0.0 needs\n"),
        "{text}"
    );
    assert_eq!(told(&workspace, &["--engine", "podman"]).0, 0);
}

#[test]
fn a_program_that_a_manifest_calls_has_to_be_there() {
    let workspace = alone();
    let manifest = "[image]\nversion = \"1\"\n[[prepare]]\ncommand = [\"make-it\", \"{out}\"]\noutput = \"made\"\n\
                    [[prepare]]\ncommand = [\"./local.sh\", \"{out}\"]\noutput = \"own\"\n";
    workspace.write("images/base/Image.toml", manifest);
    workspace.write("images/base/local.sh", "#!/bin/sh\n");
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 1, "{text}");
    let expected = "     ok ./local.sh: prepares base\n  error make-it: not installed, and [[prepare]] of base calls it\n        \
                    fix: install make-it\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn log_ins_are_told_by_their_place_and_never_by_their_content() {
    let workspace = alone();
    workspace.settings("registry = \"own.example\"\n");
    let dockerfile =
        "FROM with.example/a\nCOPY --from=helped.example/b / /\nCOPY --from=c / /\nCOPY data /\n";
    workspace.write("images/base/Dockerfile", dockerfile);
    let config = "{\"auths\":{\"with.example\":{\"auth\":\"c29tZWJvZHk6c2VjcmV0\"}},\
                  \"credHelpers\":{\"helped.example\":\"gone\"}}";
    workspace.write("target/programs/.docker/config.json", config);
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 0, "{text}");
    let (_, registries) = text.split_once("layouts and registries by hand\n").unwrap();
    assert_data_eq!(
        registries,
        str![[r#"
     ok docker.io: no log-in; public images need none
warning helped.example: [ROOT]/target/programs/.docker/config.json leaves the log-in to docker-credential-gone, which is not installed
        fix: install docker-credential-gone, or remove it from [ROOT]/target/programs/.docker/config.json
warning own.example: no log-in; most registries want one for `push` and `release`
        fix: docker login own.example
     ok with.example: a log-in is in [ROOT]/target/programs/.docker/config.json

"#]]
    );
    assert!(
        text.contains("warning Images.lock: 0 names of images from elsewhere pinned, 3 not yet\n"),
        "{text}"
    );
    for secret in ["secret", "somebody", "c29tZWJvZHk6c2VjcmV0"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_registry_is_asked_only_where_that_is_wanted() {
    let registry = FakeRegistry::start(Access::Free);
    let workspace = alone();
    workspace.settings(&format!("registry = \"{}\"\n", registry.address));
    told(&workspace, &[]);
    assert!(registry.requests().is_empty());
    let (code, text) = told(&workspace, &["--online"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("for `push` and `release`; it answers\n"), "{text}");
    workspace.settings("registry = \"127.0.0.1:1\"\n");
    let (code, text) = told(&workspace, &["--online"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("  error 127.0.0.1:1: no log-in"), "{text}");
    let refused = workspace.run(&["doctor", "--online", "--offline"]);
    assert_eq!(refused.code(), 2, "{refused:?}");
}

#[test]
fn a_workspace_that_is_wrong_is_told_and_the_machine_all_the_same() {
    let workspace = alone();
    workspace.write("images/base/Image.toml", "[image]\nversio = \"1\"\n");
    let output = workspace.run(&["doctor"]);
    assert_eq!(output.code(), 2, "{output:?}");
    assert!(
        output.stdout.contains("  error images: unknown key `versio`\n        fix: did you mean `version`?"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("builtin: always there"), "{}", output.stdout);
    assert!(output.stderr.contains(" --> images/base/Image.toml:2:1"), "{}", output.stderr);
    fs::remove_file(workspace.path().join("Cargo.toml")).unwrap();
    let (code, text) = told(&workspace, &[]);
    assert_eq!(code, 2, "{text}");
    assert!(text.starts_with("  error images: no Cargo.toml with a [workspace] in "), "{text}");
    assert!(!text.contains("target/images"), "{text}");
}

#[test]
fn json_has_the_same() {
    let (code, text) = told(&with_engines(ANSWERING), &["--format", "json"]);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &told["version"], &told["engine"]), (0, &1.into(), &"docker".into()));
    assert_eq!(told["exit_code"], 0);
    let expected = serde_json::json!({
        "kind": "engine",
        "subject": "podman",
        "status": "warning",
        "message": "podman 5.6.0, vfs in /podman-root, as root; vfs copies every layer as a whole",
        "fixes": ["use the driver overlay; without root it may need fuse-overlayfs"],
    });
    let checks = told["checks"].as_array().unwrap();
    assert!(checks.contains(&expected), "{text}");
    let kinds: Vec<_> = checks.iter().map(|check| check["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "engine").count(), 4);
}
