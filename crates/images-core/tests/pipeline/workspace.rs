//! Members, manifests, versions and variants; every error with its file, line and span.

use std::os::unix::fs::symlink;

use images_core::workspace::Workspace;

use crate::project::{Project, SETTINGS};

/// Cargo.toml with these lines under `[workspace.metadata.images]`.
fn with(settings: &str) -> Project {
    Project::with_settings(&format!("{SETTINGS}{settings}\n"))
}

/// What is wrong with one image of this Image.toml.
fn wrong(manifest: &str) -> Vec<String> {
    let project = Project::new();
    project.image_with("app", manifest, "FROM scratch\n");
    project.problems()
}

/// The one thing that is wrong with it, up to its label.
pub(crate) fn first(manifest: &str) -> String {
    let mut found = wrong(manifest);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn names(workspace: &Workspace) -> Vec<&str> {
    workspace.images.iter().map(|image| image.name.as_str()).collect()
}

/// `TAG` of each variant, the default one with a star.
pub(crate) fn tags(workspace: &Workspace) -> Vec<String> {
    let variants = workspace.images.iter().flat_map(|image| &image.variants);
    variants.map(|variant| format!("{}{}", variant.tag, if variant.is_default { "*" } else { "" })).collect()
}

#[test]
fn members_are_what_the_globs_name_and_have_an_image_toml() {
    let project =
        with("members = [\"images/*\", \"deep/**\", \"one\"]\nexclude = [\"images/b*\", \"deep/x\"]");
    for folder in ["images/a", "images/b", "images/.hidden", "deep/x/y", "deep/z", "one", "two", "target/c"] {
        project.write(&format!("{folder}/Image.toml"), "[image]\nversion = \"1\"\n");
        project.write(&format!("{folder}/Dockerfile"), "FROM scratch\n");
    }
    project.write("images/none/Dockerfile", "FROM scratch\n");
    project.write("images/file", "");
    assert_eq!(names(&project.load()), ["a", "one", "z"]);
}

#[test]
fn without_members_images_and_apps_are_looked_into() {
    let project = Project::new();
    for folder in ["images/a", "apps/b", "other/c", "images/d/e"] {
        project.write(&format!("{folder}/Image.toml"), "[image]\nversion = \"1\"\n");
        project.write(&format!("{folder}/Dockerfile"), "FROM scratch\n");
    }
    assert_eq!(names(&project.load()), ["a", "b"]);
}

#[test]
fn the_root_may_be_an_image_and_target_is_never_looked_into() {
    let project = with("members = [\".\", \"**\"]");
    project.write("Image.toml", "[image]\nname = \"root\"\nversion = \"1\"\n");
    project.write("Dockerfile", "FROM scratch\n");
    project.write("target/x/Image.toml", "[image]\nversion = \"1\"\n");
    project.write("sub/target/Image.toml", "[image]\nversion = \"1\"\n");
    project.write("sub/target/Dockerfile", "FROM scratch\n");
    assert_eq!(names(&project.load()), ["root", "target"]);
}

#[test]
fn a_folder_named_without_a_glob_must_be_an_image() {
    for members in ["[\"images/gone\", \"images/*\"]", "[\"images/*\", \"images/gone\"]"] {
        let project = with(&format!("members = {members}"));
        project.write("images/gone/Dockerfile", "FROM scratch\n");
        assert_eq!(
            project.problems(),
            [
                "Cargo.toml:4 [\"images/gone\"] member `images/gone` is no image | no Image.toml there | create images/gone/Image.toml, or take the entry out"
            ]
        );
    }
}

#[test]
fn bad_globs_are_told_at_their_place() {
    let told = |settings: &str| with(settings).problems();
    assert_eq!(
        told("members = [\"../x\"]"),
        [
            "Cargo.toml:4 [\"../x\"] `../x` leaves the workspace | outside | members are folders below the workspace's root"
        ]
    );
    assert_eq!(
        told("exclude = [\"/x\"]")[0].split(" | ").next().unwrap(),
        "Cargo.toml:4 [\"/x\"] `/x` leaves the workspace"
    );
    assert!(told("members = [\"a[\"]")[0].starts_with("Cargo.toml:4 [\"a[\"] bad glob `a[` | "));
    assert_eq!(
        told("default-members = [\"images/x\"]"),
        [
            "Cargo.toml:4 [\"images/x\"] default member `images/x` is no member | no image of this workspace is there | add it to `members`, or take it out of `exclude`"
        ]
    );
}

#[test]
fn settings_that_make_no_repository_are_refused() {
    let told = |text: &str| Project::with_settings(text).problems()[0].clone();
    let settings = |lines: &str| format!("[workspace]\n[workspace.metadata.images]\n{lines}\n");
    assert_eq!(
        told(&settings("namespace = \"Acme\"")),
        "Cargo.toml:3 [\"Acme\"] `Acme` is no namespace | not a path | a namespace is lower-case letters, digits and single separators: `acme`, `acme/images`"
    );
    for registry in ["ghcr", "ghcr.io/x", "a b", "https://ghcr.io"] {
        assert_eq!(
            told(&settings(&format!("namespace = \"a\"\nregistry = \"{registry}\""))),
            format!(
                "Cargo.toml:4 [\"{registry}\"] `{registry}` is no registry | not a host | a registry is a host with a dot or a port, or localhost: `ghcr.io`, `localhost:5000`"
            )
        );
    }
    assert_eq!(
        told(&settings("namespace = \"a\"\nnamspace = \"b\""))
            .split(" | ")
            .last()
            .unwrap()
            .split('?')
            .next()
            .unwrap(),
        "did you mean `namespace`"
    );
    assert_eq!(
        told("[workspace]\n"),
        "Cargo.toml:1 [] this workspace says nothing of images | no [workspace.metadata.images] | add, for example:\n[workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"images/*\"]"
    );
    assert!(told("[workspace\n").starts_with("Cargo.toml:1 ["));
}

#[test]
fn the_command_lines_registry_wins_and_must_be_one() {
    let mut project = with("registry = \"ghcr.io\"");
    assert_eq!(project.load().registry.as_deref(), Some("ghcr.io"));
    project.options.registry = Some("localhost:5000".to_owned());
    assert_eq!(project.load().registry.as_deref(), Some("localhost:5000"));
    project.options.registry = Some("nohost".to_owned());
    assert_eq!(
        project.problems(),
        [
            "`nohost` is no registry |  | a registry is a host with a dot or a port, or localhost: `ghcr.io`, `localhost:5000`"
        ]
    );
}

#[test]
fn the_root_is_found_from_below_and_by_a_members_manifest() {
    let mut project = Project::new();
    project.image("a", "FROM scratch\n");
    project.write("images/a/Cargo.toml", "[package]\nname = \"a\"\n");
    let root = project.root();
    project.options.start = project.path("images/a");
    assert_eq!(project.load().root, root);
    project.options.start = "/".into();
    for manifest in ["Cargo.toml", "images/a/Cargo.toml"] {
        project.options.manifest_path = Some(project.path(manifest));
        assert_eq!(project.load().root, root, "{manifest}");
    }
    project.options.manifest_path = Some(project.path("images/Cargo.toml"));
    assert_eq!(project.problems().len(), 1);
    project.options.manifest_path = None;
    project.options.start = "/proc".into();
    assert_eq!(
        project.problems(),
        [
            "no Cargo.toml with a [workspace] in /proc or above |  | run this within a Cargo workspace, or name one with --manifest-path"
        ]
    );
}

#[test]
fn unknown_keys_are_errors_that_list_the_allowed_ones() {
    assert_eq!(
        first("[image]\nverison = \"1\"\n"),
        "images/app/Image.toml:2 [verison] unknown key `verison` | not a key that exists here | did you mean `version`? allowed here: name, version, description, authors, licenses, source, documentation, url, vendor, dockerfile, context, target, platforms, publish, aliases, modes"
    );
    assert!(
        first("[policy]\nname = \"x\"\n")
            .starts_with("images/app/Image.toml:1 [policy] unknown key `policy` | ")
    );
    assert!(
        first("[image]\nversion = 1\n").starts_with("images/app/Image.toml:2 [1] invalid type: integer `1`")
    );
    assert!(first("[image\n").starts_with("images/app/Image.toml:1 ["));
}

#[test]
fn names_versions_and_tags_that_cannot_be_are_refused() {
    assert_eq!(
        first("[image]\nname = \"My App\"\nversion = \"1\"\n"),
        "images/app/Image.toml:2 [\"My App\"] `My App` is no name for an image | not a part of a repository | a name is lower-case letters, digits and single separators; set `name` under [image]"
    );
    assert!(first("[image]\nname = \"a/b\"\nversion = \"1\"\n").contains("`a/b` is no name for an image"));
    assert_eq!(
        first("[image]\nversion = \"1 2\"\n"),
        "images/app/Image.toml:2 [\"1 2\"] `1 2` is no version | a tag cannot have ' ' here | a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them"
    );
    assert_eq!(
        first("[image]\nversion = \"1\"\n[[variant]]\nsuffix = \"/x\"\n"),
        "images/app/Image.toml:4 [\"/x\"] `1/x` is no legal tag | a tag cannot have '/' here | shorten or change `suffix`"
    );
    assert_eq!(
        first(""),
        "images/app/Image.toml:1 [] image `app` has no version | no `version`, and no crate in this folder | set `version` under [image], or give every [[variant]] one"
    );
}

#[test]
fn two_images_of_one_name_are_told_with_both_places() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.image_with("b", "[image]\nname = \"a\"\nversion = \"1\"\n", "FROM scratch\n");
    assert_eq!(
        project.problems(),
        [
            "images/b/Image.toml:2 [\"a\"] two images are named `a` | also in images/a/Image.toml | give one of them another `name`"
        ]
    );
}

#[test]
fn two_variants_with_one_tag_are_refused() {
    assert_eq!(
        first("[[variant]]\nversion = \"1\"\n[[variant]]\nversion = \"1\"\nargs = { A = \"b\" }\n"),
        "images/app/Image.toml:4 [\"1\"] two variants of `app` have the tag `1` | the second one | tell them apart by `version` or `suffix`"
    );
    assert!(
        first("[image]\nversion = \"1+x\"\n[[variant]]\n[[variant]]\nversion = \"1\"\nsuffix = \"_x\"\n")
            .contains("have the tag `1_x`")
    );
    assert!(
        first("[image]\nversion = \"1\"\n[matrix]\nargs = { A = [\"x\", \"y\"] }\n")
            .contains("two variants of `app` have the tag `1`")
    );
}

#[test]
fn a_dockerfile_must_be_there_and_in_the_repository() {
    let project = Project::new();
    project.write("images/app/Image.toml", "[image]\nversion = \"1\"\n");
    assert_eq!(
        project.problems(),
        [
            "images/app/Image.toml:1 [] there is no images/app/Dockerfile | this image has no Dockerfile | create it, or name another with `dockerfile` under [image]"
        ]
    );
    project.write("images/app/Image.toml", "[image]\nversion = \"1\"\ndockerfile = \"../x.Dockerfile\"\n");
    assert_eq!(
        project.problems(),
        [
            "images/app/Image.toml:3 [\"../x.Dockerfile\"] there is no images/x.Dockerfile | this image has no Dockerfile | create it, or name another with `dockerfile` under [image]"
        ]
    );
    project.write("images/x.Dockerfile", "FROM scratch\n");
    assert_eq!(project.problems(), Vec::<String>::new());
    project
        .write("images/app/Image.toml", "[image]\nversion = \"1\"\ndockerfile = \"../../../x.Dockerfile\"\n");
    assert_eq!(
        project.problems()[0].split(" | ").next().unwrap(),
        "images/app/Image.toml:3 [\"../../../x.Dockerfile\"] the Dockerfile is outside of the repository"
    );
}

#[test]
fn a_dockerfile_is_no_link_out_of_the_repository() {
    let project = Project::new();
    project.write("images/app/Image.toml", "[image]\nversion = \"1\"\n");
    symlink("/etc/hostname", project.path("images/app/Dockerfile")).unwrap();
    assert_eq!(
        project.problems(),
        [format!(
            "images/app/Image.toml:1 [] the Dockerfile is outside of the repository | leads to /etc/hostname | a Dockerfile stays inside {}",
            project.root()
        )]
    );
}

#[test]
fn a_workspace_may_be_reached_through_a_link() {
    let mut project = Project::with_settings(
        "[workspace]\nmembers = [\"images/app\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n",
    );
    project.write(
        "images/app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"1.2.3\"\nedition = \"2024\"\n",
    );
    project.write("images/app/src/main.rs", "fn main() {}\n");
    project.image_with("app", "", "FROM scratch\n");
    project.write("images/none/Image.toml", "[image]\nversion = \"1\"\n");
    let folder = tempfile::tempdir().unwrap();
    let link = camino::Utf8PathBuf::try_from(folder.path().join("link")).unwrap();
    symlink(project.root(), &link).unwrap();
    project.options.start = link;
    assert!(project.problems()[0].contains("there is no images/none/Dockerfile"));
    project.write("images/none/Dockerfile", "FROM scratch\n");
    assert_eq!(tags(&project.load()), ["1.2.3*", "1*"]);
}

#[test]
fn a_context_must_be_a_folder_in_the_repository() {
    let context = |text: &str| first(&format!("[image]\nversion = \"1\"\ncontext = \"{text}\"\n"));
    assert!(context("../../..").starts_with(
        "images/app/Image.toml:3 [\"../../..\"] the context is outside of the repository | leads to /"
    ));
    assert_eq!(
        context("gone"),
        "images/app/Image.toml:3 [\"gone\"] the context does not exist | no such folder | paths are relative to Image.toml"
    );
    assert_eq!(
        context("Dockerfile"),
        "images/app/Image.toml:3 [\"Dockerfile\"] the context is no folder | a file | name the folder that holds the files"
    );
    let project = Project::new();
    project.image_with("app", "[image]\nversion = \"1\"\ncontext = \"out\"\n", "FROM scratch\n");
    symlink("/usr", project.path("images/app/out")).unwrap();
    assert!(project.problems()[0].contains("the context is outside of the repository | a link to /usr | "));
}

#[test]
fn a_checkouts_folder_is_the_repository() {
    let mut project = Project::new();
    project.write("inner/Cargo.toml", SETTINGS);
    project.write("inner/images/app/Image.toml", "[image]\nversion = \"1\"\ncontext = \"../../..\"\n");
    project.write("inner/images/app/Dockerfile", "FROM scratch\n");
    project.options.start = project.path("inner");
    assert_eq!(project.problems().len(), 1);
    std::fs::create_dir(project.path(".git")).unwrap();
    assert_eq!(&*project.load().repository, project.root());
}

#[test]
fn broken_files_of_several_images_are_all_told() {
    let project = Project::new();
    project.image("a", "FROM scratch\nRUN --network\n  \nCOPY\n");
    project.image("b", "FROM scratch\n");
    project.write("images/b/.dockerignore", "ok\n[\n");
    project.image_with("c", "[image]\nversion = \"1\"\nx = 1\n", "FROM scratch\n");
    project.image("d", "");
    let found = project.problems();
    let places: Vec<_> = found.iter().map(|problem| problem.split(" [").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "images/a/Dockerfile:2",
            "images/b/.dockerignore:2",
            "images/c/Image.toml:3",
            "images/d/Dockerfile:1"
        ],
        "{found:#?}"
    );
}

#[test]
fn platforms_are_one_and_well_formed() {
    let platform = |list: &str| first(&format!("[image]\nversion = \"1\"\nplatforms = [{list}]\n"));
    assert_eq!(
        platform("\"amd64\""),
        "images/app/Image.toml:3 [\"amd64\"] `amd64` is no platform | not os/architecture | for example `linux/amd64` or `linux/arm/v7`"
    );
    assert_eq!(
        platform("\"linux/amd64\", \"linux/arm64\""),
        "images/app/Image.toml:3 [\"linux/arm64\"] an engine's store holds one platform of an image | a second platform | write a [[variant]] for each platform, with `platform` and a `suffix` of its own"
    );
    let project = with("platforms = [\"linux/s390x\"]");
    project.image("a", "FROM scratch\n");
    project.image_with("b", "[image]\nversion = \"1\"\nplatforms = [\"linux/arm/v7\"]\n", "FROM scratch\n");
    let workspace = project.load();
    let platforms: Vec<_> =
        workspace.images.iter().map(|image| image.variants[0].platform.as_deref().unwrap()).collect();
    assert_eq!(platforms, ["linux/s390x", "linux/arm/v7"]);
}

#[test]
fn an_argument_that_goes_nowhere_is_a_warning() {
    let project = Project::new();
    project.image_with(
        "app",
        "[image]\nversion = \"1\"\n[args]\nUSED = \"1\"\nUSD = \"2\"\nIN_TEXT = \"3\"\nhttp_proxy = \"4\"\n[labels]\nx = \"{IN_TEXT}\"\n[matrix]\nargs = { LOST = [\"5\"] }\n",
        "FROM scratch\nARG USED\n",
    );
    let workspace = project.load();
    let warnings: Vec<_> = workspace
        .warnings
        .iter()
        .map(|warning| format!("{} | {}", warning.message, warning.help.as_deref().unwrap()))
        .collect();
    assert_eq!(
        warnings,
        [
            "argument `USD` is not declared by the Dockerfile | did you mean `USED`?",
            "argument `LOST` is not declared by the Dockerfile | add `ARG LOST` to images/app/Dockerfile",
        ]
    );
}

#[test]
fn default_members_are_marked() {
    let project = with("default-members = [\"images/a*\"]");
    for name in ["a", "ab", "b"] {
        project.image(name, "FROM scratch\n");
    }
    let marked =
        |project: &Project| project.load().images.iter().map(|image| image.is_default).collect::<Vec<_>>();
    assert_eq!(marked(&project), [true, true, false]);
    project.write("Cargo.toml", SETTINGS);
    assert_eq!(marked(&project), [true, true, true]);
}
