//! `bump` on the command line.

use images_tests::workspace::Workspace;
use snapbox::{assert_data_eq, str};

use crate::workspace;

/// An operating system, a runtime, a framework and an application. The framework names a runtime that is gone: the
/// version was raised, and a line was forgotten.
fn drifted() -> Workspace {
    let workspace = workspace();
    let image = |name: &str, version: &str, dockerfile: &str| {
        let manifest = format!(
            "# {name}\n[image]\nversion = \"{version}\"\n\n[labels]\n\"acme.{name}.version\" = \"{{version}}\"\n"
        );
        workspace.write(&format!("images/{name}/Image.toml"), &manifest);
        workspace.write(&format!("images/{name}/Dockerfile"), dockerfile);
    };
    image("os", "18.04.5", "FROM scratch\nCOPY rootfs /\nUSER 1000\n");
    workspace.write("images/os/rootfs/etc/os-release", "ID=acme\n");
    image(
        "python",
        "3.8.5",
        "ARG OS_VERSION=18.04.5\nFROM acme/os:${OS_VERSION}\nENV PYTHON_VERSION=3.8.5\n",
    );
    image("flask", "1.1.2", "# Flask\nFROM acme/python:3.7.4\nENV FLASK_APP=app\n");
    image("flask-helloworld", "0.1.0", "FROM acme/flask:1.1.2\nCOPY app.py /home/app/\n");
    workspace.write("images/flask-helloworld/app.py", "print()\n");
    workspace
}

const DIFF: &str = "\
--- a/images/flask/Dockerfile
+++ b/images/flask/Dockerfile
@@ -1,3 +1,3 @@
 # Flask
-FROM acme/python:3.7.4
+FROM acme/python:3.8.5
 ENV FLASK_APP=app
";

fn dockerfile(workspace: &Workspace, name: &str) -> String {
    std::fs::read_to_string(workspace.path().join(format!("images/{name}/Dockerfile")))
        .expect("the file is ours")
}

#[test]
fn a_forgotten_reference_is_told_and_mended_by_one_command() {
    let workspace = drifted();
    let checked = workspace.run(&["check", "--workspace"]);
    assert_eq!(checked.code(), 2);
    assert_data_eq!(
        checked.stderr,
        str![[r#"
error: `python` has no version `3.7.4`
 --> images/flask/Dockerfile:2:6
  |
2 | FROM acme/python:3.7.4
  |      ^^^^^^^^^^^^^^^^^ no variant meets this tag
  |
  = help: there are: 3.8.5; `cargo xtask images bump --fix -x` moves the reference there

"#]]
    );
    let before = dockerfile(&workspace, "flask");
    for mend in
        [&["bump", "--fix"][..], &["bump", "python", "--to", "3.8.5"], &["bump", "python", "--from", "3.7.4"]]
    {
        workspace.write("images/flask/Dockerfile", &before);
        let shown = workspace.run(mend);
        assert_eq!((shown.code(), shown.stdout.as_str()), (0, DIFF), "{}", shown.stderr);
        assert_eq!(dockerfile(&workspace, "flask"), before, "only shown");
        let written = workspace.run(&[mend, &["--execute"]].concat());
        assert_eq!((written.code(), written.stdout.as_str()), (0, DIFF), "{}", written.stderr);
        workspace.run(&["check", "--workspace"]).ok();
    }
    let again = workspace.run(&["bump", "--fix"]);
    assert_eq!((again.code(), again.stdout.as_str()), (0, ""));
    assert_eq!(again.stderr, "    Finished there is nothing to edit\n");
}

#[test]
fn a_bump_says_what_it_does_and_what_it_leaves() {
    let workspace = drifted();
    let shown = workspace.run(&["bump", "python", "--to", "3.9.0"]);
    assert_eq!(shown.code(), 0);
    assert_data_eq!(
        shown.stderr,
        str![[r#"
     Bumping python:3.8.5 to 3.9.0 (images/python/Image.toml)
   Rewriting flask:1.1.2: acme/python:3.7.4 to acme/python:3.9.0
     Leaving flask:1.1.2, flask-helloworld:0.1.0 above it, with the versions that they have; --cascade raises them
     Leaving 3.8.5 in images/python/Dockerfile:3, which is not edited
    Finished 2 files would be written; --execute writes them

"#]]
    );
}

#[test]
fn a_cascade_goes_up_the_whole_hierarchy() {
    let workspace = drifted();
    let bumped = workspace.run(&["bump", "os", "--minor", "--cascade", "-x"]);
    assert_eq!(
        bumped.code(),
        2,
        "the reference that leads nowhere is not about `os`, and the version is no semver"
    );
    workspace.run(&["bump", "--fix", "-x"]).ok();
    let bumped = workspace.run(&["bump", "os", "--to", "20.04.1", "--cascade=minor", "-x"]);
    assert_eq!(bumped.code(), 0, "{}", bumped.stderr);
    assert_data_eq!(
        bumped.stderr,
        str![[r#"
     Bumping flask:1.1.2 to 1.2.0 (images/flask/Image.toml)
     Bumping flask-helloworld:0.1.0 to 0.2.0 (images/flask-helloworld/Image.toml)
     Bumping os:18.04.5 to 20.04.1 (images/os/Image.toml)
     Bumping python:3.8.5 to 3.9.0 (images/python/Image.toml)
   Rewriting flask:1.2.0: acme/python:3.8.5 to acme/python:3.9.0
   Rewriting flask-helloworld:0.2.0: acme/flask:1.1.2 to acme/flask:1.2.0
   Rewriting python:3.9.0: acme/os:18.04.5 to acme/os:20.04.1
     Leaving 3.8.5 in images/python/Dockerfile:3, which is not edited
    Finished 7 files written

"#]]
    );
    assert!(
        dockerfile(&workspace, "python").starts_with("ARG OS_VERSION=20.04.1\nFROM acme/os:${OS_VERSION}\n")
    );
    workspace.run(&["check", "--workspace"]).ok();
}

#[test]
fn what_a_fix_cannot_mend_is_told() {
    let workspace = drifted();
    workspace.write(
        "images/python/Image.toml",
        "[[variant]]\nversion = \"3.8.5\"\n[[variant]]\nversion = \"3.9.0\"\n",
    );
    workspace.write("images/site/Image.toml", "[image]\nversion = \"1.0.0\"\n");
    workspace.write("images/site/Dockerfile", "FROM acme/os:16\n");
    let fixed = workspace.run(&["bump", "--fix", "--execute"]);
    assert_eq!(fixed.code(), 2);
    assert_data_eq!(
        fixed.stderr,
        str![[r#"
   Rewriting site:1.0.0: acme/os:16 to acme/os:18
     Leaving site:1.0.0 above it, with the versions that they have; --cascade raises them
    Finished 1 file written
error: `python` has no version `3.7.4`
 --> images/flask/Dockerfile:2:6
  |
2 | FROM acme/python:3.7.4
  |      ^^^^^^^^^^^^^^^^^ no variant meets this tag
  |
  = help: there are: 3.8.5, 3.9.0; `cargo xtask images bump python:VERSION --from 3.7.4 -x` moves the reference there

"#]]
    );
    workspace.run(&["bump", "python:3.9", "--from", "3.7.4", "-x"]).ok();
    workspace.run(&["check", "--workspace"]).ok();
}

#[test]
fn words_that_do_not_belong_together_are_refused() {
    let workspace = drifted();
    for words in [
        &["bump", "python"][..],
        &["bump", "python", "--minor", "--patch"],
        &["bump", "--fix", "--patch"],
        &["bump", "python", "--patch", "--allow-downgrade"],
        &["bump", "python", "--patch", "--exclude", "flask"],
        &["bump", "python", "--patch", "--cascade=alpha"],
    ] {
        assert_eq!(workspace.run(words).code(), 2, "{words:?}");
    }
}
