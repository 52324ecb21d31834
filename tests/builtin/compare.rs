//! One case: docker's image beside the built-in engine's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::assembled;
use crate::case::{Answer, Case};
use crate::docker::{Builder, Image, Results};

/// The fields that are compared. `ArgsEscaped` is left out: it matters on Windows only, and docker's two builders, and
/// versions of each, disagree about it. `Hostname`, `AttachStdin` and the like are of containers, not of images.
const FIELDS: [&str; 12] = [
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Healthcheck",
    "Volumes",
    "WorkingDir",
    "OnBuild",
    "Labels",
    "StopSignal",
    "Shell",
];

/// How many differences are shown.
const SHOWN: usize = 20;

/// Compares a case.
///
/// # Errors
/// The answers are not those that the case tells, or the images differ.
pub(crate) fn case(builder: Builder, case: &Case, results: &Results) -> Result<(), String> {
    let answer = match builder {
        Builder::Legacy => case.legacy,
        Builder::BuildKit => case.buildkit,
    };
    let ours = assembled::build(case, results);
    let theirs = &results.made[&case.name];
    if let Some(part) = &case.builtin_refuses {
        return match (&ours, theirs) {
            (Err(said), _) if !said.contains(part.as_str()) => Err(format!("builtin says: {said}")),
            (Ok(_), _) => Err("builtin builds it".to_owned()),
            (_, Err(said)) if answer == Answer::Same => Err(format!("docker says: {said}")),
            _ => Ok(()),
        };
    }
    let is_old = builder == Builder::BuildKit && !results.is_newer && case.legacy == Answer::Refuses;
    match (answer, theirs, ours) {
        (_, Err(_), _) if is_old => Ok(()),
        (Answer::Refuses, Ok(_), _) => Err("docker builds it".to_owned()),
        (Answer::Refuses, Err(_), Err(_)) if case.all_refuse => Ok(()),
        (Answer::Refuses, Err(said), Ok(_)) if case.all_refuse => {
            Err(format!("builtin builds it, and docker says: {said}"))
        }
        (Answer::Refuses, Err(_), Ok(_)) => Ok(()),
        (Answer::Same | Answer::Differs, Err(said), _) => Err(format!("docker says: {said}")),
        (_, _, Err(said)) => Err(format!("builtin says: {said}")),
        (Answer::Same, Ok(theirs), Ok(ours)) => agree(builder, case, theirs, &ours),
        (Answer::Differs, Ok(theirs), Ok(ours)) => match agree(builder, case, theirs, &ours) {
            Ok(()) => Err("the case says that it differs, and it does not".to_owned()),
            Err(_) => Ok(()),
        },
    }
}

/// The daemon's own builder gives an image from scratch no working directory, where BuildKit writes `/`, and does not take
/// the author of a base over; neither is any case's point.
fn agree(builder: Builder, case: &Case, theirs: &Image, ours: &Image) -> Result<(), String> {
    let is_legacy = builder == Builder::Legacy;
    let mut differences = Vec::new();
    for field in FIELDS {
        let (theirs, ours) = (normal(&theirs.config[field]), normal(&ours.config[field]));
        let is_root = |value: &Value| value.is_null() || value == "/";
        let is_alike = is_legacy && field == "WorkingDir" && is_root(&theirs) && is_root(&ours);
        if theirs != ours && !is_alike {
            differences.push(format!("{field}: docker {theirs}, builtin {ours}"));
        }
    }
    let has_author = !is_legacy || case.dockerfile.contains("MAINTAINER");
    if has_author && theirs.author != ours.author {
        differences.push(format!("author: docker {:?}, builtin {:?}", theirs.author, ours.author));
    }
    differences.extend(unlike(&theirs.files.lines(), &ours.files.lines()));
    match differences.len() {
        0 => Ok(()),
        count => {
            differences.truncate(SHOWN);
            Err(format!("{count} differences:\n  {}", differences.join("\n  ")))
        }
    }
}

/// Docker writes nothing as `null`, `""`, `[]` or `{}`, or not at all. In a health check it leaves zeros out.
fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Object(fields) => {
            let fields: serde_json::Map<String, Value> = fields
                .iter()
                .filter(|(_, value)| **value != 0)
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            if fields.is_empty() { Value::Null } else { Value::Object(fields) }
        }
        other => other.clone(),
    }
}

fn unlike(theirs: &BTreeMap<String, String>, ours: &BTreeMap<String, String>) -> Vec<String> {
    let mut paths: Vec<&String> = theirs.keys().chain(ours.keys()).collect();
    paths.sort();
    paths.dedup();
    let absent = "nothing".to_owned();
    let pairs = paths
        .into_iter()
        .map(|path| (path, theirs.get(path).unwrap_or(&absent), ours.get(path).unwrap_or(&absent)));
    pairs
        .filter(|(_, theirs, ours)| theirs != ours)
        .map(|(path, theirs, ours)| format!("/{path}: docker {theirs}, builtin {ours}"))
        .collect()
}
