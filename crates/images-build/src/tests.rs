//! What a build script tells cargo, on temporary workspaces.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::References;

use crate::Emit;
use crate::environment::Environment;
use crate::failure::{Failure, line};
use crate::script::Script;

struct Workspace {
    folder: tempfile::TempDir,
}

const ROOT: &str = "[workspace]\nmembers = [\"apps/*\"]\n[workspace.package]\nversion = \"7.0.0\"\n\
                    [workspace.metadata.images]\nnamespace = \"acme\"\nregistry = \"ghcr.io\"\n";

impl Workspace {
    fn new(files: &[(&str, &str)]) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(path, text)| workspace.write(path, text));
        workspace
    }

    /// A workspace with a crate `web` of version 0.2.0 in `apps/web` and an image in its folder.
    fn with_web(image: &str) -> Self {
        Self::new(&[
            ("Cargo.toml", ROOT),
            ("apps/web/Cargo.toml", "[package]\nname = \"web\"\nversion = \"0.2.0\"\n"),
            ("apps/web/Image.toml", image),
        ])
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn environment(&self, folder: &str) -> Environment {
        Environment {
            folder: self.path().join(folder),
            name: "web".to_owned(),
            version: "0.2.0".to_owned(),
            registry: None,
            is_docs_rs: false,
            out: Utf8PathBuf::new(),
        }
    }

    fn run(&self, emit: &Emit) -> Result<Script, Failure> {
        emit.run(&self.environment("apps/web"))
    }

    /// The one problem that there is.
    #[track_caller]
    fn problem(&self, emit: &Emit) -> String {
        let failure = self.run(emit).unwrap_err();
        assert_eq!(failure.0.len(), 1, "{failure:?}");
        line(&failure.0[0])
    }

    /// What makes cargo run the script again, relative to the root.
    fn watched(&self, emitted: &Script) -> Vec<String> {
        let paths = emitted.lines.iter().filter_map(|line| line.strip_prefix("rerun-if-changed="));
        paths.map(|path| Utf8Path::new(path).strip_prefix(self.path()).unwrap().to_string()).collect()
    }
}

/// The `IMAGE_` values, without `IMAGE_`.
fn values(emitted: &Script) -> Vec<&str> {
    emitted.lines.iter().filter_map(|line| line.strip_prefix("rustc-env=IMAGE_")).collect()
}

const EMPTY: [&str; 5] = ["NAME=", "VERSION=", "TAG=", "REPOSITORY=", "REFERENCE="];

fn warnings(emitted: &Script) -> Vec<&str> {
    emitted.lines.iter().filter_map(|line| line.strip_prefix("warning=")).collect()
}

#[test]
fn the_image_in_the_crates_folder_gives_the_values() {
    let workspace = Workspace::with_web("");
    let emitted = workspace.run(&Emit::new()).unwrap();
    assert_eq!(
        values(&emitted),
        [
            "NAME=web",
            "VERSION=0.2.0",
            "TAG=0.2.0",
            "REPOSITORY=ghcr.io/acme/web",
            "REFERENCE=ghcr.io/acme/web:0.2.0"
        ]
    );
    assert_eq!(warnings(&emitted), [""; 0]);
}

#[test]
fn versions_follow_the_workspaces_rules() {
    let workspace = Workspace::with_web("");
    workspace.write("images/a/Image.toml", "[image]\nversion.workspace = true\n");
    workspace.write("images/b/Image.toml", "[image]\nversion.crate = \"web\"\n");
    workspace.write(
        "images/c/Image.toml",
        "[image]\nversion = \"1.0.0+x\"\n[matrix]\nargs = { P = [\"3\", \"4\"] }\nsuffix = \"-p{P}\"\n",
    );
    workspace.write("apps/inherits/Cargo.toml", "[package]\nname = \"inherits\"\nversion.workspace = true\n");
    workspace.write("apps/inherits/Image.toml", "");
    let code = workspace.run(&Emit::new()).unwrap().code;
    for reference in ["a:7.0.0", "b:0.2.0", "c:1.0.0_x-p3", "c:1.0.0_x-p4", "inherits:7.0.0", "web:0.2.0"] {
        assert!(code.contains(&format!("reference: \"ghcr.io/acme/{reference}\"")), "{reference}: {code}");
    }
}

#[test]
fn each_tag_that_means_a_variant_is_listed() {
    let workspace = Workspace::with_web("");
    let variants = "[[variant]]\nversion = \"3.9.16\"\n[[variant]]\nversion = \"3.11.2\"\n[[variant]]\nversion = \"3.12.0-rc.1\"\n";
    workspace.write("images/python/Image.toml", variants);
    let code = workspace.run(&Emit::new()).unwrap().code;
    let tags = "tags: &[(\"3\", 1), (\"3.11\", 1), (\"3.11.2\", 1), (\"3.12.0-rc.1\", 2), (\"3.9\", 0), (\"3.9.16\", 0), (\"latest\", 1), ]";
    assert!(code.contains(tags), "{code}");
    assert!(code.contains("name: \"python\", repository: \"ghcr.io/acme/python\", default: 1"), "{code}");
}

#[test]
fn a_constant_is_named_after_its_image_and_left_out_where_two_would_have_one_name() {
    let workspace = Workspace::with_web("");
    for name in ["3d-tools", "a-b", "a_b"] {
        workspace.write(&format!("images/{name}/Image.toml"), "[image]\nversion = \"1\"\n");
    }
    let emitted = workspace.run(&Emit::new()).unwrap();
    let constants =
        emitted.code.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(": Image"));
    assert_eq!(constants.map(|(name, _)| name).collect::<Vec<_>>(), ["WEB", "_3D_TOOLS"]);
    assert_eq!(warnings(&emitted).len(), 2);
    assert!(warnings(&emitted)[0].contains("`a-b`"), "{:?}", warnings(&emitted));
    assert!(emitted.code.contains("name: \"a-b\""), "the others are in ALL");
}

#[test]
fn only_files_that_count_are_watched() {
    let workspace = Workspace::with_web("");
    workspace.write("apps/other/Cargo.toml", "[package]\nname = \"other\"\nversion = \"1.0.0\"\n");
    workspace.write("images/a/Image.toml", "[image]\nversion = \"1\"\n");
    workspace.write("images/a/Dockerfile", "FROM scratch\n");
    let emitted = workspace.run(&Emit::new()).unwrap();
    let expected = ["Cargo.toml", "apps/web/Cargo.toml", "apps/web/Image.toml", "images/a/Image.toml"];
    assert_eq!(workspace.watched(&emitted), expected);
    assert!(emitted.lines.contains(&"rerun-if-env-changed=IMAGES_REGISTRY".to_owned()));
    let emitted = workspace.run(&Emit::new().watch_folders()).unwrap();
    assert_eq!(workspace.watched(&emitted)[4..], ["apps", "images"]);
}

#[test]
fn the_registry_of_the_environment_comes_first_and_localhost_last() {
    let workspace = Workspace::with_web("");
    let mut environment = workspace.environment("apps/web");
    environment.registry = Some("localhost:5000".to_owned());
    let emitted = Emit::new().run(&environment).unwrap();
    assert_eq!(values(&emitted)[4], "REFERENCE=localhost:5000/acme/web:0.2.0");
    environment.registry = Some("https://ghcr.io".to_owned());
    let failure = Emit::new().run(&environment).unwrap_err();
    let told = "IMAGES_REGISTRY: `https://ghcr.io` is no registry; a registry is a host: `ghcr.io`, `localhost:5000`";
    assert_eq!(line(&failure.0[0]), told);
    workspace.write("Cargo.toml", &ROOT.replace("registry = \"ghcr.io\"\n", ""));
    assert_eq!(values(&workspace.run(&Emit::new()).unwrap())[4], "REFERENCE=localhost/acme/web:0.2.0");
}

#[test]
fn another_version_than_the_crates_is_refused_unless_the_image_is_named() {
    for (image, at) in
        [("[image]\nversion = \"1.0.0\"\n", "2:11"), ("[image]\nversion.workspace = true\n", "2:1")]
    {
        let workspace = Workspace::with_web(image);
        let told = workspace.problem(&Emit::new());
        assert!(told.starts_with(&format!("apps/web/Image.toml:{at}: image `web` has version ")), "{told}");
        assert!(
            told.contains(
                ", but the crate `web` in its folder has 0.2.0 (not the crate's); leave `version` out"
            ),
            "{told}"
        );
        workspace.run(&Emit::new().image("web")).unwrap();
    }
}

#[test]
fn an_image_that_is_named_must_be_there() {
    let workspace = Workspace::with_web("");
    workspace.write(
        "images/flask/Image.toml",
        "[[variant]]\nversion = \"3.1.3\"\n[[variant]]\nversion = \"2.0\"\n",
    );
    let emitted = workspace.run(&Emit::new().image("flask:2")).unwrap();
    assert_eq!(values(&emitted)[4], "REFERENCE=ghcr.io/acme/flask:2.0");
    assert_eq!(
        workspace.problem(&Emit::new().image("flsk")),
        "build.rs names the image `flsk`, which there is not; did you mean `flask`?"
    );
    assert_eq!(
        workspace.problem(&Emit::new().image("redis")),
        "build.rs names the image `redis`, which there is not; there are flask, web"
    );
    assert_eq!(
        workspace.problem(&Emit::new().image("flask:4")),
        "build.rs names `flask:4`, but `flask` has no such version; there are 3.1.3, 2.0"
    );
}

#[test]
fn what_is_wrong_with_an_image_is_told_at_its_place() {
    let workspace = Workspace::with_web("[image]\nversion.crate = \"wbe\"\n");
    assert_eq!(
        workspace.problem(&Emit::new()),
        "apps/web/Image.toml:2:1: there is no crate `wbe` (not in this workspace); did you mean `web`?"
    );
    workspace.write("apps/web/Image.toml", "[image]\nverison = \"1\"\n");
    assert!(workspace.problem(&Emit::new()).starts_with("apps/web/Image.toml:2:1: unknown key `verison`"));
    workspace.write("apps/web/Image.toml", "");
    workspace.write("images/x/Image.toml", "[image]\nname = \"web\"\nversion = \"1\"\n");
    assert!(workspace.problem(&Emit::new()).contains("two images are named `web`"));
}

#[test]
fn a_crate_without_an_image_has_empty_values_and_all_references() {
    let workspace = Workspace::with_web("");
    let emitted = Emit::new().run(&workspace.environment("tests")).unwrap();
    assert_eq!(values(&emitted), EMPTY);
    assert!(emitted.code.contains("pub const WEB: Image"));
}

/// The values are empty, and the only thing that makes the script run again is the environment.
#[track_caller]
fn is_alone(workspace: &Workspace, environment: &Environment) -> Vec<String> {
    let emitted = Emit::new().image("web").run(environment).unwrap();
    assert_eq!(values(&emitted), EMPTY);
    assert_eq!(workspace.watched(&emitted), [""; 0]);
    assert!(emitted.code.contains("pub const IS_KNOWN: bool = false;"));
    assert!(emitted.lines.contains(&"rerun-if-env-changed=IMAGES_REGISTRY".to_owned()));
    warnings(&emitted).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_package_a_vendored_copy_and_docs_rs_know_no_workspace() {
    let workspace = Workspace::with_web("");
    for mark in ["Cargo.toml.orig", ".cargo_vcs_info.json", ".cargo-checksum.json"] {
        let folder = format!("vendor/{mark}/web");
        workspace.write(&format!("{folder}/{mark}"), "");
        assert_eq!(is_alone(&workspace, &workspace.environment(&folder)), [""; 0]);
    }
    workspace
        .write("target/package/web-0.2.0/Cargo.toml", "[package]\nname = \"web\"\nversion = \"0.2.0\"\n");
    assert_eq!(is_alone(&workspace, &workspace.environment("target/package/web-0.2.0")), [""; 0]);
    let mut environment = workspace.environment("apps/web");
    environment.is_docs_rs = true;
    assert_eq!(is_alone(&workspace, &environment), [""; 0]);
    workspace.write("Cargo.toml", &ROOT.replace("[workspace]\n", "[workspace]\nexclude = [\"apps/web\"]\n"));
    assert_eq!(is_alone(&workspace, &workspace.environment("apps/web")), [""; 0]);
}

#[test]
fn a_crate_that_has_lost_its_workspace_is_warned() {
    let workspace = Workspace::new(&[("web/Cargo.toml", "[package]\nname = \"web\"\n")]);
    let told = is_alone(&workspace, &workspace.environment("web"));
    assert_eq!(told, ["this crate belongs to no workspace, so all references of images are empty"]);
    workspace.write("Cargo.toml", "[workspace]\n");
    let told = is_alone(&workspace, &workspace.environment("web"));
    assert!(told[0].ends_with("has no [workspace.metadata.images], so all references of images are empty"));
}

#[test]
fn package_workspace_names_the_root() {
    let workspace = Workspace::with_web("");
    workspace.write("Cargo.toml", "[workspace]\n");
    workspace.write("root/Cargo.toml", ROOT);
    workspace.write("root/images/a/Image.toml", "[image]\nversion = \"1\"\n");
    let package = "[package]\nname = \"web\"\nversion = \"0.2.0\"\nworkspace = \"../../root\"\n";
    workspace.write("apps/web/Cargo.toml", package);
    assert!(workspace.run(&Emit::new()).unwrap().code.contains("ghcr.io/acme/a:1"));
}

fn exact() -> Emit {
    let mut emit = Emit::new();
    emit.exact = true;
    emit
}

/// What was built, as `images build` tells it.
fn built(workspace: &Workspace, images: &[(&str, &str)]) {
    let images = images.iter().map(|(spec, name)| (spec.to_string(), name.to_string())).collect();
    workspace.write(References::PATH, &References { images }.to_text());
}

#[test]
fn keys_are_there_where_they_are_asked_for_and_the_image_was_built() {
    let workspace = Workspace::with_web("");
    workspace.write("images/a/Image.toml", "[[variant]]\nversion = \"2\"\n[[variant]]\nversion = \"1\"\n");
    built(&workspace, &[("a:2", "localhost/acme/a:key-2"), ("web:0.2.0", "localhost/acme/web:key-0")]);
    let plain = workspace.run(&Emit::new()).unwrap();
    assert!(!plain.code.contains("key-") && !plain.code.contains("fn exact"), "{}", plain.code);
    let exact = exact();
    let script = workspace.run(&exact).unwrap();
    assert!(
        script
            .code
            .contains("tag: \"2\", reference: \"ghcr.io/acme/a:2\", exact: Some(\"localhost/acme/a:key-2\")")
    );
    assert!(script.code.contains("tag: \"1\", reference: \"ghcr.io/acme/a:1\", exact: None"));
    assert!(script.code.contains("pub const fn exact(&self)"));
    assert_eq!(values(&script)[5], "EXACT=localhost/acme/web:key-0");
    let more: Vec<_> = script.lines.iter().filter(|line| !plain.lines.contains(line)).cloned().collect();
    let file = format!("rerun-if-changed={}", workspace.path().join(References::PATH));
    assert_eq!(more, [file, "rustc-env=IMAGE_EXACT=localhost/acme/web:key-0".to_owned()]);
}

#[test]
fn an_image_around_the_crate_has_no_key() {
    let exact = exact();
    for (bin, file, has_key) in [
        ("web", "README.md", false),
        ("tool", "src/bin/tool.rs", false),
        ("tool", "src/bin/tool/main.rs", false),
        ("tool", "Cargo.toml", false),
        ("tool", "src/bin/other.rs", true),
    ] {
        let workspace = Workspace::with_web(&format!("[artifacts]\nbins = [\"{bin}\"]\n"));
        let package = "[package]\nname = \"web\"\nversion = \"0.2.0\"\n[[bin]]\nname = \"tool\"\n";
        workspace.write(&format!("apps/web/{file}"), package);
        built(&workspace, &[("web:0.2.0", "localhost/acme/web:key-0")]);
        let value = values(&workspace.run(&exact).unwrap())[5].to_owned();
        assert_eq!(value == "EXACT=localhost/acme/web:key-0", has_key, "{bin} {file} {value}");
    }
}

#[test]
fn where_nothing_was_built_an_old_empty_file_is_made_once() {
    let workspace = Workspace::with_web("");
    let exact = exact();
    assert_eq!(values(&workspace.run(&exact).unwrap())[5], "EXACT=");
    let path = workspace.path().join(References::PATH);
    assert_eq!(fs::read_to_string(&path).unwrap(), "version = 1\n\n[images]\n");
    let age = fs::metadata(&path).unwrap().modified().unwrap().elapsed().unwrap();
    assert!(age.as_secs() > 40 * 365 * 86_400);
    workspace.write(References::PATH, "of a later version");
    assert_eq!(values(&workspace.run(&exact).unwrap())[5], "EXACT=");
    assert_eq!(fs::read_to_string(&path).unwrap(), "of a later version");
    let mut alone = workspace.environment("apps/web");
    alone.is_docs_rs = true;
    let script = exact.run(&alone).unwrap();
    assert!(script.code.contains("pub const fn exact(&self)"), "it compiles there as well");
    assert_eq!(values(&script)[5], "EXACT=");
}
