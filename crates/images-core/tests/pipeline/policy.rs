//! `[workspace.metadata.images.policy]`: each rule has a line that breaks it, and one that does not.

use images_core::graph::Graph;
use images_core::lock::{self, Pins};
use images_core::policy;

use crate::project::{Project, SETTINGS, told};

/// A workspace with this policy.
fn with(policy: &str) -> Project {
    Project::with_settings(&format!("{SETTINGS}[workspace.metadata.images.policy]\n{policy}\n"))
}

impl Project {
    /// The violations: `RULE FILE:LINE [SPAN] MESSAGE | LABEL | HELP`.
    #[track_caller]
    fn violations(&self) -> Vec<String> {
        let workspace = self.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        let all: Vec<_> = graph.ids().collect();
        let found = policy::check(&graph, &all, &Pins::of(&lock::read(&self.root()).unwrap())).into_iter();
        found
            .map(|violation| {
                let rule = violation.rule.id().strip_prefix("policy::").unwrap();
                format!("{rule} {}", told(&violation.into())[0])
            })
            .collect()
    }

    /// The violations without labels and help.
    #[track_caller]
    fn short(&self) -> Vec<String> {
        self.violations().into_iter().map(|text| text.split(" | ").next().unwrap().to_owned()).collect()
    }
}

/// What a policy says of one Dockerfile.
fn of(policy: &str, dockerfile: &str) -> Vec<String> {
    let project = with(policy);
    project.image("app", dockerfile);
    project.short()
}

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn registries_that_are_not_listed_are_refused() {
    let project = with("allowed-registries = [\"docker.io\", \"ghcr.io\"]");
    project.image(
        "app",
        "FROM debian AS a\nFROM ghcr.io/x/y:1\nCOPY --from=quay.io:443/x/y:1 /a /b\nCOPY --from=a /a /c\n",
    );
    assert_eq!(
        project.violations(),
        [
            "allowed-registries images/app/Dockerfile:3 [quay.io:443/x/y:1] the policy does not allow images from \
          `quay.io:443` | not an allowed registry | allowed are: docker.io, ghcr.io; `allowed-registries` in \
          [workspace.metadata.images.policy] says so"
        ]
    );
    assert!(of("allowed-registries = [\"index.docker.io\"]", "FROM debian\n").is_empty());
    assert_eq!(of("allowed-registries = []", "FROM debian\n").len(), 1);
}

#[test]
fn repositories_are_matched_as_docker_completes_them() {
    let policy = "allowed-repositories = [\"docker.io/library/*\", \"ghcr.io/acme/**\"]";
    assert!(of(policy, "FROM debian:12 AS a\nFROM ghcr.io/acme/x/y\nCOPY --from=a /a /a\n").is_empty());
    assert_eq!(
        of(policy, "# syntax=docker/dockerfile:1\nFROM scratch\nCOPY --from=docker.io/bitnami/redis /a /b\n"),
        [
            "allowed-repositories images/app/Dockerfile:1 [docker/dockerfile:1] the policy does not allow images \
             from `docker.io/docker/dockerfile`",
            "allowed-repositories images/app/Dockerfile:3 [docker.io/bitnami/redis] the policy does not allow images \
             from `docker.io/bitnami/redis`",
        ]
    );
}

#[test]
fn a_digest_is_required_of_external_references_alone() {
    let project = with("require-digest = true");
    project.image("base", &format!("FROM debian:12@{DIGEST}\n"));
    project.image("app", "ARG V=12\nFROM debian:$V AS a\nFROM acme/base:1\nCOPY --from=a /a /a\n");
    assert_eq!(
        project.violations(),
        [
            "require-digest images/app/Dockerfile:2 [debian:$V] the policy requires a digest, and `debian:12` has none, \
          here or in Images.lock | may be another image tomorrow | `cargo xtask images update` locks it, or write \
          debian:12@sha256:…"
        ]
    );
    project.built();
    assert_eq!(project.violations(), [] as [&str; 0], "a build locks it");
}

#[test]
fn a_reference_without_a_tag_means_latest_unless_a_digest_says_more() {
    let policy = "forbidden-tags = [\"latest\", \"*-rc*\"]";
    assert_eq!(
        of(policy, "FROM debian\nRUN --mount=from=a/b:2-rc1 true\n"),
        [
            "forbidden-tags images/app/Dockerfile:1 [debian] the policy forbids the tag `latest`",
            "forbidden-tags images/app/Dockerfile:2 [a/b:2-rc1] the policy forbids the tag `2-rc1`",
        ]
    );
    assert!(of(policy, &format!("FROM debian@{DIGEST}\n")).is_empty());
    assert_eq!(of(policy, &format!("FROM debian:latest@{DIGEST}\n")).len(), 1);
}

#[test]
fn root_is_refused_by_name_by_number_and_by_omission() {
    let refused = |dockerfile: &str| !of("forbid-root = true", dockerfile).is_empty();
    for user in ["root", "0", "00", "0:1000", "root:root", ":1000", "$X"] {
        assert!(refused(&format!("FROM scratch\nUSER app\nUSER {user}\n")), "{user}");
    }
    for user in ["app", "1000", "app:app", "1000:0", "${UID:-1000}", "\"app\""] {
        assert!(!refused(&format!("FROM scratch\nUSER 0\nUSER {user}\n")), "{user}");
    }
    assert!(refused("FROM scratch\n"));
    assert!(refused("FROM debian\n"));
    assert!(refused("FROM debian\nUSER $APP_USER\n"));
    assert!(!refused("FROM debian AS a\nUSER app\nFROM a\n"));
    assert!(refused("FROM debian AS a\nUSER app\nFROM debian\nCOPY --from=a /a /a\n"));
}

#[test]
fn the_user_of_an_internal_parent_is_inherited() {
    let project = with("forbid-root = true\nroot-allowed = [\"os\", \"trigger\"]");
    project.image("os", "FROM scratch\n");
    project.image("python", "FROM acme/os\nUSER 1000\n");
    project.image("flask", "FROM acme/python AS built\nFROM built\n");
    project.image("node", "FROM acme/python AS a\nFROM acme/os\nCOPY --from=a /a /a\n");
    project.image("tool", "FROM debian\nRUN true\n");
    project.image("trigger", "FROM scratch\nONBUILD USER app\n");
    project.image("triggered", "FROM acme/trigger\n");
    assert_eq!(
        project.violations(),
        [
            "forbid-root images/node/Dockerfile:2 [acme/os] the policy forbids root, and `node` runs as root | \
             `os:1.0.0` brings it: there is no USER | add `USER` with a name or a number other than 0, or list `node` \
             under `root-allowed` in [workspace.metadata.images.policy]",
            "forbid-root images/tool/Dockerfile:1 [debian] the policy forbids root, and `tool` may run as root | the \
             user of `debian` is not known here | add `USER` with a name or a number other than 0, or list `tool` \
             under `root-allowed` in [workspace.metadata.images.policy]",
        ]
    );
}

#[test]
fn arguments_of_a_variant_decide_its_user_and_the_error_comes_once() {
    let project = with("forbid-root = true");
    let variants = "[image]\nversion = \"1.0.0\"\n[[variant]]\nargs = { UID = \"0\" }\nsuffix = \"-a\"\n[[variant]]\nargs = { UID = \"0\" }\nsuffix = \"-b\"\n";
    project.image_with("app", variants, "FROM scratch\nARG UID=5\nUSER ${UID}\n");
    assert_eq!(
        project.short(),
        ["forbid-root images/app/Dockerfile:3 [${UID}] the policy forbids root, and `app` runs as root"]
    );
}

#[test]
fn labels_may_come_from_the_workspace_the_manifest_the_dockerfile_and_parents() {
    let settings = SETTINGS.replace(
        "namespace = \"acme\"\n",
        "namespace = \"acme\"\nlabels = { team = \"platform\" }\npolicy.required-labels = [\"team\", \"tier\", \
         \"com.acme.x\", \"org.opencontainers.image.title\", \"org.opencontainers.image.licenses\", \
         \"dev.xtask-images.key\"]\n",
    );
    let project = Project::with_settings(&settings);
    let manifest = "[image]\nversion = \"1.0.0\"\nlicenses = \"MIT\"\n[labels]\ntier = \"1\"\n";
    project.image_with("base", manifest, "FROM scratch\nLABEL com.acme.x=1\n");
    project.image("child", "FROM acme/base\n");
    project.image("alone", "FROM scratch AS a\nLABEL com.acme.x=1\nFROM scratch\nCOPY --from=a /a /a\n");
    assert_eq!(
        project.violations(),
        [
            "required-labels images/alone/Image.toml:1 [] the policy requires the label `tier`, and `alone` has none | \
             no such label | add `\"tier\" = \"…\"` under [labels], or for all images under `labels` in \
             [workspace.metadata.images]",
            "required-labels images/alone/Image.toml:1 [] the policy requires the label `com.acme.x`, and `alone` has \
             none | no such label | add `\"com.acme.x\" = \"…\"` under [labels], or for all images under `labels` in \
             [workspace.metadata.images]",
            "required-labels images/alone/Image.toml:1 [] the policy requires the label \
             `org.opencontainers.image.licenses`, and `alone` has none | no such label | write `licenses` under \
             [image], or inherit it by `licenses.workspace = true`",
        ]
    );
}

#[test]
fn what_stands_on_nothing_has_no_name_of_a_base() {
    let project = with("required-labels = [\"org.opencontainers.image.base.name\"]");
    project.image("base", "FROM scratch\n");
    project.image("child", "FROM acme/base\n");
    let told = project.violations();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("and `base` has none"), "{told:?}");
}

#[test]
fn depth_counts_the_images_on_the_longest_way_down() {
    let project = with("max-depth = 2");
    project.image("a", "FROM debian\n");
    project.image("b", "FROM acme/a\n");
    project.image("c", "FROM acme/a AS x\nFROM scratch\nCOPY --from=acme/b /a /a\nCOPY --from=x /a /a\n");
    assert_eq!(
        project.violations(),
        [
            "max-depth images/c/Dockerfile:3 [acme/b] the policy allows 2 images on each other, and `c` is number 3 | \
          `b:1.0.0` is number 2 | base it on an image further down, or raise `max-depth` in \
          [workspace.metadata.images.policy]"
        ]
    );
}

#[test]
fn without_a_policy_nothing_is_forbidden() {
    let project = Project::new();
    project.image("app", "FROM debian\nUSER root\n");
    assert_eq!(project.violations(), [""; 0]);
}

#[test]
fn a_policy_that_is_wrong_is_told_when_the_workspace_is_loaded() {
    let told = |policy: &str| {
        let project = with(policy);
        project.image("app", "FROM scratch\n");
        let problems = project.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].clone()
    };
    assert_eq!(
        told("forbid-rot = true"),
        "Cargo.toml:5 [forbid-rot] unknown key `forbid-rot` | not a key that exists here | did you mean \
         `forbid-root`? allowed here: allowed-registries, allowed-repositories, require-digest, forbidden-tags, \
         forbid-root, root-allowed, required-labels, max-depth"
    );
    assert_eq!(
        told("allowed-registries = [\"ghcr\"]"),
        "Cargo.toml:5 [\"ghcr\"] `ghcr` is no registry | not a host | a registry is a host: `docker.io`, `ghcr.io`, \
         `localhost:5000`"
    );
    assert_eq!(
        told("allowed-repositories = [\"library/*\"]"),
        "Cargo.toml:5 [\"library/*\"] `library/*` does not name repositories | not a host and a path | start with the \
         host, also for Docker Hub: `docker.io/library/*`, `ghcr.io/acme/**`"
    );
    assert!(told("allowed-repositories = [\"docker.io/[a\"]").contains("bad glob `docker.io/[a`"));
    assert!(told("forbidden-tags = [\"[a\"]").contains("bad glob `[a`"));
    assert_eq!(
        told("root-allowed = [\"ap\"]"),
        "Cargo.toml:5 [\"ap\"] no image of this workspace is named `ap` | no such member | did you mean `app`?"
    );
    assert!(told("required-labels = [\"\"]").contains("a label has a key"));
    assert!(told("max-depth = 0").contains("invalid value: integer `0`"));
}
