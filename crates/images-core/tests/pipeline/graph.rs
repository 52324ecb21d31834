//! Who stands on whom: requirements, names, cycles, triggers, and hierarchies that nobody here wrote.

use images_core::graph::Graph;
use images_dockerfile::Sources;

use crate::project::{Project, SETTINGS};

const VARIANTS: &str = r#"
[[variant]]
version = "3.9.16"
[[variant]]
version = "3.11.2"
[[variant]]
version = "3.11.10+deb.1"
[[variant]]
version = "3.11.10"
suffix = "-slim"
[[variant]]
version = "3.12.0-rc.1"
"#;

/// What `FROM <reference>` leads to in a workspace with `registry`.
fn leads_to(settings: &str, reference: &str) -> Vec<String> {
    let project = Project::with_settings(&format!("{SETTINGS}{settings}\n"));
    project.image_with("python", VARIANTS, "FROM scratch\n");
    project.image("app", &format!("FROM {reference}\n"));
    let problems = project.problems();
    if problems.is_empty() { vec![project.edges()[0].clone()] } else { problems }
}

fn internal(settings: &str, reference: &str, variant: &str) {
    assert_eq!(leads_to(settings, reference), [format!("app:1.0.0 <- {variant}")], "{reference}");
}

fn external(settings: &str, reference: &str) {
    internal(settings, reference, &format!("external {reference}"));
}

#[test]
fn a_tag_is_exact_or_a_prefix_or_means_the_default() {
    internal("", "acme/python", "python:3.11.10_deb.1");
    internal("", "acme/python:latest", "python:3.11.10_deb.1");
    internal("", "acme/python:3.11.2", "python:3.11.2");
    internal("", "acme/python:3.11", "python:3.11.10_deb.1");
    internal("", "acme/python:3", "python:3.11.10_deb.1");
    internal("", "acme/python:3.9", "python:3.9.16");
    internal("", "acme/python:3.11-slim", "python:3.11.10-slim");
    internal("", "acme/python:3.11.10-slim", "python:3.11.10-slim");
    internal("", "acme/python:3.11.10_deb.1", "python:3.11.10_deb.1");
    internal("", "acme/python:3.12.0-rc.1", "python:3.12.0-rc.1");
}

#[test]
fn a_suffix_is_met_as_tags_have_it() {
    let project = Project::new();
    project.image_with("python", "[[variant]]\nversion = \"3.11.2\"\nsuffix = \"+x\"\n", "FROM scratch\n");
    project.image("app", "FROM acme/python:3.11_x\n");
    assert_eq!(project.edges()[0], "app:1.0.0 <- python:3.11.2_x");
}

#[test]
fn of_two_readings_of_a_tag_the_longer_suffix_counts() {
    let project = Project::new();
    let variants = "[[variant]]\nversion = \"1.2\"\nsuffix = \"_s\"\n[[variant]]\nversion = \"1_s.5\"\n";
    project.image_with("python", variants, "FROM scratch\n");
    project.image("app", "FROM acme/python:1_s\n");
    assert_eq!(project.edges()[0], "app:1.0.0 <- python:1.2_s");
}

#[test]
fn a_version_that_is_not_there_is_told_with_those_there_are() {
    let told = |tag: &str, near: &str, version: &str| {
        let there = "there are: 3.9.16, 3.11.2, 3.11.10_deb.1, 3.11.10-slim, 3.12.0-rc.1";
        let mend =
            format!("`cargo xtask images bump python:{version} --from {tag} -x` moves the reference there");
        assert_eq!(
            leads_to("", &format!("acme/python:{tag}")),
            [format!(
                "images/app/Dockerfile:1 [acme/python:{tag}] `python` has no version `{tag}` | no variant meets this tag | {near}{there}; {mend}"
            )]
        );
    };
    told("3.11.3", "did you mean `python:3.11.2`? ", "3.11.2");
    told("3.1", "", "VERSION");
    told("3.12", "", "VERSION");
    told("2", "", "VERSION");
    told("book", "", "VERSION");
}

#[test]
fn ours_is_what_our_registry_localhost_or_no_registry_has() {
    let ghcr = "registry = \"ghcr.io\"";
    internal(ghcr, "acme/python:3.9", "python:3.9.16");
    internal(ghcr, "localhost/acme/python:3.9", "python:3.9.16");
    internal(ghcr, "ghcr.io/acme/python:3.9", "python:3.9.16");
    external(ghcr, "quay.io/acme/python:3.9");
    external(ghcr, "docker.io/acme/python:3.9");
    external(ghcr, "localhost:5000/acme/python:3.9");
    external(ghcr, "other/python:3.9");
    external(ghcr, "python:3.9");
    external(ghcr, "acme");
    external(ghcr, "acmepython");
    external("", "ghcr.io/acme/python:3.9");
    internal("registry = \"localhost:5000\"", "localhost:5000/acme/python:3.9", "python:3.9.16");
}

#[test]
fn docker_hub_has_two_names() {
    for registry in ["docker.io", "index.docker.io"] {
        let settings = format!("registry = \"{registry}\"");
        for domain in ["docker.io/", "index.docker.io/", ""] {
            internal(&settings, &format!("{domain}acme/python:3.9"), "python:3.9.16");
        }
        external(&settings, "registry-1.docker.io/acme/python:3.9");
    }
}

#[test]
fn a_name_in_our_namespace_is_never_pulled() {
    assert_eq!(
        leads_to("", "acme/pyhton:3.9"),
        [
            "images/app/Dockerfile:1 [acme/pyhton:3.9] no image of this workspace is named `pyhton` | `acme` is ours, so it is never pulled | did you mean `acme/python`?"
        ]
    );
    assert_eq!(
        leads_to("", "localhost/acme/ruby"),
        [
            "images/app/Dockerfile:1 [localhost/acme/ruby] no image of this workspace is named `ruby` | `acme` is ours, so it is never pulled | add the image, or list `ruby` under `external` in [workspace.metadata.images]"
        ]
    );
    assert!(
        leads_to("", "acme/tools/python")[0].contains("no image of this workspace is named `tools/python`")
    );
    external("external = [\"ruby\", \"tools/x\"]", "acme/ruby");
    external("external = [\"ruby\", \"tools/x\"]", "acme/tools/x:1");
}

#[test]
fn a_namespace_of_several_parts_ends_at_a_slash() {
    let project = Project::with_settings(&SETTINGS.replace("acme", "acme/images"));
    project.image("base", "FROM scratch\n");
    project.image(
        "app",
        "FROM acme/images/base\nCOPY --from=acme/base /a /a\nCOPY --from=acme/imagesbase /b /b\n",
    );
    assert_eq!(project.edges()[0], "app:1.0.0 <- base:1.0.0, external acme/base, external acme/imagesbase");
}

#[test]
fn our_own_image_has_no_digest_to_pin() {
    let digest = format!("acme/python@sha256:{}", "0".repeat(64));
    assert_eq!(
        leads_to("", &digest),
        [format!(
            "images/app/Dockerfile:1 [{digest}] `python` is built here, so it has no digest to pin | a digest of our own image | take the digest away; the build uses the exact image of this state"
        )]
    );
    external("", &format!("other/python@sha256:{}", "0".repeat(64)));
}

#[test]
fn edges_come_from_every_kind_of_reference_in_the_needed_stages() {
    let project = Project::new();
    for name in ["a", "b", "c", "d", "e"] {
        project.image(name, "FROM scratch\n");
    }
    project.image(
        "app",
        "# syntax=docker/dockerfile:1\nFROM acme/e AS unneeded\nFROM acme/a AS build\nRUN --mount=from=acme/b,target=/b true\nFROM scratch\nCOPY --from=build /x /x\nCOPY --from=acme/c:1 /y /y\nONBUILD COPY --from=acme/d /z /z\n",
    );
    assert_eq!(
        project.edges()[1],
        "app:1.0.0 <- external docker/dockerfile:1, a:1.0.0, b:1.0.0, c:1.0.0, d:1.0.0"
    );
}

#[test]
fn each_variant_has_edges_by_its_own_arguments() {
    let project = Project::new();
    project.image_with("python", VARIANTS, "FROM scratch\n");
    project.image_with(
        "app",
        "[image]\nversion = \"1\"\n[matrix]\nargs = { PYTHON = [\"3.9\", \"3.11\"] }\nsuffix = \"-py{PYTHON}\"\n",
        "ARG PYTHON\nFROM acme/python:${PYTHON}\n",
    );
    assert_eq!(
        project.edges()[..2],
        ["app:1-py3.9 <- python:3.9.16", "app:1-py3.11 <- python:3.11.10_deb.1"]
    );
}

#[test]
fn variants_of_one_image_may_stand_on_each_other() {
    let project = Project::new();
    project.image_with(
        "app",
        "[[variant]]\nversion = \"1\"\nargs = { BASE = \"scratch\" }\n[[variant]]\nversion = \"2\"\nargs = { BASE = \"acme/app:1\" }\n",
        "ARG BASE\nFROM ${BASE}\n",
    );
    assert_eq!(project.edges(), ["app:1 <- ", "app:2 <- app:1"]);
    assert_eq!(project.built(), ["app:1", "app:2"]);
}

#[test]
fn a_cycle_is_shown_with_its_path() {
    let project = Project::new();
    project.image("a", "FROM scratch\nCOPY --from=acme/c /x /x\n");
    project.image("b", "FROM acme/a\n");
    project.image("c", "FROM acme/b\n");
    project.image("outside", "FROM acme/c\n");
    project.image("0", "FROM acme/outside\n");
    assert_eq!(
        project.problems(),
        [
            "images/a/Dockerfile:2 [acme/c] images stand on each other in a cycle: a:1.0.0 → c:1.0.0 → b:1.0.0 → a:1.0.0 | closes the cycle | take one of these references away"
        ]
    );
}

#[test]
fn an_image_cannot_stand_on_itself() {
    let project = Project::new();
    project.image("a", "FROM scratch\nFROM acme/a\n");
    assert_eq!(
        project.problems(),
        [
            "images/a/Dockerfile:2 [acme/a] `a:1.0.0` stands on itself | refers to the image that it is for | take one of these references away"
        ]
    );
}

#[test]
fn every_bad_reference_is_told_once() {
    let project = Project::new();
    project.image_with(
        "app",
        "[[variant]]\nversion = \"1\"\n[[variant]]\nversion = \"2\"\n",
        "FROM acme/x\nCOPY --from=acme/y /a /b\n",
    );
    project.image("other", "ARG V\nFROM debian:${V}\n");
    let found = project.problems();
    let first: Vec<_> = found.iter().map(|problem| problem.split(" | ").next().unwrap()).collect();
    assert_eq!(
        first[..2],
        [
            "images/app/Dockerfile:1 [acme/x] no image of this workspace is named `x`",
            "images/app/Dockerfile:2 [acme/y] no image of this workspace is named `y`",
        ]
    );
    assert!(first[2].starts_with("images/other/Dockerfile:2 ["), "{first:?}");
    assert_eq!(first.len(), 3);
}

#[test]
fn a_target_that_is_no_stage_is_told_with_the_stages() {
    let project = Project::new();
    project.image_with("app", "[image]\nversion = \"1\"\ntarget = \"runtme\"\n", "FROM scratch AS runtime\n");
    let found = project.problems();
    assert!(found[0].contains("`runtme`") && found[0].ends_with("did you mean `runtime`?"), "{found:?}");
    assert_eq!(found.len(), 1);
}

#[test]
fn children_are_listed_once_each() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.image("b", "FROM acme/a\nCOPY --from=acme/a /x /x\n");
    let workspace = project.load();
    let graph = Graph::of(&workspace, 1).unwrap();
    let children = graph.children();
    assert_eq!((children[0].len(), children[1].len()), (1, 0));
    assert_eq!(graph.order.len(), 2);
}

fn sources(project: &Project, name: &str) -> Sources {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 1).unwrap();
    let id = images_core::selection::named(&graph, name).unwrap()[0];
    graph.node(id).sources.clone()
}

#[test]
fn a_child_reads_what_the_triggers_of_its_base_say() {
    let project = Project::new();
    project.image("base", "FROM scratch\nONBUILD COPY requirements.txt lit[e]ral* /\n");
    project.image("child", "FROM acme/base\nCOPY own /\n");
    project.image("grandchild", "FROM acme/child\nCOPY own /\n");
    project.write("images/child/own", "");
    project.write("images/child/requirements.txt", "flask");
    project.write("images/grandchild/own", "");
    project.write("images/grandchild/requirements.txt", "flask");
    let Sources::These(list) = sources(&project, "child") else { panic!("exact sources") };
    let paths: Vec<_> = list.iter().map(|source| (source.path.as_str(), source.wildcard)).collect();
    assert_eq!(paths, [("own", false), ("requirements.txt", true), ("lit[e]ral*", true)]);
    let Sources::These(list) = sources(&project, "grandchild") else { panic!("exact sources") };
    assert_eq!(list.len(), 1, "a trigger runs once");
    let before = project.keys();
    project.write("images/child/requirements.txt", "flask 2");
    project.write("images/grandchild/requirements.txt", "flask 2");
    let after = project.keys();
    assert_ne!(before["child:1.0.0"], after["child:1.0.0"]);
    project.built();
    let sent = project.engine.last("child:1.0.0");
    let files: Vec<_> = crate::fake_engine::files(&sent.context).into_keys().collect();
    assert_eq!(files, ["own", "requirements.txt"]);
}

#[test]
fn a_trigger_names_one_path_whatever_it_has_of_patterns_characters() {
    let project = Project::new();
    project.image("base", "FROM scratch\nONBUILD RUN --mount=type=bind,source=a*[b]?,target=/x true\n");
    project.image("child", "FROM acme/base\n");
    let Sources::These(list) = sources(&project, "child") else { panic!("exact sources") };
    let paths: Vec<_> = list.iter().map(|source| (source.path.as_str(), source.wildcard)).collect();
    assert_eq!(paths, [("a\\*\\[b]\\?", true)]);
}

#[test]
fn an_external_base_may_have_triggers_if_its_name_says_so() {
    let project = Project::new();
    project.image("wide", "FROM python:onbuild\n");
    project.image("narrow", "FROM python:3\n");
    assert_eq!(sources(&project, "wide"), Sources::All);
    assert_eq!(sources(&project, "narrow"), Sources::These(Vec::new()));
}

#[test]
fn triggers_are_a_bases_own_and_of_a_base_alone() {
    let project = Project::new();
    project.image("tool", "FROM scratch\n");
    let base = "FROM scratch AS x\nONBUILD COPY --from=acme/tool /a /a\nFROM scratch\nCOPY --from=x / /\n";
    project.image("base", base);
    project.image("child", "FROM acme/base\n");
    project.image("trigger", "FROM scratch\nONBUILD COPY --from=acme/tool /a /\nONBUILD COPY b /\n");
    project.image("copies", "FROM scratch\nCOPY --from=acme/trigger / /\n");
    let workspace = project.load();
    let graph = Graph::of(&workspace, 1).unwrap();
    let parents = |name: &str| {
        let id = images_core::selection::named(&graph, name).unwrap()[0];
        graph.node(id).parents().map(|id| graph.spec(id).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(parents("base"), ["tool:1.0.0"]);
    assert_eq!(parents("child"), ["base:1.0.0"], "another stage's triggers are not carried");
    assert_eq!(parents("copies"), ["trigger:1.0.0"], "a copy runs no triggers");
    assert_eq!(sources(&project, "copies"), Sources::These(Vec::new()));
}

/// A trigger runs in the child's build, so what it copies from must be there and may be pulled.
#[test]
fn what_a_triggers_from_names_is_a_parent_of_the_child() {
    let project = Project::new();
    project.image("tool", "FROM scratch\n");
    project.image("base", "FROM scratch\nONBUILD COPY --from=acme/tool /x /x\n");
    project.image("fetch", "FROM scratch\nONBUILD COPY --from=docker.io/busybox /x /x\n");
    project.image("child", "FROM acme/base\n");
    project.image("fetched", "FROM acme/fetch\n");
    project.image("grandchild", "FROM acme/child\n");
    project.built();
    assert!(project.engine.last("child:1.0.0").never_pull);
    assert!(!project.engine.last("fetched:1.0.0").never_pull);
    assert!(project.engine.last("grandchild:1.0.0").never_pull);
    project.engine.remove_variant("tool", "localhost/acme/tool:1.0.0");
    project.engine.remove_variant("child", "localhost/acme/child:1.0.0");
    assert_eq!(
        project.plan_of(&["child"]),
        ["tool:1.0.0 build: not in the store (not asked for)", "child:1.0.0 build: not in the store"]
    );
}

#[test]
fn an_argument_that_a_bases_trigger_declares_reaches_the_child() {
    let project = Project::new();
    project.image("base", "FROM scratch\nONBUILD ARG FLAVOUR\n");
    project.image_with(
        "child",
        "[image]\nversion = \"1\"\n[args]\nFLAVOUR = \"plain\"\nOTHER = \"x\"\n",
        "FROM acme/base\n",
    );
    let before = project.key("child:1");
    project.built();
    let args: Vec<_> = project.engine.last("child:1").args.into_iter().collect();
    assert_eq!(args, [("FLAVOUR".to_owned(), "plain".to_owned())]);
    project.image_with(
        "child",
        "[image]\nversion = \"1\"\n[args]\nFLAVOUR = \"fancy\"\n",
        "FROM acme/base\n",
    );
    assert_ne!(project.key("child:1"), before);
}

/// Dockerfiles as the Jupyter stacks have them: parents are named by arguments only.
#[test]
fn a_hierarchy_by_arguments_is_adopted_with_its_dockerfiles_untouched() {
    let project = Project::with_settings(
        "[workspace]\n[workspace.metadata.images]\nnamespace = \"jupyter\"\nregistry = \"quay.io\"\n[workspace.metadata.images.image]\nversion = \"1.0.0\"\n",
    );
    let image = |name: &str, parent: &str| {
        let dockerfile = format!(
            "# Copyright\nARG REGISTRY=quay.io\nARG OWNER=jupyter\nARG BASE_IMAGE=$REGISTRY/$OWNER/{parent}\nFROM $BASE_IMAGE\n\nLABEL maintainer=\"x\"\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\n"
        );
        project.image_with(name, "[image]\nversion.workspace = true\n", &dockerfile);
    };
    project.image_with(
        "docker-stacks-foundation",
        "[image]\nversion.workspace = true\n",
        "ARG ROOT_IMAGE=ubuntu:24.04\n\nFROM $ROOT_IMAGE\n",
    );
    for (name, parent) in [
        ("base-notebook", "docker-stacks-foundation"),
        ("minimal-notebook", "base-notebook"),
        ("r-notebook", "minimal-notebook"),
        ("julia-notebook", "minimal-notebook"),
        ("scipy-notebook", "minimal-notebook"),
        ("tensorflow-notebook", "scipy-notebook"),
        ("pytorch-notebook", "scipy-notebook"),
        ("datascience-notebook", "scipy-notebook"),
        ("pyspark-notebook", "scipy-notebook"),
        ("all-spark-notebook", "pyspark-notebook"),
    ] {
        image(name, parent);
    }
    assert_eq!(
        project.edges(),
        [
            "all-spark-notebook:1.0.0 <- pyspark-notebook:1.0.0",
            "base-notebook:1.0.0 <- docker-stacks-foundation:1.0.0",
            "datascience-notebook:1.0.0 <- scipy-notebook:1.0.0",
            "docker-stacks-foundation:1.0.0 <- external ubuntu:24.04",
            "julia-notebook:1.0.0 <- minimal-notebook:1.0.0",
            "minimal-notebook:1.0.0 <- base-notebook:1.0.0",
            "pyspark-notebook:1.0.0 <- scipy-notebook:1.0.0",
            "pytorch-notebook:1.0.0 <- scipy-notebook:1.0.0",
            "r-notebook:1.0.0 <- minimal-notebook:1.0.0",
            "scipy-notebook:1.0.0 <- minimal-notebook:1.0.0",
            "tensorflow-notebook:1.0.0 <- scipy-notebook:1.0.0",
        ]
    );
    project.built();
    let sent = project.engine.last("base-notebook:1.0.0");
    let parent = &project.engine.last("docker-stacks-foundation:1.0.0").tags[0];
    assert!(parent.starts_with("localhost/jupyter/docker-stacks-foundation:key-"));
    let original = project.read("images/base-notebook/Dockerfile");
    assert_eq!(sent.dockerfile, original.replace("FROM $BASE_IMAGE", &format!("FROM {parent}")));
    assert!(sent.never_pull);
    assert!(!project.engine.last("docker-stacks-foundation:1.0.0").never_pull);
    assert_eq!(sent.tags[1], "quay.io/jupyter/base-notebook:1.0.0");
    assert_eq!(project.engine.missing_parents(), Vec::<String>::new());
}

#[test]
fn a_stages_name_in_an_arguments_default_is_a_stage() {
    let project = Project::new();
    project.image("common", "FROM scratch\n");
    project.image(
        "service",
        "ARG BASE=builder\nFROM acme/common AS builder\nFROM ${BASE} AS final\nCOPY --from=builder /a /a\n",
    );
    assert_eq!(project.edges()[1], "service:1.0.0 <- common:1.0.0");
    project.built();
    let sent = project.engine.last("service:1.0.0");
    let lines: Vec<_> = sent.dockerfile.lines().collect();
    assert!(lines[1].starts_with("FROM localhost/acme/common:key-") && lines[1].ends_with(" AS builder"));
    assert_eq!(lines[2], "FROM ${BASE} AS final");
}
