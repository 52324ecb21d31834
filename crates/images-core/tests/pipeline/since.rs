//! `affected --since`: what differs from a commit.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use images_core::graph::Graph;
use images_core::{Error, since};

use crate::project::{Project, SETTINGS, modified, told};
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
fn a_moved_pin_affects_what_stands_on_it_and_nothing_else() {
    let project = project();
    project.image("base", "FROM debian:12\nCOPY data /data\n");
    project.image("other", "FROM alpine:3\n");
    let pin = |name: &str, digit: &str| {
        let digest = digit.repeat(64);
        format!(
            "\n[[image]]\nreference = \"docker.io/library/{name}\"\ndigest = \"sha256:{digest}\"\nplatforms = []\nresolved = \"\"\n"
        )
    };
    let lock = |debian: &str, alpine: &str| {
        project.write(
            "Images.lock",
            format!("version = 1\n{}{}", pin("alpine:3", alpine), pin("debian:12", debian)),
        );
    };
    lock("a", "b");
    project.commit();
    lock("c", "b");
    let pinned = format!("docker.io/library/debian:12@sha256:{}", "c".repeat(64));
    assert_eq!(
        project.since("HEAD"),
        [
            format!("changed base:1.0.0 (the external image `{pinned}` changed)"),
            "changed app:1.0.0 (its parent `base:1.0.0` changed)".to_owned()
        ]
    );
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
fn a_commit_whose_pins_cannot_be_read_cannot_be_read() {
    let project = project();
    project.write("Images.lock", "version = 1\n<<<<<<< HEAD\n");
    project.commit();
    project.remove("Images.lock");
    let comparison = project.try_since(&project.since_options("HEAD")).unwrap();
    assert_eq!(comparison.unreadable[0].message, "a merge left its conflict in this file");
    assert_eq!(comparison.affected().count(), 2);
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
    project.write("images/base/loud.txt", "LOUD");
    project.write(
        ".gitattributes",
        "hidden export-ignore\nversion export-subst\ndos.txt text eol=crlf\nloud.txt filter=loud\n",
    );
    project.commit();
    project.git(&["config", "filter.loud.clean", "tr A-Z a-z"]);
    project.git(&["config", "filter.loud.smudge", "tr a-z A-Z"]);
    project.git(&["add", "--renormalize", "."]);
    project.commit();
    assert_eq!(project.git(&["show", "HEAD:images/base/loud.txt"]), "loud");
    assert_eq!(project.since("HEAD"), NOTHING);
    let files = project.checked_out().join("images/base");
    assert_eq!(fs::read_to_string(files.join("hidden")).unwrap(), "left out of archives");
    assert_eq!(fs::read_to_string(files.join("version")).unwrap(), "$Format:%H$");
    assert_eq!(fs::read_to_string(files.join("loud.txt")).unwrap(), "LOUD");
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
    let modified = modified(&project.checked_out().join("lib"));
    assert_eq!(project.since("HEAD"), NOTHING);
    assert_eq!(crate::project::modified(&project.checked_out().join("lib")), modified, "it is used again");
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
fn of_what_is_not_asked_for_nothing_is_made_for_the_commit() {
    let project = project();
    let count = project.path("target/count");
    let manifest = |word: &str| {
        let command = format!("[\"sh\", \"-c\", \"echo {word} >> {count}; echo made > $0\", \"{{out}}\"]");
        format!("[image]\nversion = \"1.0.0\"\n[[prepare]]\ncommand = {command}\noutput = \"made\"\n")
    };
    project.image_with("apart", &manifest("x"), "FROM scratch\nCOPY made /\n");
    fs::create_dir_all(project.path("target")).unwrap();
    project.commit();
    project.write("images/app/run", "other");
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    let app: Vec<_> = graph.ids().filter(|id| graph.image(*id).name == "app").collect();
    let options = project.since_options("HEAD");
    let compared = since::compare(&graph, &app, &options, &project.cancel, &project.events).unwrap();
    let affected: Vec<_> =
        compared.findings.iter().map(|finding| graph.spec(finding.id).to_string()).collect();
    assert_eq!(affected, ["app:1.0.0"]);
    assert!(!count.exists(), "apart is neither asked for nor below what is");
    assert_eq!(project.since("HEAD"), ["changed app:1.0.0 (`run` changed)"]);
    assert_eq!(project.read("target/count"), "x\n", "all are asked for");
}

#[test]
fn a_commit_that_is_not_here_says_how_to_get_it() {
    let project = project();
    assert_eq!(
        project.since_refused("nope"),
        ["there is no commit `nope` in this clone |  | mend the name: a branch, a tag, an id, or `HEAD~1`"]
    );
    assert_eq!(
        project.since_refused("--all"),
        ["there is no commit `--all` in this clone |  | mend the name: a branch, a tag, an id, or `HEAD~1`"]
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

/// A clone of the newest commit of `main` alone, as CI makes them, and a workspace in it.
fn shallow_clone_of(whole: &Project) -> Project {
    let mut shallow = Project::new();
    let clone = shallow.path("clone");
    shallow.git(&["clone", "--quiet", "--depth=1", &format!("file://{}", whole.root()), clone.as_str()]);
    shallow.options.start = clone;
    shallow
}

#[test]
fn the_commands_that_are_advised_bring_the_commit() {
    let whole = project();
    whole.git(&["tag", "v1"]);
    whole.git(&["branch", "topic"]);
    let id = whole.git(&["rev-parse", "HEAD"]);
    whole.commit();
    whole.git(&["tag", "v2"]);
    let advised = |text: &str, merge_base: bool, place: usize| {
        let shallow = shallow_clone_of(&whole);
        let mut options = shallow.since_options(text);
        options.revision.merge_base = merge_base;
        let advice = told(&shallow.try_since(&options).unwrap_err()).remove(0);
        let command = advice.split('`').filter(|word| word.starts_with("git fetch")).nth(place);
        let words: Vec<_> = command.unwrap_or_else(|| panic!("{advice}")).split(' ').skip(1).collect();
        git(&shallow.options.start, &words);
        (shallow, options)
    };
    for (text, place) in [("HEAD~1", 0), ("HEAD~1", 1), ("origin/topic", 0), ("v1", 0), (id.as_str(), 0)] {
        let (shallow, options) = advised(text, false, place);
        assert_eq!(shallow.try_since(&options).unwrap().commit, id, "{text}");
    }
    let (shallow, options) = advised("topic", false, 1);
    assert_eq!(
        told(&shallow.try_since(&options).unwrap_err()),
        ["there is no commit `topic` in this clone |  | did you mean `origin/topic`?"]
    );
    let (shallow, options) = advised("origin/topic", true, 0);
    assert_eq!(shallow.try_since(&options).unwrap().commit, id, "history reaches back to where they met");
}

#[test]
fn a_name_that_stands_for_no_commit_says_so() {
    let project = project();
    let told = |text: &str| project.since_refused(text).remove(0).split(" | ").last().unwrap().to_owned();
    assert_eq!(
        told(&"0".repeat(40)),
        "this id means that there is no commit, as before the first push of a branch: leave --since out then"
    );
    assert_eq!(told(""), "--since names nothing: is the variable set that its value is taken from?");
}

#[test]
fn a_shallow_clone_says_how_to_deepen_it() {
    let whole = project();
    whole.commit();
    let shallow = shallow_clone_of(&whole);
    assert_eq!(
        shallow.since_refused("HEAD~1"),
        [
            "there is no commit `HEAD~1` in this clone |  | this clone is shallow and ends before it: `git fetch --deepen=100`, or `git fetch --unshallow` for all of it; with actions/checkout set `fetch-depth: 0`"
        ]
    );
}

#[test]
fn a_partial_clone_gets_the_files_of_the_commit() {
    let whole = project();
    whole.git(&["config", "uploadpack.allowFilter", "true"]);
    whole.write("images/base/data", "other");
    whole.commit();
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let mut partial = Project::new();
        let clone = partial.path("clone");
        partial.git(&["clone", "--quiet", filter, &format!("file://{}", whole.root()), clone.as_str()]);
        partial.options.start = clone;
        assert_eq!(partial.since("HEAD~1")[0], "changed base:1.0.0 (`data` changed)", "{filter}");
    }
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

/// An image with a binary of the crate in its folder, which takes another crate by path.
fn with_crate() -> Project {
    let project = Project::with_settings(
        "[workspace]\nresolver = \"3\"\nmembers = [\"images/app\", \"lib\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n[profile.dev]\ndebug = false\n",
    );
    project.write(
        "images/app/Cargo.toml",
        "[package]\nname = \"krate\"\nversion = \"0.3.0\"\nedition = \"2024\"\n[[bin]]\nname = \"hello\"\npath = \"main.rs\"\n[dependencies]\nlib = { path = \"../../lib\" }\n",
    );
    project.write("lib/Cargo.toml", "[package]\nname = \"lib\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.write("lib/src/lib.rs", "pub const WORD: &str = \"hello\";\n");
    project.write("images/app/main.rs", "fn main() { println!(\"{}\", lib::WORD); }\n");
    project.image_with(
        "app",
        "[artifacts]\nbins = [\"hello\"]\nprofile = \"dev\"\n",
        "FROM scratch\nCOPY artifacts/bin/hello /\n",
    );
    project.write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"krate\"\nversion = \"0.3.0\"\ndependencies = [\"lib\"]\n\n[[package]]\nname = \"lib\"\nversion = \"0.1.0\"\n");
    project.commit();
    project
}

const OTHER_BINARY: &str = "changed app:0.3.0 (`artifacts/bin/hello` changed)";

fn by_sources(project: &Project) -> usize {
    let mut options = project.since_options("HEAD");
    options.artifacts = images_core::since::ArtifactsBy::Sources;
    project.try_since(&options).unwrap().affected().count()
}

fn cargo_ran(project: &Project) -> bool {
    project.path("target/images/cargo").exists() || project.path("target/images/cargo-since").exists()
}

#[test]
fn binaries_of_equal_sources_are_equal_and_not_built() {
    let project = with_crate();
    project.write("images/app/Dockerfile", "FROM scratch\nCOPY artifacts/bin/hello /\n# more\n");
    project.write("README.md", "of no crate");
    assert_eq!(project.since("HEAD"), ["changed app:0.3.0 (the Dockerfile changed)"]);
    project
        .write("Cargo.toml", project.read("Cargo.toml").replace("\"acme\"", "\"acme\"\nengine = \"docker\""));
    assert_eq!(project.since("HEAD"), ["changed app:0.3.0 (the Dockerfile changed)"]);
    assert!(!cargo_ran(&project));
}

#[test]
fn binaries_of_other_sources_are_built_on_both_sides_and_compared() {
    let project = with_crate();
    project.write("lib/README.md", "for people");
    assert_eq!(by_sources(&project), 1, "sources alone cannot tell");
    assert!(!cargo_ran(&project));
    assert_eq!(project.since("HEAD"), NOTHING, "the bytes are the same");
    assert!(cargo_ran(&project));
    project.write("lib/src/lib.rs", "pub const WORD: &str = \"other\";\n");
    assert_eq!(project.since("HEAD"), [OTHER_BINARY]);
    assert_eq!(by_sources(&project), 1);
    project.git(&["checkout", "--quiet", "--", "lib"]);
    project.write("images/app/main.rs", "fn main() {}\n");
    project.commit();
    assert_eq!(project.since("HEAD~1"), [OTHER_BINARY]);
    assert_eq!(project.since("HEAD"), NOTHING);
}

#[test]
fn sources_that_may_lie_elsewhere_are_not_taken_for_equal() {
    let project = with_crate();
    project.write("text", "one");
    project.write("images/app/main.rs", "fn main() { println!(include_str!(\"../../text\")); }\n");
    project.commit();
    assert_eq!(project.since("HEAD"), NOTHING);
    assert!(cargo_ran(&project), "a file of another folder is included");
    project.write("text", "two");
    assert_eq!(project.since("HEAD"), [OTHER_BINARY]);
}

#[test]
fn another_configuration_of_cargo_or_way_to_build_is_another_binary() {
    let project = with_crate();
    project.write(".cargo/config.toml", "[build]\nrustflags = [\"-Copt-level=1\"]\n");
    assert_eq!(project.since("HEAD"), [OTHER_BINARY]);
    project.remove(".cargo");
    project.write("images/app/Image.toml", "[artifacts]\nbins = [\"hello\"]\nprofile = \"release\"\n");
    assert_eq!(project.since("HEAD"), [OTHER_BINARY]);
    assert!(!cargo_ran(&project));
}

#[test]
fn a_binary_that_could_not_be_built_then_is_affected() {
    let project = with_crate();
    project.write("images/app/main.rs", "fn main() { nothing }\n");
    project.commit();
    project.write("images/app/main.rs", "fn main() {}\n");
    assert_eq!(project.since("HEAD"), ["unknown app:0.3.0 (what it was cannot be told: cargo build failed)"]);
}

/// What `check --since HEAD` tells.
fn unbumped(project: &Project) -> Vec<String> {
    let workspace = project.load();
    let graph = images_core::graph::Graph::of(&workspace, 2).unwrap();
    let options = project.since_options("HEAD");
    let comparison =
        images_core::since::compare(&graph, &graph.order, &options, &project.cancel, &project.events)
            .unwrap();
    match images_core::since::unbumped(&graph, &comparison, "HEAD") {
        Ok(found) => told(&Error::Refused(found)),
        Err(error) => told(&error),
    }
}

#[test]
fn what_differs_needs_another_version_and_so_does_what_stands_on_it() {
    let project = project();
    project.write("images/base/data", "other");
    let base = "images/base/Image.toml:2 [\"1.0.0\"] `base:1.0.0` differs from `HEAD` in spite of the same version | `data` changed | cargo xtask images bump base --patch";
    let app = "images/app/Image.toml:2 [\"1.0.0\"] `app:1.0.0` differs from `HEAD` in spite of the same version | its parent `base:1.0.0` changed | it only follows `base:1.0.0`: cargo xtask images bump base --patch --cascade, or by itself cargo xtask images bump app --patch";
    assert_eq!(unbumped(&project), [base, app]);
    project.write("images/base/Image.toml", "[image]\nversion = \"1.0.1\"\n");
    let alone = app.replace("cargo xtask images bump base --patch --cascade, or by itself ", "");
    assert_eq!(unbumped(&project), [alone.replace("base:1.0.0", "base:1.0.1")]);
    project.write("images/app/Image.toml", "[image]\nversion = \"1.1.0\"\n");
    assert_eq!(unbumped(&project), NOTHING);
}

#[test]
fn the_command_that_mends_names_the_version_where_an_image_has_several() {
    let project = project();
    let commands = |manifest: &str| {
        project.image_with("app", manifest, "FROM scratch\n");
        project.commit();
        project.write("images/app/Dockerfile", "FROM scratch\n# more\n");
        let told = unbumped(&project).into_iter();
        told.map(|told| told.split(" | ").last().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        commands(
            "[[variant]]\nversion = \"1.0.0\"\n[[variant]]\nversion = \"2.0.0-rc.1\"\nsuffix = \"-x\"\n"
        ),
        ["cargo xtask images bump app:1.0.0 --patch", "cargo xtask images bump app:2.0.0-rc.1-x --pre rc"]
    );
    assert_eq!(
        commands("[image]\nversion = \"1.0.0\"\n[[variant]]\n[[variant]]\nsuffix = \"-x\"\n"),
        ["cargo xtask images bump app --patch"],
        "both have it from one place"
    );
}

#[test]
fn a_version_that_goes_back_is_a_warning() {
    let project = project();
    project.write("images/app/Image.toml", "[image]\nversion = \"0.9.0\"\n");
    assert_eq!(
        unbumped(&project),
        [
            "images/app/Image.toml:2 [\"0.9.0\"] `app:0.9.0` goes back: it was app:1.0.0 at `HEAD` | an older version | `check --published` tells whether it is published with other content"
        ]
    );
}

#[test]
fn what_is_never_published_needs_no_other_version() {
    let project = project();
    project.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\npublish = false\n");
    project.write("images/base/data", "other");
    project.image("new", "FROM scratch\n");
    assert_eq!(unbumped(&project).len(), 1, "the published one on it still does");
}

#[test]
fn a_version_is_shown_where_it_is_written() {
    let place = |manifest: &str, more: &[(&str, &str)]| {
        let project = Project::with_settings(
            "[workspace]\nresolver = \"3\"\nmembers = [\"images/app\"]\n[workspace.package]\nversion = \"0.7.0\"\n[workspace.metadata.images]\nnamespace = \"acme\"\n",
        );
        let krate = "[package]\nname = \"krate\"\nversion = \"0.3.0\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n";
        project.write("images/app/Cargo.toml", krate);
        project.write("images/app/lib.rs", "");
        more.iter().for_each(|(path, text)| project.write(path, text));
        project.image_with("app", manifest, "FROM scratch\n");
        project.commit();
        project.write("images/app/Dockerfile", "FROM scratch\n# more\n");
        unbumped(&project)
            .iter()
            .map(|told| told.split(" `app").next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(place("", &[]), ["images/app/Cargo.toml:3 [\"0.3.0\"]"]);
    assert_eq!(place("[image]\nversion.crate = \"krate\"\n", &[]), ["images/app/Cargo.toml:3 [\"0.3.0\"]"]);
    assert_eq!(place("[image]\nversion.workspace = true\n", &[]), ["Cargo.toml:5 [\"0.7.0\"]"]);
    let inherits = "[package]\nname = \"krate\"\nversion.workspace = true\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n";
    assert_eq!(place("", &[("images/app/Cargo.toml", inherits)]), ["Cargo.toml:5 [\"0.7.0\"]"]);
    let variants = "[[variant]]\nversion = \"12\"\n[[variant]]\nversion = \"13\"\n";
    assert_eq!(
        place(variants, &[]),
        ["images/app/Image.toml:2 [\"12\"]", "images/app/Image.toml:4 [\"13\"]"]
    );
    let suffixes =
        "[image]\nversion = \"2.0.0\"\n[[variant]]\nsuffix = \"-a\"\n[[variant]]\nsuffix = \"-b\"\n";
    assert_eq!(place(suffixes, &[]), ["images/app/Image.toml:2 [\"2.0.0\"]"], "one error for one place");
}

#[test]
fn versions_of_an_unreadable_commit_cannot_be_compared() {
    let project = project();
    project.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\nnovelty = 1\n");
    project.commit();
    project.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\n");
    assert_eq!(
        unbumped(&project),
        [
            "versions cannot be compared with those of `HEAD`, whose images cannot be read |  | compare with a later commit, whose manifests this version reads"
        ]
    );
}
