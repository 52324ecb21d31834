//! External references: where they come from, and how exactly they say what.

use camino::Utf8Path;
use images_dockerfile::{ImageReference, Reference};
use images_schema::{Diagnostic, Rule};

use super::rules::{Rules, canonical};
use crate::graph::{Graph, NodeId, Target};
use crate::lock::Pins;

/// Whether a reference means the same image tomorrow, for everybody: it has a digest, by itself or in Images.lock.
fn is_pinned(pins: &Pins, reference: &Reference) -> bool {
    pins.digest(&reference.to_string()).is_some()
}

/// What the external references of a node's Dockerfile violate.
pub(super) fn violations(graph: &Graph<'_>, id: NodeId, rules: &Rules, pins: &Pins) -> Vec<Diagnostic> {
    let node = graph.node(id);
    let dockerfile = &graph.image(id).dockerfile;
    let with_targets = node.resolution.references.iter().zip(&node.edges);
    let external = with_targets.filter(|(_, edge)| matches!(edge.target, Target::External(_)));
    let told = external.flat_map(|(found, _)| {
        judge(pins, &found.reference, rules).into_iter().map(move |violation| (found, violation))
    });
    told.map(|(found, Violation { rule, message, label, help }): (&ImageReference, Violation)| {
        dockerfile.error(found.span.clone(), message, label).rule(rule).help(help)
    })
    .collect()
}

struct Violation {
    rule: Rule,
    message: String,
    label: String,
    help: String,
}

fn judge(pins: &Pins, reference: &Reference, rules: &Rules) -> Vec<Violation> {
    let repository = repository(reference);
    let mut found = Vec::new();
    if let Some(allowed) = &rules.allowed_registries
        && !allowed.iter().any(|host| host == host_of(reference))
    {
        found.push(Violation {
            rule: Rule::AllowedRegistries,
            message: format!("the policy does not allow images from `{}`", host_of(reference)),
            label: "not an allowed registry".to_owned(),
            help: listed("allowed-registries", allowed.iter().map(String::as_str)),
        });
    }
    if let Some(allowed) = &rules.allowed_repositories
        && !allowed.iter().any(|(_, glob)| glob.matches(Utf8Path::new(&repository)))
    {
        found.push(Violation {
            rule: Rule::AllowedRepositories,
            message: format!("the policy does not allow images from `{repository}`"),
            label: "not an allowed repository".to_owned(),
            help: listed("allowed-repositories", allowed.iter().map(|(text, _)| text.as_str())),
        });
    }
    if rules.require_digest && !is_pinned(pins, reference) {
        found.push(Violation {
            rule: Rule::RequireDigest,
            message: format!(
                "the policy requires a digest, and `{reference}` has none, here or in Images.lock"
            ),
            label: "may be another image tomorrow".to_owned(),
            help: format!("`cargo xtask images update` locks it, or write {reference}@sha256:…"),
        });
    }
    // A digest says it all, so a tag that is not written is not `latest`.
    let implied = reference.digest.is_none().then_some("latest");
    if let Some(tag) = reference.tag.as_deref().or(implied)
        && rules.forbidden_tags.iter().any(|glob| glob.matches(tag))
    {
        let label = if reference.tag.is_some() { "a forbidden tag" } else { "means `latest`" };
        found.push(Violation {
            rule: Rule::ForbiddenTags,
            message: format!("the policy forbids the tag `{tag}`"),
            label: label.to_owned(),
            help: "name the version that is meant".to_owned(),
        });
    }
    found
}

fn listed<'a>(key: &str, allowed: impl Iterator<Item = &'a str>) -> String {
    let allowed: Vec<_> = allowed.collect();
    match allowed.as_slice() {
        [] => format!("`{key}` in [workspace.metadata.images.policy] is empty"),
        _ => format!(
            "allowed are: {}; `{key}` in [workspace.metadata.images.policy] says so",
            allowed.join(", ")
        ),
    }
}

fn host_of(reference: &Reference) -> &str {
    canonical(reference.domain.as_deref().unwrap_or("docker.io"))
}

/// The repository with its host, as docker completes it: `debian` is `docker.io/library/debian`.
fn repository(reference: &Reference) -> String {
    let host = host_of(reference);
    match host == "docker.io" && !reference.path.contains('/') {
        true => format!("{host}/library/{}", reference.path),
        false => format!("{host}/{}", reference.path),
    }
}
