//! `init` on the command line.

use images_tests::workspace::Workspace;
use snapbox::{assert_data_eq, str};

use crate::workspace;

/// A folder of Dockerfiles: the runtime's version was raised, and a line forgotten.
fn tree() -> Workspace {
    let workspace = workspace();
    std::fs::remove_file(workspace.path().join("Cargo.toml")).expect("the file is ours");
    workspace
        .write("os/Dockerfile", "FROM scratch\nLABEL org.opencontainers.image.version=12\nCOPY etc /etc/\n");
    workspace.write("os/etc/os-release", "ID=acme\n");
    workspace.write("python/Dockerfile", "FROM acme/os:12\nENV PYTHON_VERSION 3.8.5\n");
    workspace.write("flask/Dockerfile", "# Flask\nFROM acme/python:3.7.4\nCOPY app.py /home/app/\n");
    workspace.write("flask/app.py", "print()\n");
    workspace.write("flask/Dockerfile.j2", "FROM {{ base }}\n");
    workspace
}

const DIFF: &str = "\
--- /dev/null
+++ b/Cargo.toml
@@ -0,0 +1,7 @@
+[workspace]
+resolver = \"3\"
+members = []
+
+[workspace.metadata.images]
+namespace = \"acme\"
+members = [\"flask\", \"os\", \"python\"]
--- /dev/null
+++ b/flask/Image.toml
@@ -0,0 +1,2 @@
+[image]
+version = \"0.1.0\"
--- /dev/null
+++ b/os/Image.toml
@@ -0,0 +1,2 @@
+[image]
+version = \"12\"
--- /dev/null
+++ b/python/Image.toml
@@ -0,0 +1,2 @@
+[image]
+version = \"3.8.5\"
";

#[test]
fn a_tree_is_adopted_checked_mended_and_built() {
    let workspace = tree();
    let shown = workspace.run(&["init"]);
    assert_eq!((shown.code(), shown.stdout.as_str()), (0, DIFF));
    assert_data_eq!(
        shown.stderr,
        str![[r#"
   Namespace acme (by which 2 Dockerfiles name others)
    Adopting flask/Dockerfile as flask 0.1.0 (assumed: nothing says one)
    Adopting os/Dockerfile as os 12 (LABEL org.opencontainers.image.version at os/Dockerfile:2)
    Adopting python/Dockerfile as python 3.8.5 (ENV PYTHON_VERSION at python/Dockerfile:2)
warning: a template is not adopted: flask/Dockerfile.j2
 |
 = help: write the Dockerfiles that are made from them into folders of their own, and run this again
error: `python` has no version `3.7.4`
 --> flask/Dockerfile:2:6
  |
2 | FROM acme/python:3.7.4
  |      ^^^^^^^^^^^^^^^^^ no variant meets this tag
  |
  = help: there are: 3.8.5; `cargo xtask images bump --fix -x` moves the reference there
    Finished 4 files would be written; --execute writes them; `check` finds 1 error, as told above

"#]]
    );
    assert!(!workspace.path().join("Cargo.toml").exists(), "only shown");
    let written = workspace.run(&["init", "--execute", "--quiet"]);
    assert_eq!((written.code(), written.stdout.as_str()), (0, DIFF));
    assert_eq!(workspace.run(&["check", "--workspace"]).code(), 2);
    workspace.run(&["bump", "--fix", "--execute"]).ok();
    workspace.run(&["check", "--workspace"]).ok();
    let tree = workspace.run(&["tree", "flask"]).ok();
    assert_eq!(tree, "flask:0.1.0\n└── python:3.8.5\n    └── os:12\n");
    workspace.run(&["build", "--engine", "builtin", "--workspace"]).ok();
    let plan = workspace.run(&["plan", "--engine", "builtin", "--workspace"]);
    assert_eq!(plan.stdout, "fresh os:12\nfresh python:3.8.5\nfresh flask:0.1.0\n", "{}", plan.stderr);
    let again = workspace.run(&["init"]);
    assert_eq!((again.code(), again.stdout.as_str()), (0, ""));
    assert_data_eq!(
        again.stderr,
        str![[r#"
   Namespace acme (as the workspace says)
     Leaving 3 folders with an Image.toml
warning: a template is not adopted: flask/Dockerfile.j2
 |
 = help: write the Dockerfiles that are made from them into folders of their own, and run this again
    Finished there is nothing to adopt; `check` finds no error

"#]]
    );
}

#[test]
fn an_executed_init_says_what_comes_next() {
    let workspace = workspace();
    workspace.write("images/a/Dockerfile", "FROM scratch\nCOPY --from=acme/b:2 / /\n");
    let run = |words: &[&str]| workspace.run(&[&["init", "-x"], words].concat());
    let written = run(&[]);
    assert_eq!(written.code(), 0);
    assert_data_eq!(
        written.stderr,
        str![[r#"
   Namespace acme (as the workspace says)
    Adopting images/a/Dockerfile as a 0.1.0 (assumed: nothing says one)
    External acme/b, which is made elsewhere (images/a/Dockerfile)
    Finished 2 files written; `check` finds no error
        Next mount the commands in an xtask (--xtask writes one), then `images tree --workspace` and `images build`

"#]]
    );
    workspace.write("images/c/Dockerfile", "FROM scratch\n");
    let written = run(&["--xtask", "--quiet"]);
    assert_eq!((written.code(), written.stderr.as_str()), (0, ""));
    assert_eq!(
        std::fs::read_to_string(workspace.path().join("xtask/src/main.rs")).expect("it was written"),
        "use clap::Parser;\n\n#[derive(Parser)]\nenum Xtask {\n    /// Build the workspace's container images\n    \
         Images(images_cli::Images),\n}\n\nfn main() -> std::process::ExitCode {\n    match Xtask::parse() {\n        \
         Xtask::Images(images) => images.run(),\n    }\n}\n"
    );
    workspace.write("images/d/Dockerfile", "FROM scratch\n");
    let next = "        Next cargo xtask images tree --workspace, then cargo xtask images build\n";
    assert!(run(&[]).stderr.ends_with(next));
}

#[test]
fn the_folder_to_look_in_may_be_named() {
    let workspace = tree();
    let shown = workspace.run(&[
        "init",
        "os",
        "--namespace",
        "shop",
        "--registry",
        "ghcr.io",
        "--image-version",
        "2",
    ]);
    assert_eq!(shown.code(), 0);
    assert_eq!(
        shown.stdout,
        "--- /dev/null\n+++ b/Cargo.toml\n@@ -0,0 +1,8 @@\n+[workspace]\n+resolver = \"3\"\n+members = []\n+\n\
         +[workspace.metadata.images]\n+namespace = \"shop\"\n+registry = \"ghcr.io\"\n+members = [\".\"]\n\
         --- /dev/null\n+++ b/Image.toml\n@@ -0,0 +1,3 @@\n+[image]\n+name = \"os\"\n+version = \"12\"\n"
    );
    let nothing = workspace.run(&["init", "os/etc"]);
    assert_eq!(nothing.code(), 2);
    let refused = workspace.run(&["init", "nowhere"]);
    assert_eq!(refused.code(), 2);
    assert_data_eq!(
        refused.stderr,
        str![[r#"
error: there is no folder nowhere
 |
 = help: name the folder that holds the Dockerfiles

"#]]
    );
}
