//! Resolves Dockerfiles for `linux/arm/v7` on `linux/amd64`.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::BTreeMap;

use images_dockerfile::{Dockerfile, Inputs, Platform, Problem, Resolution, Source, SourceKind, Sources};

pub(crate) fn platform(os: &str, architecture: &str, variant: Option<&str>) -> Platform {
    Platform { os: os.to_owned(), architecture: architecture.to_owned(), variant: variant.map(str::to_owned) }
}

pub(crate) fn try_resolve(
    text: &str,
    args: &[(&str, &str)],
    target: Option<&str>,
) -> Result<Resolution, Problem> {
    let args: BTreeMap<_, _> = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Dockerfile::parse(text)?.resolve(&Inputs {
        args: &args,
        target,
        platform: &platform("linux", "arm", Some("v7")),
        build_platform: &platform("linux", "amd64", None),
    })
}

pub(crate) fn resolve_with(text: &str, args: &[(&str, &str)], target: Option<&str>) -> Resolution {
    try_resolve(text, args, target).unwrap_or_else(|problem| panic!("{problem:?} in {text:?}"))
}

pub(crate) fn resolve(text: &str) -> Resolution {
    resolve_with(text, &[], None)
}

/// Message and spanned text of the error.
pub(crate) fn refused(text: &str) -> (String, &str) {
    let problem = try_resolve(text, &[], None).expect_err(text);
    (problem.message, &text[problem.span])
}

/// `None` for everything, else path, kind and wildcard: `C a`, `A* b*`, `B .`.
pub(crate) fn shown(sources: &Sources) -> Option<Vec<String>> {
    match sources {
        Sources::All => None,
        Sources::These(sources) => Some(sources.iter().map(show).collect()),
    }
}

fn show(source: &Source) -> String {
    let kind = match source.kind {
        SourceKind::Copy => "C",
        SourceKind::Add => "A",
        SourceKind::Bind => "B",
    };
    format!("{kind}{} {}", if source.wildcard { "*" } else { "" }, source.path)
}
