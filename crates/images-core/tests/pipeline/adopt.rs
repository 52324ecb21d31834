//! `init`: a tree of Dockerfiles becomes a workspace of images.

use images_core::Error;
use images_core::adopt::{self, Adoption, NamespaceOrigin, Request};
use images_core::bump;

use crate::project::{Project, told, told_one};
use crate::repository::git;

/// A folder with these files and no Cargo.toml.
fn tree(files: &[(&str, &str)]) -> Project {
    let project = Project::new();
    project.remove("Cargo.toml");
    files.iter().for_each(|(path, text)| project.write(path, text));
    project
}

impl Project {
    fn try_adopt(&self, request: &Request) -> Result<Adoption, Error> {
        adopt::adopt(&self.options, request, &self.cancel)
    }

    #[track_caller]
    fn adopt_with(&self, request: &Request) -> Adoption {
        self.try_adopt(request).unwrap_or_else(|error| panic!("{:#?}", told(&error)))
    }

    #[track_caller]
    fn adopt(&self) -> Adoption {
        self.adopt_with(&Request::default())
    }

    #[track_caller]
    fn adopt_as(&self, namespace: &str) -> Adoption {
        self.adopt_with(&Request { namespace: Some(namespace.to_owned()), ..Request::default() })
    }

    /// What `check` says of an adoption, of its edits or of the disk.
    fn findings(&self, adoption: &Adoption, written: bool) -> Vec<String> {
        let found =
            adopt::findings(adoption, written, &self.options, &self.build.host, &self.cancel).unwrap();
        found.diagnostics.iter().map(told_one).collect()
    }

    fn refuses(&self, request: &Request) -> Vec<String> {
        told(&self.try_adopt(request).map(|adoption| adoption.edits.diff()).unwrap_err())
    }
}

/// `NAME VERSION: DOCKERFILE (WHY)`
fn images(adoption: &Adoption) -> Vec<String> {
    let images = adoption.images.iter();
    images
        .map(|image| format!("{} {}: {} ({})", image.name, image.version, image.dockerfile, image.origin))
        .collect()
}

fn names(adoption: &Adoption) -> Vec<String> {
    adoption.images.iter().map(|image| format!("{} {}", image.dockerfile, image.name)).collect()
}

fn problems(adoption: &Adoption) -> Vec<String> {
    adoption.problems.iter().map(told_one).collect()
}

/// The tree of the article, where the runtime's version was raised and a line forgotten.
fn drifted() -> Project {
    tree(&[
        ("alpine/Dockerfile", "FROM alpine:3.10.3\nLABEL acme.alpine.version=3.10.3\n"),
        ("python/Dockerfile", "FROM acme/alpine:3.10.3\nENV PYTHON_VERSION 3.8.5\n"),
        ("flask/Dockerfile", "FROM acme/python:3.7.4\nLABEL acme.flask.version=1.1.1\n"),
        ("flask-helloworld/Dockerfile", "FROM acme/flask:1.1.1\nCOPY app.py /home/\n"),
        ("flask-helloworld/app.py", "print()\n"),
    ])
}

const DRIFT: &str = "flask/Dockerfile:1 [acme/python:3.7.4] `python` has no version `3.7.4` | no variant meets this tag | \
                     there are: 3.8.5; `cargo xtask images bump --fix -x` moves the reference there";

#[test]
fn what_has_drifted_shows_before_and_after_it_is_written_and_is_mended_by_one_command() {
    let project = drifted();
    let adoption = project.adopt();
    assert_eq!(
        (adoption.namespace.as_str(), adoption.namespace_origin, &adoption.registry),
        ("acme", NamespaceOrigin::Used(3), &None)
    );
    assert_eq!(
        images(&adoption),
        [
            "alpine 3.10.3: alpine/Dockerfile (LABEL acme.alpine.version at alpine/Dockerfile:2)",
            "flask 1.1.1: flask/Dockerfile (LABEL acme.flask.version at flask/Dockerfile:2)",
            "flask-helloworld 0.1.0: flask-helloworld/Dockerfile (assumed: nothing says one)",
            "python 3.8.5: python/Dockerfile (ENV PYTHON_VERSION at python/Dockerfile:2)",
        ]
    );
    assert_eq!(problems(&adoption), [""; 0]);
    assert_eq!(project.findings(&adoption, false), [DRIFT]);
    assert!(!project.path("Cargo.toml").exists() && !project.path("python/Image.toml").exists());
    adoption.edits.write().unwrap();
    assert_eq!(
        project.read("Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = []\n\n\
         [workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"*\"]\n"
    );
    assert_eq!(project.read("python/Image.toml"), "[image]\nversion = \"3.8.5\"\n");
    assert_eq!(project.findings(&adoption, true), [DRIFT]);
    assert_eq!(project.problems(), [DRIFT]);
    let mended = bump::bump(&project.options, &bump::Request::default(), &project.cancel).unwrap();
    mended.edits.write().unwrap();
    assert_eq!(project.findings(&adoption, true), [""; 0]);
    assert_eq!(
        project.edges(),
        [
            "alpine:3.10.3 <- external alpine:3.10.3",
            "flask:1.1.1 <- python:3.8.5",
            "flask-helloworld:0.1.0 <- flask:1.1.1",
            "python:3.8.5 <- alpine:3.10.3",
        ]
    );
    assert_eq!(project.built(), ["alpine:3.10.3", "python:3.8.5", "flask:1.1.1", "flask-helloworld:0.1.0"]);
}

#[test]
fn what_is_adopted_already_is_left_as_it_is() {
    let project = drifted();
    project.adopt().edits.write().unwrap();
    project.write("python/Image.toml", "[image]\nversion = \"3.7.4\" # mine\n");
    project.write("python/Dockerfile.slim", "FROM acme/python\n");
    let again = project.adopt();
    assert_eq!(
        (again.edits.diff(), again.kept, again.namespace_origin),
        (String::new(), 4, NamespaceOrigin::Workspace)
    );
    project.write("new/Dockerfile", "FROM acme/flask\n");
    let one_more = project.adopt();
    assert_eq!(one_more.edits.paths(), ["new/Image.toml"]);
    assert_eq!(project.findings(&one_more, false), [""; 0]);
}

#[test]
fn names_are_those_by_which_others_name_an_image_else_the_folders() {
    let project = tree(&[
        ("NodeBase/Dockerfile", "ARG NAMESPACE=acme\nFROM $NAMESPACE/base:1\n"),
        ("NodeChrome/Dockerfile", "FROM acme/node-base\n"),
        ("src/docker-flask/Dockerfile", "FROM scratch\n"),
        ("src/docker-other/Dockerfile", "FROM acme/flask\n"),
        ("python/3.11/Dockerfile", "FROM scratch\n"),
        ("python/3.12/bookworm/Dockerfile", "FROM scratch\n"),
        ("ruby/3.3/Dockerfile", "FROM acme/python/x\n"),
        ("a/api/Dockerfile", "FROM acme/ruby:3.3\n"),
        ("b/api/Dockerfile", "FROM acme/api\n"),
        ("My App/Dockerfile", "FROM scratch\n"),
    ]);
    let adoption = project.adopt();
    assert_eq!(
        names(&adoption),
        [
            "My App/Dockerfile my-app",
            "NodeBase/Dockerfile node-base",
            "NodeChrome/Dockerfile node-chrome",
            "a/api/Dockerfile a-api",
            "b/api/Dockerfile b-api",
            "python/3.11/Dockerfile python",
            "python/3.12/bookworm/Dockerfile python-3.12-bookworm",
            "ruby/3.3/Dockerfile ruby",
            "src/docker-flask/Dockerfile flask",
            "src/docker-other/Dockerfile docker-other",
        ]
    );
    assert_eq!(
        problems(&adoption),
        [
            "`api` would name more than one image: a/api/Dockerfile becomes a-api, b/api/Dockerfile becomes b-api |  | \
             for other names, change `name` in their Image.toml",
            "`api`, named by b/api/Dockerfile, could be any of a/api/Dockerfile, b/api/Dockerfile |  | it stays an image from \
             elsewhere (`external`); to build it here, make the versions of `api` [[variant]]s of one Dockerfile, or name the \
             image that is meant",
        ]
    );
    let external: Vec<_> =
        adoption.external.iter().map(|(name, users)| format!("{name}: {}", users.join(", "))).collect();
    assert_eq!(
        external,
        ["api: b/api/Dockerfile", "base: NodeBase/Dockerfile", "python/x: ruby/3.3/Dockerfile"]
    );
    assert_eq!(project.findings(&adoption, false), [""; 0]);
    adoption.edits.write().unwrap();
    assert_eq!(
        project.read("src/docker-flask/Image.toml"),
        "[image]\nname = \"flask\"\nversion = \"0.1.0\"\n"
    );
    let members = [
        "My App",
        "NodeBase",
        "NodeChrome",
        "a/api",
        "b/api",
        "python/3.11",
        "python/3.12/bookworm",
        "ruby/3.3",
        "src/*",
    ];
    let members: String = members.iter().map(|glob| format!("    \"{glob}\",\n")).collect();
    assert_eq!(
        project.read("Cargo.toml").split_once("\n\n").unwrap().1,
        format!(
            "[workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\n{members}]\n\
             external = [\"api\", \"base\", \"python/x\"]\n"
        )
    );
}

#[test]
fn two_images_that_can_have_but_one_name_are_refused_with_both_paths() {
    let project = tree(&[("x/a-b/c/Dockerfile", "FROM y\n"), ("x/a/b-c/Dockerfile", "FROM y\n")]);
    project.write("x/c/Image.toml", "[image]\nversion = \"1\"\n");
    project.write("x/b-c/Image.toml", "[image]\nversion = \"1\"\n");
    let request = Request { path: Some("x".into()), ..Request::default() };
    assert_eq!(
        project.refuses(&request),
        [
            "`x-a-b-c` would be the name of more than one image: a/b-c/Dockerfile, a-b/c/Dockerfile |  | write an Image.toml with \
             another `name` beside one of them, or pass it over with --exclude"
        ]
    );
}

#[test]
fn the_namespace_and_the_registry_are_those_of_most() {
    let project = tree(&[
        ("base/Dockerfile", "ARG R=quay.io\nARG B=$R/upstream/base\nFROM $B\n"),
        ("a/Dockerfile", "FROM ghcr.io/acme/img/base:1\n"),
        ("b/Dockerfile", "FROM scratch\nCOPY --from=acme/img/a / /\n"),
        ("c/Dockerfile", "FROM other/a\n"),
        ("d/Dockerfile", "FROM base:2\nRUN --mount=from=quay.io/acme/img/a,target=/x true\n"),
    ]);
    let adoption = project.adopt();
    assert_eq!(
        (adoption.namespace.as_str(), adoption.registry.as_deref(), adoption.namespace_origin),
        ("acme/img", Some("ghcr.io"), NamespaceOrigin::Used(3))
    );
    assert_eq!(
        problems(&adoption),
        [
            "Dockerfiles name images like those here by other namespaces, too: other (1) |  | what is in these counts as from \
             elsewhere; --namespace takes another than acme/img",
            "d/Dockerfile:1 [base:2] `base:2` is not the image of base/Dockerfile | without a namespace it is Docker Hub's | write \
             acme/img/base:2, if the image of this workspace is meant",
            "d/Dockerfile:2 [quay.io/acme/img/a] `quay.io/acme/img/a` is not the image of a/Dockerfile | it is at another registry \
             | the registry is ghcr.io; --registry names another, or leave the host out here",
        ]
    );
    assert_eq!(project.findings(&adoption, false), [""; 0]);
    let given = Request {
        namespace: Some("other".to_owned()),
        registry: Some("localhost:5000".to_owned()),
        ..Request::default()
    };
    let adoption = project.adopt_with(&given);
    adoption.edits.write().unwrap();
    let settings = "namespace = \"other\"\nregistry = \"localhost:5000\"\nmembers = [\"*\"]\n";
    assert!(project.read("Cargo.toml").ends_with(settings), "{}", project.read("Cargo.toml"));
}

#[test]
fn without_a_name_in_common_the_namespace_is_the_owner_of_the_remote_else_the_folder() {
    let project = tree(&[("My Images/a/Dockerfile", "FROM scratch\n")]);
    let request = Request { path: Some("My Images".into()), ..Request::default() };
    let adoption = project.adopt_with(&request);
    assert_eq!(
        (adoption.namespace.as_str(), adoption.namespace_origin),
        ("my-images", NamespaceOrigin::Folder)
    );
    let top = project.path("My Images");
    git(&top, &["init", "--quiet"]);
    git(&top, &["remote", "add", "origin", "git@example.org:Acme/images.git"]);
    let adoption = project.adopt_with(&request);
    assert_eq!((adoption.namespace.as_str(), adoption.namespace_origin), ("acme", NamespaceOrigin::Remote));
}

#[test]
fn an_image_says_its_version_itself_before_others_ask_for_one() {
    let project = tree(&[
        (
            "label/Dockerfile",
            "FROM x\nENV LABEL_VERSION=9\nLABEL org.opencontainers.image.version=\"1.2.3\"\n",
        ),
        ("plain/Dockerfile", "FROM x\nLABEL version=\"v2\" other=3\n"),
        ("my-tool/Dockerfile", "ARG MY_TOOL_VERSION=4.5\nFROM x\nENV TOOL_VERSION=1\n"),
        ("made/Dockerfile", "ARG V=5\nFROM x AS a\nARG V\nENV MADE_VERSION=$V.1\nFROM a\n"),
        ("other-stage/Dockerfile", "FROM x AS a\nLABEL version=8\nFROM x\n"),
        ("unknown/Dockerfile", "FROM x\nARG V\nLABEL version=$V\n"),
        ("asked/Dockerfile", "FROM x\nARG VERSION=latest\n"),
        ("word/Dockerfile", "FROM x\n"),
        (
            "asks/Dockerfile",
            "FROM acme/asked:1.9\nCOPY --from=acme/asked:1.10 / /\nCOPY --from=acme/asked:edge / /\nCOPY --from=acme/word:edge / /\n\
             COPY --from=acme/label:1 / /\n",
        ),
        ("crate/Cargo.toml", "[package]\nname = \"k\"\nversion = \"7.0.0\"\n"),
        ("crate/Dockerfile", "FROM x\n"),
        ("go/1.23/Dockerfile", "FROM x\n"),
    ]);
    let request = Request { image_version: Some("2026.1".to_owned()), ..Request::default() };
    assert_eq!(
        images(&project.adopt_with(&request)),
        [
            "asked 1.10: asked/Dockerfile (asked for by asks/Dockerfile)",
            "asks 2026.1: asks/Dockerfile (--image-version)",
            "crate 7.0.0: crate/Dockerfile (crate/Cargo.toml)",
            "go 1.23: go/1.23/Dockerfile (the name of go/1.23/Dockerfile)",
            "label 1.2.3: label/Dockerfile (LABEL org.opencontainers.image.version at label/Dockerfile:3)",
            "made 5.1: made/Dockerfile (ENV MADE_VERSION at made/Dockerfile:4)",
            "my-tool 4.5: my-tool/Dockerfile (ARG MY_TOOL_VERSION at my-tool/Dockerfile:1)",
            "other-stage 2026.1: other-stage/Dockerfile (--image-version)",
            "plain v2: plain/Dockerfile (LABEL version at plain/Dockerfile:2)",
            "unknown 2026.1: unknown/Dockerfile (--image-version)",
            "word edge: word/Dockerfile (asked for by asks/Dockerfile)",
        ]
    );
}

#[test]
fn tags_of_git_say_versions_those_of_an_image_before_those_of_the_repository() {
    let project = tree(&[
        ("a/Dockerfile", "FROM x\n"),
        ("b/Dockerfile", "FROM acme/a:0.9\n"),
        ("c/Dockerfile", "FROM x\n"),
    ]);
    project.commit();
    for tag in ["a-v1.9.0", "a-v1.10.0", "v3.0.0", "v3.1.0-rc.1", "nothing"] {
        project.git(&["tag", tag]);
    }
    let versions: Vec<_> = images(&project.adopt_as("acme"));
    assert_eq!(
        versions,
        [
            "a 1.10.0: a/Dockerfile (the git tag a-v1.10.0)",
            "b 3.0.0: b/Dockerfile (the git tag v3.0.0)",
            "c 3.0.0: c/Dockerfile (the git tag v3.0.0)",
        ]
    );
}

#[test]
fn several_dockerfiles_of_a_folder_get_folders_below_it() {
    let project = tree(&[
        ("tool/Dockerfile", "FROM scratch\nCOPY tool /\n"),
        ("tool/Dockerfile.slim", "FROM acme/tool\n"),
        ("tool/Containerfile", "FROM scratch\n"),
        ("tool/taken.Dockerfile", "FROM scratch\n"),
        ("tool/taken/Dockerfile", "FROM scratch\n"),
        ("tool/tool", "binary\n"),
        ("tool/tool.Dockerfile", "FROM scratch\n"),
        ("build/api.Dockerfile", "FROM acme/tool-slim\nCOPY x /\n"),
        ("build/web.Dockerfile", "FROM acme/api\nCOPY scripts/x /\n"),
        ("build/x", ""),
        ("scripts/x", ""),
        ("alone/only.Dockerfile", "FROM acme/web\n"),
    ]);
    let adoption = project.adopt();
    assert_eq!(
        names(&adoption),
        [
            "alone/only.Dockerfile only",
            "build/api.Dockerfile api",
            "build/web.Dockerfile web",
            "tool/Dockerfile tool",
            "tool/Dockerfile.slim tool-slim",
            "tool/taken/Dockerfile taken",
        ]
    );
    assert_eq!(
        problems(&adoption),
        [
            "tool/Containerfile is not adopted: tool/Dockerfile is the Dockerfile of its folder |  | an image has one Dockerfile: \
             remove one of them, or call it NAME.Dockerfile and run this again",
            "tool/taken.Dockerfile is not adopted: tool/taken is another's |  | an image is a folder with an Image.toml: move this \
             Dockerfile into a folder of its own",
            "tool/tool.Dockerfile is not adopted: tool/tool is another's |  | an image is a folder with an Image.toml: move this \
             Dockerfile into a folder of its own",
        ]
    );
    assert_eq!(project.findings(&adoption, false), [""; 0], "folders that are not there yet are members");
    adoption.edits.write().unwrap();
    assert_eq!(
        project.read("tool/slim/Image.toml"),
        "[image]\nname = \"tool-slim\"\nversion = \"0.1.0\"\ndockerfile = \"../Dockerfile.slim\"\ncontext = \"..\"\n"
    );
    assert_eq!(
        project.read("alone/Image.toml"),
        "[image]\nname = \"only\"\nversion = \"0.1.0\"\ndockerfile = \"only.Dockerfile\"\n"
    );
    assert_eq!(
        project.read("build/web/Image.toml"),
        "[image]\nversion = \"0.1.0\"\ndockerfile = \"../web.Dockerfile\"\ncontext = \"../..\"\n",
        "what it copies is above"
    );
    assert_eq!(project.findings(&adoption, true), [""; 0]);
    assert_eq!(project.adopt().edits.diff(), "");
    let mut built = project.built();
    built.sort();
    assert_eq!(
        built,
        ["api:0.1.0", "only:0.1.0", "taken:0.1.0", "tool-slim:0.1.0", "tool:0.1.0", "web:0.1.0"]
    );
}

#[test]
fn a_workspace_keeps_what_it_has_and_gets_what_it_lacks() {
    let project = tree(&[
        (
            "Cargo.toml",
            "# ours\n[workspace]\nmembers = [\"api\"] # crates\nresolver = \"3\"\n\n[workspace.metadata.images]\n\
             namespace = \"acme\" # us\nmembers = [\n    \"images/*\", # shared\n]\n\n[workspace.lints]\n",
        ),
        ("api/Cargo.toml", "[package]\nname = \"api\"\nversion = \"1.5.0\"\nedition = \"2024\"\n"),
        ("api/src/lib.rs", ""),
        ("api/Dockerfile", "FROM ghcr.io/acme/base:2\nCOPY --from=acme/elsewhere / /\n"),
        ("images/base/Dockerfile", "FROM scratch\nLABEL version=2.1\n"),
    ]);
    let adoption = project.adopt();
    assert_eq!(
        images(&adoption),
        [
            "api 1.5.0: api/Dockerfile (the version of the crate api)",
            "base 2.1: images/base/Dockerfile (LABEL version at images/base/Dockerfile:2)",
        ]
    );
    assert_eq!(
        adoption.edits.diff(),
        "\
--- a/Cargo.toml
+++ b/Cargo.toml
@@ -5,8 +5,11 @@
 
 [workspace.metadata.images]
 namespace = \"acme\" # us
+registry = \"ghcr.io\"
+external = [\"elsewhere\"]
 members = [
     \"images/*\", # shared
+    \"api\",
 ]
 
 [workspace.lints]
--- /dev/null
+++ b/api/Image.toml
@@ -0,0 +1,1 @@
+[image]
--- /dev/null
+++ b/images/base/Image.toml
@@ -0,0 +1,2 @@
+[image]
+version = \"2.1\"
"
    );
    assert_eq!(project.findings(&adoption, false), [""; 0]);
    assert_eq!(
        project.refuses(&Request { namespace: Some("other".to_owned()), ..Request::default() }),
        [
            "the workspace's namespace is `acme`, not `other` |  | a workspace has one namespace: leave --namespace out"
        ]
    );
}

#[test]
fn a_workspace_that_says_nothing_of_images_gets_a_table_at_its_end() {
    let project = tree(&[
        ("Cargo.toml", "[workspace]\r\nmembers = []"),
        ("images/a/Dockerfile", "FROM scratch\n"),
        ("sub/b/Dockerfile", "FROM acme/a\n"),
    ]);
    let below =
        Request { path: Some("sub".into()), namespace: Some("acme".to_owned()), ..Request::default() };
    assert_eq!(project.adopt_with(&below).edits.paths(), ["Cargo.toml", "sub/b/Image.toml"]);
    project.adopt().edits.write().unwrap();
    assert_eq!(
        project.read("Cargo.toml"),
        "[workspace]\r\nmembers = []\r\n\r\n[workspace.metadata.images]\r\nnamespace = \"acme\"\r\n\
         members = [\"images/*\", \"sub/b\"]\r\n"
    );
    assert_eq!(project.problems(), [""; 0]);
}

#[test]
fn settings_to_which_nothing_can_be_added_are_told_with_what_to_add() {
    let project = tree(&[
        (
            "Cargo.toml",
            "workspace.members = []\nworkspace.metadata.images.namespace = \"acme\"\n[workspace.lints]\n",
        ),
        ("x/Dockerfile", "FROM scratch\n"),
    ]);
    assert_eq!(
        project.refuses(&Request::default()),
        [
            "the root Cargo.toml is written in a way in which nothing can be added, so nothing is written |  | add this by hand, \
             and run this again:\nmembers = [\"x\"]"
        ]
    );
}

#[test]
fn a_new_workspace_leaves_crates_below_it_alone_and_can_bring_its_xtask() {
    let project = tree(&[
        ("repo/x/Dockerfile", "FROM scratch\n"),
        ("repo/x/Cargo.toml", "[package]\nname = \"x\"\nversion = \"1.2.3\"\n"),
        ("repo/x/inner/Cargo.toml", "[package]\n"),
        ("tool/crates/images-cli/Cargo.toml", "[package]\n"),
    ]);
    let request = |xtask: &str| Request {
        path: Some("repo".into()),
        namespace: Some("acme".to_owned()),
        xtask: Some(xtask.to_owned()),
        ..Request::default()
    };
    let adoption = project.adopt_with(&request("tool/crates/images-cli"));
    assert!(adoption.has_xtask);
    assert_eq!(project.findings(&adoption, false), [""; 0]);
    adoption.edits.write().unwrap();
    assert_eq!(
        project.read("repo/Cargo.toml"),
        "[workspace]\nresolver = \"3\"\nmembers = [\"xtask\"]\nexclude = [\"x\"]\n\n\
         [workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"x\"]\n"
    );
    assert_eq!(
        project.read("repo/.cargo/config.toml"),
        "[alias]\nxtask = \"run --quiet --package xtask --\"\n"
    );
    let manifest = project.read("repo/xtask/Cargo.toml");
    assert!(manifest.ends_with("images-cli = { path = \"../../tool/crates/images-cli\" }\n"), "{manifest}");
    assert_eq!(
        project.refuses(&request("https://example.org/x")),
        [
            "there is a folder `xtask` already |  | mount the command in it, as the README of xtask-images shows, and leave --xtask out"
        ]
    );
    project.remove("repo/xtask");
    project.write("repo/.cargo/config.toml", "[alias]\nb = \"build\" # kept\n[net]\n");
    let adoption = project.adopt_with(&request("https://example.org/xtask-images"));
    adoption.edits.write().unwrap();
    let manifest = project.read("repo/xtask/Cargo.toml");
    assert!(
        manifest.ends_with("images-cli = { git = \"https://example.org/xtask-images\" }\n"),
        "{manifest}"
    );
    assert_eq!(
        project.read("repo/.cargo/config.toml"),
        "[alias]\nb = \"build\" # kept\nxtask = \"run --quiet --package xtask --\"\n[net]\n"
    );
    project.remove("repo/xtask");
    assert_eq!(
        project.refuses(&request("nowhere")),
        [format!(
            "there is no crate in {} |  | --xtask takes the folder of the crate images-cli, or the URL of a git repository",
            project.path("nowhere")
        )]
    );
}

#[test]
fn a_workspace_outside_of_the_checkout_is_somebody_elses() {
    let project = tree(&[("Cargo.toml", "[workspace]\n"), ("repo/x/Dockerfile", "FROM scratch\n")]);
    let mut options = project.options.clone();
    options.start = project.path("repo");
    let adopt = || adopt::adopt(&options, &Request::default(), &project.cancel).unwrap();
    assert_eq!(adopt().root, project.root());
    git(&project.path("repo"), &["init", "--quiet"]);
    let adoption = adopt();
    assert_eq!(
        (adoption.root.clone(), adoption.edits.paths()),
        (project.path("repo"), vec!["Cargo.toml".into(), "x/Image.toml".into()])
    );
}

#[test]
fn what_git_ignores_is_passed_over_and_checkouts_within_are_not() {
    let project = tree(&[
        (".gitignore", "/out\n/target\n"),
        ("a/Dockerfile", "FROM scratch\n"),
        ("gone/Dockerfile", "FROM scratch\n"),
        ("out/Dockerfile", "FROM scratch\n"),
        ("target/Dockerfile", "FROM scratch\n"),
        ("vendor/node_modules/Dockerfile", "FROM scratch\n"),
        (".devcontainer/Dockerfile", "FROM scratch\n"),
        ("nested/b/Dockerfile", "FROM scratch\n"),
        ("skipped/deep/Dockerfile", "FROM scratch\n"),
    ]);
    git(&project.path("nested"), &["init", "--quiet"]);
    let request = Request {
        namespace: Some("acme".to_owned()),
        exclude: vec!["skip*".to_owned(), "c/x.Dockerfile".to_owned()],
        ..Request::default()
    };
    let walked = ["a/Dockerfile a", "gone/Dockerfile gone", "nested/b/Dockerfile b", "out/Dockerfile out"];
    assert_eq!(names(&project.adopt_with(&request)), walked, "without git");
    project.git(&["init", "--quiet"]);
    project.git(&["add", "a", "gone", ".gitignore"]);
    project.remove("gone");
    project.write("c/Dockerfile", "FROM scratch\n");
    project.write("c/x.Dockerfile", "FROM scratch\n");
    let adoption = project.adopt_with(&request);
    assert_eq!(names(&adoption), ["a/Dockerfile a", "c/Dockerfile c", "nested/b/Dockerfile b"]);
    let hidden = "what is in hidden folders is passed over: .devcontainer/Dockerfile |  | name such a folder as PATH to adopt what \
                  is in it";
    assert_eq!(problems(&adoption), [hidden]);
    let named = Request {
        path: Some(".devcontainer".into()),
        namespace: Some("acme".to_owned()),
        ..Request::default()
    };
    assert_eq!(project.adopt_with(&named).edits.paths(), ["Cargo.toml", "Image.toml"], "it is the root");
    project.remove(".devcontainer");
    project.write(".gitignore", "/out\n");
    assert_eq!(
        problems(&project.adopt_with(&request)),
        [
            "git does not ignore the folder `target`, in which builds keep their files |  | add a line `/target` to .gitignore"
        ]
    );
}

#[test]
fn what_cannot_be_adopted_is_told_and_the_rest_is() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let project = tree(&[
        ("good/Dockerfile", "FROM scratch\n"),
        ("broken/Dockerfile", "FROM\n"),
        ("empty/Dockerfile", "# nothing\n"),
        ("made/Dockerfile.j2", "FROM {{ base }}\n"),
        ("made/api.Dockerfile.tmpl", "FROM x\n"),
    ]);
    symlink("..", project.path("good/up")).unwrap();
    symlink("Dockerfile", project.path("made/Dockerfile")).unwrap();
    symlink("nowhere", project.path("made/x.Dockerfile")).unwrap();
    symlink("../good", project.path("made/y.Dockerfile")).unwrap();
    project.write("latin/Dockerfile", b"FROM scratch\n# \xe9\n");
    let bad = project.root().into_std_path_buf().join(std::ffi::OsStr::from_bytes(b"\xe9"));
    std::fs::create_dir(&bad).unwrap();
    std::fs::write(bad.join("Dockerfile"), "FROM scratch\n").unwrap();
    let root = project.root();
    let told = [
        format!("a name in {root} is not UTF-8: \u{fffd} |  | it is passed over; rename it, if it is to be adopted"),
        "broken/Dockerfile:1 [FROM] broken/Dockerfile is not adopted: FROM takes an image, or an image, AS and a name |  | write FROM image, or FROM image AS name"
            .to_owned(),
        "empty/Dockerfile:1 [# nothing\n] empty/Dockerfile is not adopted: the Dockerfile has no instructions |  | start it with \
         FROM and an image, or FROM scratch"
            .to_owned(),
        "latin/Dockerfile is not adopted: it is not UTF-8 |  | mend it and run this again, or pass it over with --exclude".to_owned(),
        "made/Dockerfile is not adopted: Too many levels of symbolic links (os error 40) |  | mend it and run this again, or pass it \
         over with --exclude"
            .to_owned(),
        "made/x.Dockerfile is not adopted: it is a link that leads nowhere |  | mend it and run this again, or pass it over with \
         --exclude"
            .to_owned(),
        "made/y.Dockerfile is not adopted: it is a link to a folder |  | mend it and run this again, or pass it over with --exclude"
            .to_owned(),
        "2 templates are not adopted: made/Dockerfile.j2, made/api.Dockerfile.tmpl |  | write the Dockerfiles that are made from them \
         into folders of their own, and run this again"
            .to_owned(),
    ];
    let adoption = project.adopt_as("acme");
    assert_eq!(
        (names(&adoption), problems(&adoption)),
        (vec!["good/Dockerfile good".to_owned()], told.to_vec())
    );
    project.git(&["init", "--quiet"]);
    project.write(".git/info/exclude", "/target\n");
    let by_git = problems(&project.adopt_as("acme"));
    assert_eq!(by_git[1..], told[1..]);
    assert_eq!(
        by_git[0],
        format!(
            "a name in {root} is not UTF-8: \u{fffd}/Dockerfile |  | it is passed over; rename it, if it is to be adopted"
        )
    );
}

#[test]
fn where_git_gives_no_list_folders_are_read() {
    let project = tree(&[("a/Dockerfile", "FROM scratch\n"), (".git", "nonsense\n")]);
    let adoption = project.adopt_as("acme");
    assert_eq!(names(&adoption), ["a/Dockerfile a"]);
    let told = problems(&adoption);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with(&format!("git cannot list {}: fatal: ", project.root())), "{}", told[0]);
    assert!(
        told[0].ends_with(" |  | all files are looked at, also those that .gitignore excludes"),
        "{}",
        told[0]
    );
}

#[test]
fn arguments_that_a_script_gives_are_asked_for() {
    let project = tree(&[
        ("base/Dockerfile", "FROM scratch\n"),
        ("tool/Dockerfile", "ARG BASE\nFROM acme/base AS x\nFROM $BASE\nCOPY base/Dockerfile /\n"),
    ]);
    let adoption = project.adopt();
    assert_eq!(adoption.namespace, "acme", "the other reference is read");
    let asked = "tool/Dockerfile:3 [$BASE] the variable `BASE` has no value in this FROM | expands to nothing | add a default in \
                 `ARG BASE=…`, a value in [args], or --build-arg BASE=…";
    assert_eq!(project.findings(&adoption, false), [asked]);
    adoption.edits.write().unwrap();
    assert_eq!(project.read("tool/Image.toml"), "[image]\nversion = \"0.1.0\"\ncontext = \"..\"\n");
    project.write(
        "tool/Image.toml",
        format!("{}\n[args]\nBASE = \"acme/base\"\n", project.read("tool/Image.toml")),
    );
    assert_eq!(project.findings(&adoption, true), [""; 0]);
}

#[test]
fn where_there_is_nothing_it_is_told_what_was_looked_for() {
    let project = tree(&[("README.md", "")]);
    let help = "these names count: Dockerfile, Containerfile, NAME.Dockerfile, Dockerfile.NAME; what .gitignore excludes is not \
                looked at";
    assert_eq!(
        project.refuses(&Request::default()),
        [format!("there is no Dockerfile to adopt in {} or below |  | {help}", project.root())]
    );
    let wrong = |request: Request| project.refuses(&request).remove(0);
    assert_eq!(
        wrong(Request { path: Some("nowhere".into()), ..Request::default() }),
        "there is no folder nowhere |  | name the folder that holds the Dockerfiles"
    );
    assert_eq!(
        wrong(Request { namespace: Some("A".to_owned()), ..Request::default() }),
        "`A` is no namespace |  | a namespace is lower-case letters, digits and single separators: `acme`, `acme/images`"
    );
    assert_eq!(
        wrong(Request { registry: Some("acme".to_owned()), ..Request::default() }),
        "`acme` is no registry |  | a registry is a host with a dot or a port, or localhost: `ghcr.io`, `localhost:5000`"
    );
    assert_eq!(
        wrong(Request { image_version: Some("a b".to_owned()), ..Request::default() }),
        "`a b` is no version |  | a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them"
    );
    assert_eq!(
        wrong(Request { exclude: vec!["[".to_owned()], ..Request::default() }),
        "--exclude:1 [[] bad glob `[` | `[` is a malformed pattern | globs know `*`, `?`, `[a-z]` and `**`"
    );
}
