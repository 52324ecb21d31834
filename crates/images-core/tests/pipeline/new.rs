//! `new`: a member is written whole or not at all, and loads, checks and builds without an edit.

use images_core::Error;
use images_core::new::{New, Request, Template, new};

use crate::project::{Project, told};

fn request(name: &str, from: &str, template: Template) -> Request {
    Request { name: name.to_owned(), from: Some(from.to_owned()), template, path: None }
}

fn at(name: &str, path: &str) -> Request {
    Request { path: Some(path.into()), ..request(name, "scratch", Template::Plain) }
}

impl Project {
    fn try_new(&self, request: &Request) -> Result<New, Error> {
        new(&self.options, request, &self.cancel)
    }

    /// Writes a new image; the paths that were written.
    #[track_caller]
    fn add(&self, request: &Request) -> Vec<String> {
        let new = self.try_new(request).unwrap_or_else(|error| panic!("{:#?}", told(&error)));
        new.write().unwrap();
        new.edits.paths().into_iter().map(|path| path.to_string()).collect()
    }

    #[track_caller]
    fn not_new(&self, request: &Request) -> Vec<String> {
        told(&self.try_new(request).map(|new| new.edits.diff()).unwrap_err())
    }

    /// All files and folders, apart from caches.
    fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut waiting = vec![self.root()];
        while let Some(folder) = waiting.pop() {
            for entry in folder.read_dir_utf8().unwrap() {
                let path = entry.unwrap().into_path();
                if path.is_dir() {
                    waiting.push(path.clone());
                }
                found.push(path.strip_prefix(self.root()).unwrap().to_string());
            }
        }
        found.sort();
        found
    }
}

#[test]
fn a_plain_image_stands_on_a_member_by_the_version_that_is_selected() {
    let project = Project::new();
    project.image("os", "FROM scratch\n");
    assert_eq!(
        project.add(&request("tool", "os", Template::Plain)),
        ["images/tool/Dockerfile", "images/tool/Image.toml"]
    );
    assert_eq!(
        project.read("images/tool/Image.toml"),
        "[image]\nversion = \"0.1.0\"\ndescription = \"tool\"\n"
    );
    assert_eq!(
        project.read("images/tool/Dockerfile"),
        "FROM acme/os:1.0.0\n\n\
         # COPY brings files of this folder into the image, RUN runs a command in it, CMD says what it starts.\n"
    );
    assert_eq!(project.edges(), ["os:1.0.0 <- ", "tool:0.1.0 <- os:1.0.0"]);
    assert_eq!(project.built(), ["os:1.0.0", "tool:0.1.0"]);
}

#[test]
fn a_script_runs_by_the_python_of_its_parent() {
    let project = Project::new();
    project.image_with(
        "python",
        "[[variant]]\nversion = \"3.11.2\"\n[[variant]]\nversion = \"3.13.5\"\n",
        "FROM scratch\n",
    );
    project.add(&request("job", "python:3.11", Template::Python));
    assert_eq!(
        project.read("images/job/Dockerfile"),
        "FROM acme/python:3.11\nCOPY main.py /srv/main.py\nENTRYPOINT [\"python3\", \"/srv/main.py\"]\n"
    );
    assert_eq!(project.read("images/job/main.py"), "print(\"Hello from job!\")\n");
    assert_eq!(project.edges()[0], "job:0.1.0 <- python:3.11.2");
    assert_eq!(
        project.not_new(&request("other", "scratch", Template::Python)),
        ["a Python image needs a parent that has Python |  | name one, for example `--from python`"]
    );
}

#[test]
fn a_crate_becomes_a_member_of_both_kinds_and_inherits_what_the_workspace_offers() {
    let project = Project::with_settings(
        "[workspace]\nresolver = \"3\"\nmembers = [\n    \"tools/*\", # ours\n]\n\n[workspace.package]\nversion = \"7.0.0\"\n\
         edition = \"2021\"\nlicense = \"MIT\"\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n\n\
         [workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"images/*\"]\n\n\
         [workspace.metadata.images.image]\nlicenses = \"MIT\"\nversion = \"9\"\n",
    );
    project.write("tools/t/Cargo.toml", "[package]\nname = \"t\"\n");
    project.write("tools/t/src/lib.rs", "");
    let rust = |path: &str| Request { path: Some(path.into()), ..request("api", "scratch", Template::Rust) };
    let shown = project.try_new(&rust("services/api")).unwrap();
    assert_eq!(
        shown.edits.diff().lines().skip(1).take_while(|line| *line != "--- /dev/null").collect::<Vec<_>>(),
        [
            "+++ b/Cargo.toml",
            "@@ -2,6 +2,7 @@",
            " resolver = \"3\"",
            " members = [",
            "     \"tools/*\", # ours",
            "+    \"services/api\",",
            " ]",
            " ",
            " [workspace.package]",
            "@@ -14,7 +15,7 @@",
            " ",
            " [workspace.metadata.images]",
            " namespace = \"acme\"",
            "-members = [\"images/*\"]",
            "+members = [\"images/*\", \"services/api\"]",
            " ",
            " [workspace.metadata.images.image]",
            " licenses = \"MIT\"",
        ]
    );
    project.add(&rust("services/api"));
    assert_eq!(
        project.read("services/api/Cargo.toml"),
        "[package]\nname = \"api\"\nversion = \"0.1.0\"\nedition.workspace = true\nlicense.workspace = true\n\n\
         [lints]\nworkspace = true\n"
    );
    assert_eq!(
        project.read("services/api/Image.toml"),
        "[image]\ndescription = \"api\"\nlicenses.workspace = true\n\n[artifacts]\nbins = [\"api\"]\nstatic = true\n"
    );
    assert_eq!(
        project.read("services/api/Dockerfile"),
        "FROM scratch\nCOPY artifacts/bin/api /api\nENTRYPOINT [\"/api\"]\n"
    );
    assert_eq!(project.built(), ["api:0.1.0"]);
}

#[test]
fn the_folder_is_the_first_that_the_globs_name_and_for_a_crate_apps() {
    let project = Project::with_settings(
        "[workspace]\nmembers = [\"apps/*\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n\
         members = [\"apps/*\", \"bases/*\"]\n",
    );
    project.write("apps/t/Cargo.toml", "[package]\nname = \"t\"\n");
    project.write("apps/t/src/lib.rs", "");
    let plain = project.try_new(&request("a", "scratch", Template::Plain)).unwrap();
    assert_eq!(plain.folder, "bases/a", "cargo would take apps/a for a crate");
    assert_eq!(
        project.not_new(&at("a", "apps/a")),
        ["cargo takes `apps/a` for a crate, since `members` of [workspace] name it |  | \
          name another folder with --path, or use `--template rust`"]
    );
    let rust = project.try_new(&request("b", "scratch", Template::Rust)).unwrap();
    assert_eq!(
        (rust.folder.as_str(), rust.edits.paths().len()),
        ("apps/b", 4),
        "Cargo.toml is left as it is"
    );
    project.add(&at("c", "deep/er/d"));
    assert_eq!(
        project.read("deep/er/d/Image.toml"),
        "[image]\nname = \"c\"\nversion = \"0.1.0\"\ndescription = \"c\"\n"
    );
    assert!(project.read("Cargo.toml").ends_with("members = [\"apps/*\", \"bases/*\", \"deep/er/d\"]\n"));
    assert_eq!(project.edges(), ["c:0.1.0 <- "]);
}

#[test]
fn the_host_before_the_namespace_is_the_neighbours() {
    let project = Project::with_settings(
        "[workspace]\n[workspace.metadata.images]\nnamespace = \"acme\"\nregistry = \"ghcr.io\"\n",
    );
    project.image("os", "FROM scratch\n");
    let from = |project: &Project| project.try_new(&request("x", "os", Template::Plain)).unwrap().from;
    assert_eq!(from(&project), "acme/os:1.0.0");
    project.image("a", "from ghcr.io/acme/os\n");
    assert_eq!(from(&project), "ghcr.io/acme/os:1.0.0");
}

#[test]
fn where_the_policy_forbids_root_there_is_a_user() {
    let project = Project::with_settings(
        "[workspace]\n[workspace.metadata.images]\nnamespace = \"acme\"\npolicy.forbid-root = true\n",
    );
    project.image("os", "FROM scratch\nUSER app\n");
    project.add(&request("x", "scratch", Template::Plain));
    assert!(project.read("images/x/Dockerfile").ends_with("\nUSER 65532:65532\n"));
    project.add(&request("y", "os", Template::Plain));
    assert!(!project.read("images/y/Dockerfile").contains("USER"));
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let project = Project::with_settings(
        "[workspace]\nexclude = [\"old\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\nexternal = [\"legacy\"]\n\
         exclude = [\"images/no*\"]\n",
    );
    project.image("python", "FROM scratch\n");
    let before = project.tree();
    let plain = |name: &str, from: &str| request(name, from, Template::Plain);
    let rust = |name: &str| request(name, "scratch", Template::Rust);
    let old = Request { path: Some("old/x".into()), ..rust("x") };
    let is_there = "name another folder with --path, or remove it";
    for (request, told) in [
        (plain("python", "scratch"), "images/python/Image.toml:1 [] there is an image `python` already | in images/python | take another name".to_owned()),
        (plain("legacy", "scratch"), "`legacy` is an image of this namespace that lives elsewhere |  | take another name, or take it out of `external` in [workspace.metadata.images]".to_owned()),
        (plain("x", "pyhton"), "no image of this workspace is named `pyhton` |  | did you mean `python`? one from elsewhere is named in full: `docker.io/library/pyhton`".to_owned()),
        (plain("x", "ruby"), "no image of this workspace is named `ruby` |  | one from elsewhere is named with its tag: `ruby:1.2`; members are listed by `images list`".to_owned()),
        (plain("x", "acme/pyhton"), "no image of this workspace is named `pyhton` |  | did you mean `python`?".to_owned()),
        (plain("x", "python:2"), "`python` has no version `2` |  | there are: 1.0.0".to_owned()),
        (plain("x", "ghcr.io/Acme/x"), "repository name `Acme/x` must be lowercase |  | write `acme/x`".to_owned()),
        (plain("no-more", "scratch"), "Cargo.toml:6 [\"images/no*\"] `images/no-more` is excluded from the images | by this | name another folder with --path".to_owned()),
        (at("x", "images/python"), format!("`images/python` is there already |  | {is_there}")),
        (at("x", "Cargo.toml/x"), "`Cargo.toml` is a file, so there can be no `Cargo.toml/x` |  | name another folder with --path".to_owned()),
        (at("x", "../x"), format!("`../x` is no folder below the workspace's root |  | name one below {}", project.root())),
        (at("x", "."), format!("`.` is no folder below the workspace's root |  | name one below {}", project.root())),
        (at("x", "a*b"), "`a*b` cannot be written as a member |  | name a folder without `*`, `?`, brackets, quotes and backslashes".to_owned()),
        (rust("match"), "cargo keeps `match` for itself |  | take another name".to_owned()),
        (rust("a.b"), "`a.b` is no name for a crate |  | a crate's name is letters, digits, `-` and `_`, and starts with a letter; take another name".to_owned()),
        (old, "`exclude` of [workspace] keeps cargo from `old/x`: \"old\" |  | name another folder with --path".to_owned()),
    ] {
        assert_eq!(project.not_new(&request), [told]);
    }
    assert_eq!(project.tree(), before);
}

#[test]
fn a_failure_on_the_way_leaves_nothing() {
    let project = Project::new();
    let before = project.tree();
    let new = project.try_new(&at("x", "a/b/x")).unwrap();
    project
        .write("Cargo.toml", "[workspace]\n# changed\n[workspace.metadata.images]\nnamespace = \"acme\"\n");
    let changed =
        "Cargo.toml changed while the edits were made, so nothing is written |  | run the command again";
    assert_eq!(told(&new.write().unwrap_err()), [changed]);
    assert_eq!(project.tree(), before);

    let new = project.try_new(&at("x", "a/b/x")).unwrap();
    std::fs::create_dir_all(project.path("a/b/x")).unwrap();
    let refusal = told(&new.write().unwrap_err());
    let is_there = "`a/b/x` is there already |  | name another folder with --path, or remove it";
    assert_eq!(refusal, [is_there], "though it is empty");
    project.remove("a");
    assert_eq!(project.tree(), before);

    project.write("a", "a file");
    let refusal = told(&new.write().unwrap_err());
    assert_eq!(refusal, ["`a` is a file, so there can be no `a/b/x` |  | name another folder with --path"]);
    project.remove("a");
    assert_eq!(project.tree(), before);
}
