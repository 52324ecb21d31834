//! `bump`: versions move, and what names them follows.

use images_core::Error;
use images_core::bump::{Bump, Level, Request, bump};

use crate::project::{Project, told};

impl Project {
    pub(crate) fn try_bump(&self, request: &Request) -> Result<Bump, Error> {
        bump(&self.options, request, &self.cancel)
    }

    /// Bumps and writes; what was said: `WHAT to TAG`, then `SPEC: OLD to NEW`, then `left SPEC`.
    #[track_caller]
    pub(crate) fn bump(&self, request: &Request) -> Vec<String> {
        let bump = self.try_bump(request).unwrap_or_else(|error| panic!("{:#?}", told(&error)));
        bump.edits.write().unwrap();
        let moved = bump.moved.iter().map(|moved| format!("{} to {} ({})", moved.what, moved.to, moved.path));
        let rewritten = bump.rewritten.iter().map(|one| format!("{}: {} to {}", one.spec, one.old, one.new));
        let left = bump.left.iter().map(|spec| format!("left {spec}"));
        moved.chain(rewritten).chain(left).collect()
    }

    /// Why a bump is refused; nothing was written.
    #[track_caller]
    pub(crate) fn refused(&self, request: &Request) -> Vec<String> {
        told(&self.try_bump(request).map(|bump| bump.edits.diff()).unwrap_err())
    }

    /// A version in Image.toml, and a Dockerfile.
    fn version(&self, name: &str, version: &str, dockerfile: &str) {
        self.image_with(name, &format!("[image]\nversion = \"{version}\" # kept\n"), dockerfile);
    }
}

pub(crate) fn request(specs: &[&str], level: Level) -> Request {
    Request {
        specs: specs.iter().map(|spec| (*spec).to_owned()).collect(),
        level: Some(level),
        ..Request::default()
    }
}

pub(crate) fn to(spec: &str, version: &str) -> Request {
    request(&[spec], Level::To(version.to_owned()))
}

/// A python, and a flask on it by this Dockerfile.
fn on_python(dockerfile: &str) -> Project {
    let project = Project::new();
    project.version("python", "3.7.4", "FROM scratch\n");
    project.version("flask", "1.0.0", dockerfile);
    project
}

#[test]
fn a_version_and_the_references_that_name_it_move() {
    let dockerfile = "FROM acme/python:3.7.4 AS base # no comment to docker\nRUN --mount=from=acme/python:3.7.4 true\n\
                      FROM localhost/acme/python:3.7.4\nCOPY --from=acme/python:3.7.4 /a /b\n";
    let dockerfile = dockerfile.replace(" # no comment to docker", "");
    let project = on_python(&dockerfile);
    assert_eq!(
        project.bump(&request(&["python"], Level::Patch)),
        [
            "python:3.7.4 to 3.7.5 (images/python/Image.toml)",
            "flask:1.0.0: acme/python:3.7.4 to acme/python:3.7.5",
            "flask:1.0.0: acme/python:3.7.4 to acme/python:3.7.5",
            "flask:1.0.0: localhost/acme/python:3.7.4 to localhost/acme/python:3.7.5",
            "flask:1.0.0: acme/python:3.7.4 to acme/python:3.7.5",
            "left flask:1.0.0",
        ]
    );
    assert_eq!(project.read("images/python/Image.toml"), "[image]\nversion = \"3.7.5\" # kept\n");
    assert_eq!(project.read("images/flask/Dockerfile"), dockerfile.replace("3.7.4", "3.7.5"));
}

#[test]
fn a_prefix_that_still_selects_it_stays_and_another_one_moves_as_precisely() {
    let project = on_python("FROM acme/python:3.7\n");
    assert_eq!(
        project.bump(&request(&["python"], Level::Patch)),
        ["python:3.7.4 to 3.7.5 (images/python/Image.toml)", "left flask:1.0.0"]
    );
    assert_eq!(
        project.bump(&request(&["python"], Level::Minor))[1],
        "flask:1.0.0: acme/python:3.7 to acme/python:3.8"
    );
    assert_eq!(
        project.bump(&request(&["python"], Level::Pre("rc".to_owned())))[..2],
        [
            "python:3.8.0 to 3.8.1-rc.1 (images/python/Image.toml)",
            "flask:1.0.0: acme/python:3.8 to acme/python:3.8.1-rc.1",
        ]
    );
    project.bump(&request(&["python"], Level::Patch));
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python:3.8.1\n");
}

#[test]
fn a_reference_without_a_tag_stays() {
    let project = on_python("FROM acme/python AS a\nFROM acme/python:latest\n");
    project.bump(&request(&["python"], Level::Major));
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python AS a\nFROM acme/python:latest\n");
}

#[test]
fn the_default_of_an_argument_is_edited_where_the_tag_comes_from_it() {
    let project =
        on_python("ARG PYTHON_VERSION=3.7.4\nARG OTHER=3.7.4\nFROM acme/python:${PYTHON_VERSION}\n");
    project.bump(&to("python", "3.8.5"));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "ARG PYTHON_VERSION=3.8.5\nARG OTHER=3.7.4\nFROM acme/python:${PYTHON_VERSION}\n"
    );
}

#[test]
fn an_argument_behind_an_argument_or_a_form_of_the_shell_is_found() {
    let project =
        on_python("ARG V=\"3.7.4\"\nARG BASE=acme/python:$V\nFROM $BASE\nFROM ${X:-acme/python:3.7.4}\n");
    project.bump(&to("python", "3.8.5"));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "ARG V=\"3.8.5\"\nARG BASE=acme/python:$V\nFROM $BASE\nFROM ${X:-acme/python:3.8.5}\n"
    );
}

#[test]
fn a_value_in_image_toml_is_edited_where_it_wins() {
    let project = on_python("ARG V=3.7.3\nFROM acme/python:$V\n");
    let manifest = "[image]\nversion = \"1.0.0\"\n\n[args]\nV = '3.7.4' # ours\n";
    project.image_with("flask", manifest, "ARG V=3.7.3\nFROM acme/python:$V\n");
    project.bump(&to("python", "3.8.5"));
    assert_eq!(project.read("images/flask/Image.toml"), manifest.replace("3.7.4", "3.8.5"));
    assert_eq!(project.read("images/flask/Dockerfile"), "ARG V=3.7.3\nFROM acme/python:$V\n");
}

#[test]
fn a_variants_own_value_and_a_matrix_follow() {
    let project = Project::new();
    project.version("python", "3.7.4", "FROM scratch\n");
    let variants = "[[variant]]\nversion = \"1.0.0\"\nargs = { V = \"3.7.4\" }\n\n\
                    [[variant]]\nversion = \"2.0.0\"\nargs = { V = \"3.7\" }\n";
    project.image_with("flask", variants, "ARG V\nFROM acme/python:$V\n");
    let matrix = "[image]\nversion = \"1.0.0\"\n[matrix]\nsuffix = \"-{X}\"\nargs = { V = [\"3.7.4\"], X = [\"a\", \"b\"] }\n";
    project.image_with("django", matrix, "ARG V\nFROM acme/python:$V\n");
    assert_eq!(
        project.bump(&to("python", "3.7.5"))[1..],
        [
            "django:1.0.0-a: acme/python:3.7.4 to acme/python:3.7.5",
            "flask:1.0.0: acme/python:3.7.4 to acme/python:3.7.5",
            "left django:1.0.0-a",
            "left django:1.0.0-b",
            "left flask:1.0.0",
            "left flask:2.0.0",
        ]
    );
    assert_eq!(project.read("images/flask/Image.toml"), variants.replacen("3.7.4", "3.7.5", 1));
    assert_eq!(project.read("images/django/Image.toml"), matrix.replace("3.7.4", "3.7.5"));
}

#[test]
fn several_arguments_that_make_up_a_tag_are_edited_each() {
    let project = on_python("ARG A=3\nARG B=7\nARG C=4\nFROM acme/python:${A}.${B}.${C}\n");
    project.bump(&request(&["python"], Level::Patch));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "ARG A=3\nARG B=7\nARG C=5\nFROM acme/python:${A}.${B}.${C}\n"
    );
    project.bump(&to("python", "4.8.0"));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "ARG A=4\nARG B=8\nARG C=0\nFROM acme/python:${A}.${B}.${C}\n"
    );
}

#[test]
fn what_cannot_be_traced_is_told_with_the_lines_to_edit() {
    let project = on_python("ARG MINOR=7\nARG TAG=3.${MINOR}.4\nFROM acme/python:${TAG%.4}.4\n");
    assert_eq!(
        project.refused(&to("python", "bookworm")),
        [
            "images/flask/Dockerfile:3 [acme/python:${TAG%.4}.4] no single edit makes this reference select the new \
             version, so nothing is written | is `acme/python:3.7.4`, has to be `acme/python:bookworm` | change by \
             hand what it is made from, and run this again: images/flask/Dockerfile:2, images/flask/Dockerfile:1"
        ]
    );
    assert_eq!(project.read("images/python/Image.toml"), "[image]\nversion = \"3.7.4\" # kept\n");
}

#[test]
fn an_argument_that_another_image_needs_as_it_is_is_not_edited() {
    let project = on_python("ARG V=3.7.4\nFROM acme/other:$V\nFROM acme/python:$V\n");
    project.version("other", "3.7.4", "FROM scratch\n");
    assert!(project.refused(&to("python", "3.8.5"))[0].contains("no single edit"));
    assert_eq!(
        project.bump(&request(&["python", "other"], Level::To("3.8.5".to_owned())))[2..],
        ["flask:1.0.0: acme/other:3.7.4 to acme/other:3.8.5", "left flask:1.0.0"]
    );
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "ARG V=3.8.5\nFROM acme/other:$V\nFROM acme/python:$V\n"
    );
}

#[test]
fn a_dockerfile_that_another_image_shares_is_not_edited_for_one_alone() {
    let project = on_python("ARG BASE=python\nFROM acme/${BASE}:3.7.4\n");
    let node = "[[variant]]\nversion = \"3.7.4\"\n[[variant]]\nversion = \"3.8.5\"\n";
    project.image_with("node", node, "FROM scratch\n");
    let site =
        "[image]\nversion = \"1.0.0\"\ndockerfile = \"../flask/Dockerfile\"\n[args]\nBASE = \"node\"\n";
    project.image_with("site", site, "");
    assert_eq!(
        project.refused(&to("python", "3.8.5")),
        [
            "images/flask/Dockerfile:2 [acme/${BASE}:3.7.4] no single edit makes this reference select the new version, \
             so nothing is written | is `acme/python:3.7.4`, has to be `acme/python:3.8.5` | change by hand what it is \
             made from, and run this again: images/flask/Dockerfile:1"
        ],
        "`site` would stand on another node"
    );
    let both = project.try_bump(&request(&["python", "node:3.7"], Level::Patch)).unwrap();
    assert_eq!(both.rewritten.len(), 1, "one edit is for both: {:?}", both.rewritten);
}

#[test]
fn what_selects_another_variant_without_an_edit_is_told() {
    let project = on_python("FROM acme/python:3 AS a\nFROM acme/python AS b\nFROM acme/python:3.11.2\n");
    project.image_with(
        "python",
        "[[variant]]\nversion = \"3.9.1\"\n[[variant]]\nversion = \"3.11.2\"\n",
        "FROM scratch\n",
    );
    let drifted = |request: &Request| {
        let drifted = project.try_bump(request).unwrap().drifted.into_iter();
        drifted
            .map(|one| format!("{}: {} from {} to {}", one.spec, one.reference, one.old, one.new))
            .collect::<Vec<_>>()
    };
    assert_eq!(drifted(&to("python:3.9", "3.10.0")), [""; 0]);
    assert_eq!(
        drifted(&to("python:3.9", "3.12.0")),
        [
            "flask:1.0.0: acme/python:3 from python:3.11.2 to python:3.12.0",
            "flask:1.0.0: acme/python from python:3.11.2 to python:3.12.0",
        ],
        "the newest is another one"
    );
}

#[test]
fn another_variant_keeps_its_references() {
    let project = on_python(
        "FROM acme/python:3.7.4 AS a\nFROM acme/python:3.11.2-slim AS b\nFROM acme/python:3.11.2\n",
    );
    project.image_with(
        "python",
        "[[variant]]\nversion = \"3.7.4\"\n[[variant]]\nversion = \"3.11.2\"\n[[variant]]\nversion = \"3.11.2\"\nsuffix = \"-slim\"\n",
        "FROM scratch\n",
    );
    assert_eq!(
        project.refused(&request(&["python"], Level::Patch)),
        ["images/python/Image.toml:1 [] `python` has several versions: python:3.7.4, python:3.11.2, \
          python:3.11.2-slim | each is written by itself | name one of them: python:3.7.4"]
    );
    project.bump(&to("python:3.11-slim", "3.11.3"));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "FROM acme/python:3.7.4 AS a\nFROM acme/python:3.11.3-slim AS b\nFROM acme/python:3.11.2\n"
    );
}

#[test]
fn a_bump_onto_another_variant_is_refused() {
    let project = Project::new();
    let manifest = "[[variant]]\nversion = \"1.0.0\"\n[[variant]]\nversion = \"2.0.0\"\n";
    project.image_with("a", manifest, "FROM scratch\n");
    assert_eq!(
        project.refused(&to("a:1", "2.0.0")),
        [
            "nothing is written: the workspace would be wrong after these edits |  | ",
            "images/a/Image.toml:4 [\"2.0.0\"] two variants of `a` have the tag `2.0.0` | the second one | \
             tell them apart by `version` or `suffix`",
        ]
    );
}

#[test]
fn a_version_goes_back_only_if_that_is_said() {
    let project = on_python("FROM acme/python:3.7.4\n");
    let back = to("python", "3.7.3");
    assert_eq!(
        project.refused(&back),
        [
            "images/python/Image.toml:2 [\"3.7.4\"] `python` would go back from 3.7.4 to 3.7.3 | newer than 3.7.3 | \
          a published version stays what it is; --allow-downgrade does it nevertheless"
        ]
    );
    project.bump(&Request { allow_downgrade: true, ..back });
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python:3.7.3\n");
}

#[test]
fn a_version_that_is_a_placeholder_elsewhere_needs_no_edit() {
    let project = on_python("ARG V\nFROM acme/python:$V\n");
    project.image_with("python", "[image]\nversion.workspace = true\n", "FROM scratch\n");
    project.image_with(
        "flask",
        "[image]\nversion.workspace = true\n[args]\nV = \"{version}\"\n",
        "ARG V\nFROM acme/python:$V\n",
    );
    let settings =
        format!("{}[workspace.metadata.images.image]\nversion = '1.0.0'\n", crate::project::SETTINGS);
    project.write("Cargo.toml", &settings);
    assert_eq!(
        project.bump(&request(&["python"], Level::Minor)),
        ["flask:1.0.0 to 1.1.0 (Cargo.toml)", "python:1.0.0 to 1.1.0 (Cargo.toml)"]
    );
    assert_eq!(project.read("Cargo.toml"), settings.replace("1.0.0", "1.1.0"));
}

#[test]
fn a_cascade_raises_everything_above_once() {
    let project = Project::new();
    project.version("os", "10", "FROM scratch\n");
    project.version("python", "3.8.5", "FROM acme/os:10\n");
    project.version("node", "14.1.0", "FROM acme/os\n");
    project.version(
        "site",
        "0.9.0-rc.2",
        "FROM acme/node:14 AS js\nFROM acme/python:3.8.5\nCOPY --from=js /a /b\n",
    );
    project.version("alone", "1.0.0", "FROM scratch\n");
    let cascade = Request { cascade: Some(Level::Patch), ..request(&["os"], Level::Major) };
    assert_eq!(
        project.bump(&cascade),
        [
            "node:14.1.0 to 14.1.1 (images/node/Image.toml)",
            "os:10 to 11 (images/os/Image.toml)",
            "python:3.8.5 to 3.8.6 (images/python/Image.toml)",
            "site:0.9.0-rc.2 to 0.9.0 (images/site/Image.toml)",
            "python:3.8.6: acme/os:10 to acme/os:11",
            "site:0.9.0: acme/python:3.8.5 to acme/python:3.8.6",
        ]
    );
    assert_eq!(project.problems(), [""; 0]);
}

#[test]
fn a_cascade_over_a_version_without_numbers_is_refused_unless_it_is_left_out() {
    let project = Project::new();
    project.version("os", "10", "FROM scratch\n");
    project.version("debian", "bookworm", "FROM acme/os:10\n");
    project.version("app", "1.0.0", "FROM acme/debian:bookworm\n");
    let mut cascade = Request { cascade: Some(Level::Patch), ..request(&["os"], Level::Major) };
    assert!(
        project.refused(&cascade)[0].starts_with("debian: `bookworm` is neither semver nor plain numbers")
    );
    cascade.exclude = vec!["debian".to_owned()];
    assert_eq!(
        project.bump(&cascade),
        [
            "os:10 to 11 (images/os/Image.toml)",
            "debian:bookworm: acme/os:10 to acme/os:11",
            "left app:1.0.0",
            "left debian:bookworm",
        ]
    );
}

#[test]
fn a_reference_that_no_version_meets_is_mended_although_the_version_stays() {
    for request in [to("python", "3.7.4"), Request::default()] {
        let project = on_python("FROM acme/python:3.6.1\n");
        assert_eq!(
            project.bump(&request),
            ["flask:1.0.0: acme/python:3.6.1 to acme/python:3.7.4", "left flask:1.0.0"]
        );
        assert_eq!(project.problems(), [""; 0]);
    }
}

#[test]
fn of_several_versions_the_one_that_is_meant_is_named() {
    let project = on_python("FROM acme/python:3.6.1 AS a\nFROM acme/python:3.8.5\n");
    project.image_with(
        "python",
        "[[variant]]\nversion = \"3.7.4\"\n[[variant]]\nversion = \"3.8.5\"\n",
        "FROM scratch\n",
    );
    assert_eq!(project.bump(&Request::default()), [""; 0], "either may be meant");
    let from = |specs: &[&str], from: &str| Request {
        specs: specs.iter().map(|spec| (*spec).to_owned()).collect(),
        from: Some(from.to_owned()),
        ..Request::default()
    };
    assert_eq!(
        project.refused(&from(&["python"], "3.6.1")),
        [
            "`python` has several versions |  | name the one that --from moves to: python:3.7.4 or python:3.8.5"
        ]
    );
    project.bump(&from(&["python:3.7"], "3.6.1"));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "FROM acme/python:3.7.4 AS a\nFROM acme/python:3.8.5\n"
    );
    project.bump(&from(&["python:3.7"], "3.8.5"));
    assert_eq!(
        project.read("images/flask/Dockerfile"),
        "FROM acme/python:3.7.4 AS a\nFROM acme/python:3.7.4\n"
    );
}

#[test]
fn what_is_wrong_elsewhere_does_not_keep_a_version_from_moving() {
    let project = on_python("FROM acme/python:3.7.4\n");
    project.version("broken", "1.0.0", "FROM acme/pyhton:3.7.4\n");
    project.bump(&to("python", "3.8.5"));
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python:3.8.5\n");
    assert_eq!(project.problems().len(), 1);
}

#[test]
fn names_that_do_not_exist_are_told() {
    let project = on_python("FROM acme/python:3.7.4\n");
    assert_eq!(
        project.refused(&to("pyhton", "3.8.5")),
        ["no image of this workspace is named `pyhton` |  | did you mean `python`?"]
    );
    assert_eq!(
        project.refused(&to("python:4", "5.0.0")),
        ["`python` has no version `4` |  | there are: 3.7.4"]
    );
    assert_eq!(
        project.refused(&request(&[], Level::Patch)),
        ["no image is named |  | write NAME or NAME:VERSION, or call this in an image's folder"]
    );
}

#[test]
fn what_goes_on_to_say_the_old_version_is_told_and_left() {
    let project = on_python("FROM acme/python:3.7.4\nENV PYTHON=3.7.4\n");
    let dockerfile = "# acme/python:3.7.4\nFROM scratch\nLABEL a=3.7.4 b=3.7.4 c=13.7.4\nRUN install 3.7.4\n";
    project.version("python", "3.7.4", dockerfile);
    let mentions = |request: &Request| {
        let bump = project.try_bump(request).unwrap();
        bump.mentions
            .into_iter()
            .map(|found| format!("{} {}", found.version, found.place))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        mentions(&to("python", "3.8.5")),
        [
            "3.7.4 images/python/Dockerfile:1",
            "3.7.4 images/python/Dockerfile:3",
            "3.7.4 images/python/Dockerfile:4"
        ],
        "flask's own version is another one"
    );
    project.bump(&to("python", "3.8.5"));
    assert_eq!(project.read("images/python/Dockerfile"), dockerfile);
    project.version("flask", "3.8.5", "ARG V=3.8.5\nFROM acme/python:$V AS a\nFROM acme/python:3.8.5\n");
    assert_eq!(mentions(&to("flask", "4.0.0")), [""; 0], "these are python's");
    project.version("python", "3", "FROM scratch\nRUN head -n 3\n");
    project.version("flask", "1.0.0", "FROM acme/python\n");
    assert_eq!(mentions(&to("python", "4")), [""; 0], "a number may mean anything");
}

#[test]
fn files_with_carriage_returns_and_continuations_keep_them() {
    let dockerfile = "FROM \\\r\n  # which\r\n  acme/python:3.7.4 \\\r\n  AS a\r\n";
    let project = on_python(dockerfile);
    project.bump(&to("python", "3.8.5"));
    assert_eq!(project.read("images/flask/Dockerfile"), dockerfile.replace("3.7.4", "3.8.5"));
}

#[test]
fn an_image_whose_references_depend_on_its_version_is_left_to_a_person() {
    let project = on_python("FROM scratch\n");
    project.version("1.0.0", "2.0.0", "FROM scratch\n");
    project.image_with(
        "flask",
        "[image]\nversion = \"1.0.0\"\n[args]\nBASE = \"acme/{version}\"\n",
        "ARG BASE\nFROM acme/python:3.7.4 AS a\nFROM $BASE\n",
    );
    let both = request(&["flask", "python"], Level::Patch);
    assert_eq!(
        project.refused(&both),
        [
            "images/flask/Dockerfile:1 [] `flask` refers to other images with its new version | nothing is written | its \
          arguments are made from the version; edit it by hand"
        ]
    );
}

#[test]
fn a_version_of_the_cargo_workspace_moves_where_there_are_no_crates() {
    let settings = format!("{}[workspace.package]\nversion = \"0.1.0\"\n", crate::project::SETTINGS);
    let project = Project::with_settings(&settings);
    project.image_with("app", "[image]\nversion.workspace = true\n", "FROM scratch\n");
    assert_eq!(project.bump(&request(&["app"], Level::Minor)), ["app:0.1.0 to 0.2.0 (Cargo.toml)"]);
    assert_eq!(project.read("Cargo.toml"), settings.replace("0.1.0", "0.2.0"));
}

#[test]
fn a_stage_that_is_not_built_by_default_follows_too() {
    let project = on_python("FROM acme/python:3.7.4 AS dev\nFROM scratch\n");
    assert_eq!(
        project.bump(&to("python", "3.8.5")),
        [
            "python:3.7.4 to 3.8.5 (images/python/Image.toml)",
            "flask:1.0.0: acme/python:3.7.4 to acme/python:3.8.5",
        ]
    );
}

#[test]
fn a_version_with_build_metadata_becomes_a_tag() {
    let project = on_python("FROM acme/python:3.7.4\n");
    project.bump(&to("python", "3.7.4+git.5"));
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python:3.7.4_git.5\n");
    project.bump(&request(&["python"], Level::Patch));
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python:3.7.5\n");
}

#[test]
fn a_tag_that_is_made_from_an_edited_argument_takes_its_references_along() {
    let project = on_python("FROM scratch\n");
    let matrix =
        "[image]\nversion = \"1.0.0\"\n[matrix]\nsuffix = \"-py{V}\"\nargs = { V = [\"3.7.4\", \"3\"] }\n";
    project.image_with("flask", matrix, "ARG V\nFROM acme/python:$V\n");
    project.image("site", "FROM acme/flask:1.0.0-py3.7.4\n");
    assert_eq!(
        project.bump(&to("python", "3.8.5"))[..4],
        [
            "flask:1.0.0-py3.7.4 to 1.0.0-py3.8.5 (images/flask/Image.toml)",
            "python:3.7.4 to 3.8.5 (images/python/Image.toml)",
            "flask:1.0.0-py3.7.4: acme/python:3.7.4 to acme/python:3.8.5",
            "site:1.0.0: acme/flask:1.0.0-py3.7.4 to acme/flask:1.0.0-py3.8.5",
        ]
    );
    assert_eq!(project.problems(), [""; 0]);
}

#[test]
fn what_would_be_wrong_afterwards_is_told_and_nothing_written() {
    let project = Project::new();
    let variants = "[[variant]]\nversion = \"1.0.0\"\nargs = { BASE = \"acme/y:1\" }\n\
                    [[variant]]\nversion = \"1.1.0\"\nargs = { BASE = \"scratch\" }\n";
    project.image_with("x", variants, "ARG BASE\nFROM $BASE\n");
    project.version("y", "1.0.0", "FROM acme/x:1\n");
    assert_eq!(
        project.refused(&to("x:1.0.0", "1.2.0")),
        [
            "nothing is written: the workspace would be wrong after these edits |  | ",
            "images/x/Dockerfile:2 [$BASE] images stand on each other in a cycle: x:1.2.0 → y:1.0.0 → x:1.2.0 | \
             closes the cycle | take one of these references away",
        ]
    );
}

#[test]
fn a_reference_without_a_tag_goes_on_to_mean_the_default() {
    let project = on_python("FROM acme/python\n");
    project.image_with(
        "python",
        "[[variant]]\nversion = \"3.0.0\"\n[[variant]]\nversion = \"2.0.0\"\n",
        "FROM scratch\n",
    );
    project.bump(&Request { allow_downgrade: true, ..to("python:3", "1.0.0") });
    assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python\n");
    assert_eq!(project.edges()[0], "flask:1.0.0 <- python:2.0.0");
}

#[test]
fn an_argument_that_another_variant_needs_as_it_is_is_not_edited() {
    let project = on_python("FROM scratch\n");
    project.version("other", "3.7.4", "FROM scratch\n");
    let variants =
        "[[variant]]\nversion = \"1.0.0\"\n[[variant]]\nversion = \"2.0.0\"\nargs = { P = \"other\" }\n";
    project.image_with("flask", variants, "ARG P=python\nARG V=3.7.4\nFROM acme/$P:$V\n");
    let refused = project.refused(&to("python", "3.8.5"));
    assert!(refused[0].contains("no single edit"), "{refused:?}");
}

#[test]
fn a_shared_version_that_a_cascade_raises_takes_its_own_images_above_along() {
    let settings =
        format!("{}[workspace.metadata.images.image]\nversion = \"0.1.0\"\n", crate::project::SETTINGS);
    let project = Project::with_settings(&settings);
    project.version("os", "1.0.0", "FROM scratch\n");
    project.image_with("python", "[image]\nversion.workspace = true\n", "FROM acme/os\n");
    project.image_with("tool", "[image]\nversion.workspace = true\n", "FROM scratch\n");
    project.version("site", "5.0.0", "FROM acme/tool\n");
    assert_eq!(
        project.bump(&Request { cascade: Some(Level::Minor), ..request(&["os"], Level::Patch) }),
        [
            "os:1.0.0 to 1.0.1 (images/os/Image.toml)",
            "python:0.1.0 to 0.2.0 (Cargo.toml)",
            "site:5.0.0 to 5.1.0 (images/site/Image.toml)",
            "tool:0.1.0 to 0.2.0 (Cargo.toml)",
        ]
    );
}

#[test]
fn the_version_to_come_from_is_written_with_or_without_its_suffix() {
    for from in ["3.6.1", "3.6.1-slim"] {
        let project = on_python("FROM acme/python:3.6.1-slim\n");
        project.image_with(
            "python",
            "[[variant]]\nversion = \"3.7.4\"\nsuffix = \"-slim\"\n",
            "FROM scratch\n",
        );
        let from = from.to_owned();
        project.bump(&Request { specs: vec!["python".to_owned()], from: Some(from), ..Request::default() });
        assert_eq!(project.read("images/flask/Dockerfile"), "FROM acme/python:3.7.4-slim\n");
    }
}
