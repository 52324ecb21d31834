//! What a Dockerfile means for a target and arguments.

use std::collections::BTreeMap;

use images_dockerfile::{Dockerfile, Inputs, Platform, Problem, ReferenceKind, Resolution};

fn platform(os: &str, architecture: &str, variant: Option<&str>) -> Platform {
    Platform { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) }
}

fn try_resolve(text: &str, args: &[(&str, &str)], target: Option<&str>) -> Result<Resolution, Problem> {
    let args: BTreeMap<_, _> = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Dockerfile::parse(text)?.resolve(&Inputs {
        args: &args,
        target,
        platform: &platform("linux", "arm", Some("v7")),
        build_platform: &platform("linux", "amd64", None),
    })
}

fn resolve(text: &str) -> Resolution {
    try_resolve(text, &[], None).expect("a good Dockerfile")
}

/// The references as `written text → reference`.
fn references(text: &str, resolution: &Resolution) -> Vec<(ReferenceKind, String, String)> {
    resolution
        .references
        .iter()
        .map(|r| (r.kind, text[r.span.clone()].to_owned(), r.reference.to_string()))
        .collect()
}

#[test]
fn a_base_reached_through_arguments_of_arguments() {
    let text =
        "ARG REGISTRY=quay.io\nARG OWNER=jupyter\nARG BASE_IMAGE=$REGISTRY/$OWNER/x\nFROM $BASE_IMAGE\n";
    let resolution = resolve(text);
    assert_eq!(
        references(text, &resolution),
        [(ReferenceKind::From, "$BASE_IMAGE".to_owned(), "quay.io/jupyter/x".to_owned())]
    );
    let other = try_resolve(text, &[("OWNER", "acme")], None).expect("a good Dockerfile");
    assert_eq!(references(text, &other)[0].2, "quay.io/acme/x");
}

#[test]
fn a_stage_named_by_an_argument_is_no_image() {
    let text = "ARG BASE=builder\nFROM acme/x AS builder\nFROM $BASE\n";
    let resolution = resolve(text);
    assert_eq!(resolution.stages[1].base_stage, Some(0));
    assert_eq!(resolution.references.len(), 1);
}
