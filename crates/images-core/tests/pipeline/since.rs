//! `affected --since`: what differs from a commit.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::project::{Project, SETTINGS};
use crate::repository::git;

/// `base`, and `app` on it, committed.
fn project() -> Project {
    let project = Project::new();
    project.image("base", "FROM scratch\nCOPY data /data\n");
    project.write("images/base/data", "data");
    project.image("app", "FROM acme/base:1\nCOPY run /run\n");
    project.write("images/app/run", "run");
    project.commit();
    project
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn what_no_engine_sees_affects_nothing() {
    let project = project();
    project.write("images/base/README.md", "text");
    project.write("src/lib.rs", "");
    project.commit();
    assert_eq!(project.since("HEAD~1"), NOTHING);
}

#[test]
fn a_change_affects_its_image_and_what_stands_on_it() {
    let project = project();
    project.write("images/base/data", "other");
    let changed =
        ["changed base:1.0.0 (`data` changed)", "changed app:1.0.0 (its parent `base:1.0.0` changed)"];
    assert_eq!(project.since("HEAD"), changed, "what is not committed counts");
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_eq!(project.since("HEAD~1"), changed);
    assert_eq!(project.since("main~1"), changed);
    project.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(project.since("main~1"), changed, "HEAD may be detached");
}

#[test]
fn a_difference_of_its_own_comes_before_the_parents() {
    let project = project();
    project.image("top", "FROM acme/app\n");
    project.commit();
    project.write("images/base/data", "other");
    project.write("images/app/run", "other");
    assert_eq!(
        project.since("HEAD"),
        [
            "changed base:1.0.0 (`data` changed)",
            "changed app:1.0.0 (`run` changed)",
            "changed top:1.0.0 (its parent `app:1.0.0` changed)"
        ]
    );
    project.write("images/app/run", "run");
    assert_eq!(
        project.since("HEAD")[2],
        "changed top:1.0.0 (its parent `app:1.0.0` changed, because of `base:1.0.0`)"
    );
}

#[test]
fn new_removed_moved_renamed_and_newer_images_are_told_apart() {
    let project = project();
    project.git(&["mv", "images/app", "images/other"]);
    assert_eq!(
        project.since("HEAD"),
        ["new other:1.0.0 (it was not there)", "removed app:1.0.0 from images/app"],
        "neither the name nor the folder is the same"
    );
    project.write("images/other/Image.toml", "[image]\nname = \"app\"\nversion = \"1.0.0\"\n");
    assert_eq!(
        project.since("HEAD"),
        ["moved app:1.0.0 from images/app (nothing else differs) not affected"]
    );
    project.git(&["mv", "images/other", "images/app"]);
    project.write("images/app/Image.toml", "[image]\nname = \"web\"\nversion = \"1.0.0\"\n");
    assert_eq!(project.since("HEAD"), ["renamed web:1.0.0 (it was app:1.0.0, and nothing else differs)"]);
    project.write("images/app/run", "other");
    assert_eq!(
        project.since("HEAD"),
        ["new web:1.0.0 (it was not there)", "removed app:1.0.0 from images/app"],
        "more than its name is another one"
    );
    project.git(&["checkout", "--quiet", "--", "images/app"]);
    project.write("images/app/Image.toml", "[image]\nversion = \"1.0.1\"\n");
    assert_eq!(project.since("HEAD"), ["changed app:1.0.1 (it was app:1.0.0)"]);
    project.remove("images/app");
    assert_eq!(project.since("HEAD"), ["removed app:1.0.0 from images/app"]);
}

#[test]
fn settings_arguments_and_external_references_show_through_the_keys() {
    let project = project();
    project.write("Cargo.toml", format!("{SETTINGS}labels = {{ team = \"x\" }}\n"));
    assert_eq!(
        project.since("HEAD"),
        [
            "changed base:1.0.0 (label `team` changed from none to `x`)",
            "changed app:1.0.0 (label `team` changed from none to `x`)"
        ]
    );
    project.write("Cargo.toml", SETTINGS);
    project.image("base", "FROM debian:12\nCOPY data /data\n");
    project.commit();
    project.image("base", "ARG V=13\nFROM debian:$V\nCOPY data /data\n");
    assert_eq!(project.since("HEAD")[0], "changed base:1.0.0 (the Dockerfile changed)");
}

#[test]
fn a_commit_without_images_makes_everything_new() {
    let project = Project::with_settings("[workspace]\n");
    project.commit();
    project.write("Cargo.toml", SETTINGS);
    project.image("base", "FROM scratch\n");
    assert_eq!(project.since("HEAD"), ["new base:1.0.0 (it was not there)"], "no settings then");
    project.git(&["checkout", "--quiet", "--orphan", "empty"]);
    project.git(&["rm", "--quiet", "--cached", "--force", "-r", "."]);
    project.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
    assert_eq!(project.since("HEAD"), ["new base:1.0.0 (it was not there)"], "no Cargo.toml then");
}

#[test]
fn what_cannot_be_read_then_is_affected() {
    let project = project();
    project.image_with(
        "base",
        "[image]\nversion = \"1.0.0\"\nnovelty = 1\n",
        "FROM scratch\nCOPY data /data\n",
    );
    project.commit();
    project.image("base", "FROM scratch\nCOPY data /data\n");
    let comparison = project.try_since(&project.since_options("HEAD")).unwrap();
    assert_eq!(comparison.affected().count(), 2);
    assert_eq!(comparison.unreadable[0].message, "unknown key `novelty`");
    let why = "(what it was cannot be told: the workspace of that commit cannot be read)";
    assert_eq!(
        project.since("HEAD"),
        [format!("unknown base:1.0.0 {why}"), format!("unknown app:1.0.0 {why}")]
    );
}

#[test]
fn what_was_not_committed_then_leaves_only_its_image_unknown() {
    let project = project();
    project.image("made", "FROM acme/base\nCOPY made /\n");
    project.write(".git/info/exclude", "/target\nmade\n");
    project.write("images/made/made", "x");
    project.git(&["add", "--force", "images/made/Image.toml", "images/made/Dockerfile"]);
    project.git(&["commit", "--quiet", "--message=x"]);
    assert_eq!(
        project.since("HEAD"),
        ["unknown made:1.0.0 (what it was cannot be told: `made` is not in the context)"]
    );
}

#[test]
fn the_commit_is_checked_out_as_git_does_it() {
    let project = Project::new();
    project.image("base", "FROM scratch\nCOPY . /\n");
    project.write("images/base/tool", "#!/bin/sh\n");
    fs::set_permissions(project.path("images/base/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("tool", project.path("images/base/link")).unwrap();
    project.write("images/base/hidden", "left out of archives");
    project.write("images/base/version", "$Format:%H$");
    project.write("images/base/dos.txt", "a\r\nb\r\n");
    project.write(".gitattributes", "hidden export-ignore\nversion export-subst\ndos.txt text eol=crlf\n");
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    let files = project.checked_out().join("images/base");
    assert_eq!(fs::read_to_string(files.join("hidden")).unwrap(), "left out of archives");
    assert_eq!(fs::read_to_string(files.join("version")).unwrap(), "$Format:%H$");
    assert_eq!(fs::read_to_string(files.join("dos.txt")).unwrap(), "a\r\nb\r\n");
    assert_eq!(fs::read_link(files.join("link")).unwrap().to_str(), Some("tool"));
    assert_eq!(fs::metadata(files.join("tool")).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_checkout_is_used_again_unless_someone_changed_it() {
    use std::os::unix::fs::MetadataExt;
    let project = project();
    assert_eq!(project.since("HEAD"), NOTHING);
    let files = project.checked_out();
    let inode = || fs::metadata(&files).unwrap().ino();
    let first = inode();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_eq!(inode(), first);
    fs::write(files.join("images/base/data"), "changed by someone").unwrap();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_ne!(inode(), first);
    fs::write(files.join("images/base/more"), "added by someone").unwrap();
    let second = inode();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_ne!(inode(), second);
}

#[test]
fn submodules_are_what_they_were_then() {
    let library = Project::new();
    library.write("lib.txt", "one");
    library.commit();
    let project = Project::new();
    project.image_with(
        "base",
        "[image]\nversion = \"1.0.0\"\ncontext = \"../..\"\n",
        "FROM scratch\nCOPY lib /lib\n",
    );
    project.write("Cargo.toml", SETTINGS);
    project.commit();
    project.git(&["submodule", "--quiet", "add", library.root().as_str(), "lib"]);
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    library.write("lib.txt", "two");
    library.commit();
    git(&project.path("lib"), &["pull", "--quiet"]);
    assert_eq!(project.since("HEAD"), ["changed base:1.0.0 (`lib/lib.txt` changed)"]);
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_eq!(project.since("HEAD~1"), ["changed base:1.0.0 (`lib/lib.txt` changed)"]);
}

#[test]
fn a_workspace_below_the_repositorys_root_is_compared_with_itself() {
    let mut project = Project::new();
    project.commit();
    project.write("nested/Cargo.toml", SETTINGS);
    project.write("nested/images/base/Image.toml", "[image]\nversion = \"1.0.0\"\n");
    project.write("nested/images/base/Dockerfile", "FROM scratch\nCOPY data /\n");
    project.write("nested/images/base/data", "data");
    project.options.start = project.path("nested");
    assert_eq!(project.since("HEAD"), ["new base:1.0.0 (it was not there)"]);
    project.write(".git/info/exclude", "target\n");
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    project.write("nested/images/base/data", "other");
    assert_eq!(project.since("HEAD"), ["changed base:1.0.0 (`data` changed)"]);
}

#[test]
fn a_merge_base_leaves_out_what_came_to_the_other_branch() {
    let project = project();
    project.git(&["checkout", "--quiet", "-b", "topic"]);
    project.write("images/app/run", "topic");
    project.commit();
    project.git(&["checkout", "--quiet", "main"]);
    project.write("images/base/data", "main");
    project.commit();
    project.git(&["checkout", "--quiet", "topic"]);
    assert_eq!(project.since("main").len(), 2);
    let mut options = project.since_options("main");
    options.revision.merge_base = true;
    let comparison = project.try_since(&options).unwrap();
    assert_eq!(comparison.affected().count(), 1);
}

#[test]
fn prepared_outputs_are_shared_with_the_commit() {
    let project = Project::new();
    let count = project.path("target/count");
    let command = format!("[\"sh\", \"-c\", \"echo x >> {count}; echo made > $0\", \"{{out}}\"]");
    let manifest =
        format!("[image]\nversion = \"1.0.0\"\n[[prepare]]\ncommand = {command}\noutput = \"made\"\n");
    project.image_with("base", &manifest, "FROM scratch\nCOPY made /\n");
    fs::create_dir_all(project.path("target")).unwrap();
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_eq!(project.read("target/count"), "x\n");
}

#[test]
fn a_commit_that_is_not_here_says_how_to_get_it() {
    let project = project();
    assert_eq!(
        project.since_refused("nope"),
        [
            "there is no commit `nope` in this clone |  | fetch it, for example `git fetch origin nope`, or mend the name"
        ]
    );
    assert_eq!(
        project.since_refused("--all"),
        [
            "there is no commit `--all` in this clone |  | fetch it, for example `git fetch origin --all`, or mend the name"
        ]
    );
    assert_eq!(
        project.since_refused("main..HEAD"),
        ["`main..HEAD` is no commit |  | --since takes one commit, and compares the work tree with it"]
    );
    assert_eq!(
        project.since_refused("HEAD^{tree}"),
        ["`HEAD^{tree}` is no commit |  | name a commit, a branch or a tag of one"]
    );
    project.git(&["tag", "--annotate", "--message=x", "v1"]);
    assert_eq!(project.since("v1"), NOTHING);
}

#[test]
fn a_shallow_clone_says_how_to_deepen_it() {
    let whole = project();
    whole.commit();
    let mut shallow = Project::new();
    let clone = shallow.path("clone");
    shallow.git(&["clone", "--quiet", "--depth=1", &format!("file://{}", whole.root()), clone.as_str()]);
    shallow.options.start = clone;
    assert_eq!(
        shallow.since_refused("HEAD~1"),
        [
            "there is no commit `HEAD~1` in this clone |  | this clone is shallow: `git fetch --unshallow`, or `git fetch --deepen N`; with actions/checkout set `fetch-depth: 0`, or fetch only that: `git fetch --depth=1 origin HEAD~1`"
        ]
    );
}

#[test]
fn without_a_checkout_there_is_nothing_to_compare_with() {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    assert_eq!(
        project.since_refused("HEAD"),
        [format!(
            "{} is in no git checkout |  | --since compares with a commit: run it in a clone",
            project.root()
        )]
    );
}
