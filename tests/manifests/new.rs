//! `new` on the command line.

use snapbox::{assert_data_eq, str};

use crate::workspace;

#[test]
fn a_new_image_is_written_and_says_how_it_is_built() {
    let workspace = workspace();
    workspace.image("base", "FROM scratch\n");
    let shown = workspace.run(&["new", "hello", "--from", "base", "--path", "tools/hello", "--dry-run"]);
    assert_eq!(shown.code(), 0, "{}", shown.stderr);
    assert_data_eq!(
        shown.stdout,
        str![[r#"
--- a/Cargo.toml
+++ b/Cargo.toml
@@ -3,5 +3,5 @@
 resolver = "3"
 
 [workspace.metadata.images]
-members = ["images/*"]
+members = ["images/*", "tools/hello"]
 namespace = "acme"
--- /dev/null
+++ b/tools/hello/Dockerfile
@@ -0,0 +1,3 @@
+FROM acme/base:1.0.0
+
+# COPY brings files of this folder into the image, RUN runs a command in it, CMD says what it starts.
--- /dev/null
+++ b/tools/hello/Image.toml
@@ -0,0 +1,3 @@
+[image]
+version = "0.1.0"
+description = "hello"

"#]]
    );
    assert_data_eq!(
        shown.stderr,
        str![[r#"
  Would edit Cargo.toml
Would create tools/hello/Dockerfile
Would create tools/hello/Image.toml
    Finished nothing is written; `hello` would stand on acme/base:1.0.0

"#]]
    );
    assert!(!workspace.path().join("tools").exists(), "only shown");
    let written = workspace.run(&["new", "hello", "--from", "base", "--path", "tools/hello"]);
    assert_eq!((written.code(), written.stdout.as_str()), (0, ""));
    assert_data_eq!(
        written.stderr,
        str![[r#"
      Edited Cargo.toml
     Created tools/hello/Dockerfile
     Created tools/hello/Image.toml
    Finished `hello` stands on acme/base:1.0.0; build it with `cargo xtask images build hello`

"#]]
    );
    workspace.run(&["check", "--workspace"]).ok();
    workspace.run(&["build", "hello", "--engine", "builtin"]).ok();
}

#[test]
fn a_name_that_is_none_is_refused_with_one_that_is() {
    let workspace = workspace();
    let refused = workspace.run(&["new", "My_Image"]);
    assert_eq!(refused.code(), 2);
    assert_data_eq!(
        refused.stderr,
        str![[r#"
error: `My_Image` is no name for an image
 |
 = help: a name is lower-case letters and digits, with single `.`, `_`, `__` or dashes between them: `my-image`

"#]]
    );
}
