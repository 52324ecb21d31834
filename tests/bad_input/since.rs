//! Commits that cannot be compared with.

use images_tests::workspace::Workspace;
use snapbox::{assert_data_eq, str};

use super::{said, workspace};

/// The exit code, and what is said of `affected` with this `--since`.
fn affected(workspace: &Workspace, since: &str) -> (i32, String) {
    let refused = workspace.run(&["affected", since]);
    assert_eq!((refused.stdout.as_str(), workspace.calls().as_str()), ("", ""));
    (refused.code(), said(workspace, &refused.stderr))
}

fn committed() -> Workspace {
    let mut workspace = workspace();
    workspace.with_programs();
    workspace.commit();
    workspace
}

#[test]
fn unknown_commit() {
    let (code, told) = affected(&committed(), "--since=v9");
    assert_eq!(code, 2);
    assert_data_eq!(
        told,
        str![[r#"
error: there is no commit `v9` in this clone
 |
 = help: mend the name: a branch, a tag, an id, or `HEAD~1`

"#]]
    );
}

#[test]
fn commit_that_looks_like_an_option() {
    let (code, told) = affected(&committed(), "--since=--git-dir");
    assert_eq!(code, 2);
    assert_data_eq!(
        told,
        str![[r#"
error: there is no commit `--git-dir` in this clone
 |
 = help: mend the name: a branch, a tag, an id, or `HEAD~1`

"#]]
    );
}

#[test]
fn range_of_commits() {
    let (code, told) = affected(&committed(), "--since=main..HEAD");
    assert_eq!(code, 2);
    assert_data_eq!(
        told,
        str![[r#"
error: `main..HEAD` is no commit
 |
 = help: --since takes one commit, and compares the work tree with it

"#]]
    );
}

#[test]
fn commit_that_a_shallow_clone_lacks() {
    let whole = committed();
    whole.commit();
    let mut shallow = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    shallow.with_programs();
    let source = format!("file://{}", whole.path().display());
    shallow.git(&["clone", "--quiet", "--depth=1", "--branch=main", &source, "clone"]);
    let clone = shallow.path().join("clone/Cargo.toml").display().to_string();
    let refused = shallow.run(&["affected", "--since=HEAD~1", "--manifest-path", &clone]);
    assert_eq!(refused.code(), 2);
    assert_data_eq!(
        refused.stderr,
        str![[r#"
error: there is no commit `HEAD~1` in this clone
 |
 = help: this clone is shallow and ends before it: `git fetch --deepen=100`, or `git fetch --unshallow` for all of it; with actions/checkout set `fetch-depth: 0`

"#]]
    );
}

#[test]
fn no_checkout() {
    let mut workspace = workspace();
    workspace.with_programs();
    let (code, told) = affected(&workspace, "--since=HEAD");
    assert_eq!(code, 2);
    assert_data_eq!(
        told,
        str![[r#"
error: [ROOT] is in no git checkout
 |
 = help: --since compares with a commit: run it in a clone

"#]]
    );
}

#[test]
fn no_git() {
    let workspace = workspace();
    workspace.commit();
    let (code, told) = affected(&workspace, "--since=HEAD");
    assert_eq!(code, 1);
    assert_data_eq!(
        told,
        str![[r#"
error: git is not installed
 |
 = help: --since reads the commit through git: install it

"#]]
    );
}

#[test]
fn merge_base_of_nothing() {
    let refused = committed().run(&["check", "--merge-base"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("--since <REF>"), "{}", refused.stderr);
}

#[test]
fn no_common_ancestor() {
    let workspace = committed();
    workspace.git(&["checkout", "--quiet", "--orphan", "other"]);
    workspace.write("more", "so that it is another commit");
    workspace.commit();
    let refused = workspace.run(&["affected", "--since=main", "--merge-base"]);
    assert_eq!(refused.code(), 2);
    assert_data_eq!(
        refused.stderr,
        str![[r#"
error: `main` and HEAD have no common ancestor in this clone
 |
 = help: without --merge-base the work tree is compared with the commit itself

"#]]
    );
}

#[test]
fn more_jobs_than_a_matrix_can_have() {
    let refused = committed().run(&["matrix", "--shards", "257"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("expected a number from 1 to 256"), "{}", refused.stderr);
}

#[test]
fn commit_whose_manifest_cannot_be_read() {
    let workspace = committed();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\nnovelty = 1\n");
    workspace.commit();
    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\n");
    let told = workspace.run(&["affected", "--since=main", "--format=names"]);
    assert_eq!((told.code(), told.stdout.as_str()), (0, "base:1.0.0\n"), "what is not known counts");
    assert_data_eq!(
        told.stderr,
        str![[r#"
warning: `main` cannot be read, so all images count as affected: unknown key `novelty`
 --> images/base/Image.toml:3:1
  |
3 | novelty = 1
  | ^^^^^^^ not a key that exists here
  |
  = help: allowed here: name, version, description, authors, licenses, source, documentation, url, vendor, dockerfile, context, target, platforms, publish, aliases, modes

"#]]
    );
    let told = workspace.run(&["check", "--workspace", "--since=main", "--quiet"]);
    assert_eq!(told.code(), 2);
    assert_data_eq!(
        told.stderr,
        str![[r#"
error: versions cannot be compared with those of `main`, whose images cannot be read
 |
 = help: compare with a later commit, whose manifests this version reads

"#]]
    );
}

#[test]
fn content_that_changed_under_one_version() {
    let workspace = committed();
    workspace.write("images/base/data", "other");
    let told = workspace.run(&["check", "--workspace", "--since=HEAD"]);
    assert_eq!((told.code(), told.stdout.as_str()), (1, ""));
    assert_data_eq!(
        told.stderr,
        str![[r#"
error: `base:1.0.0` differs from `HEAD` in spite of the same version
 --> images/base/Image.toml:2:11
  |
2 | version = "1.0.0"
  |           ^^^^^^^ `data` changed
  |
  = help: cargo xtask images bump base --patch

"#]]
    );
}
