//! What a person should know or decide.

use camino::Utf8Path;
use images_schema::{Diagnostic, Rule};

use super::candidates::{Candidate, listed};
use super::names;
use super::namespace::{Called, Proposal, ours};
use crate::Error;
use crate::git::Git;

/// Names that are not the folders' own because others have them, and names that could mean several.
pub(super) fn of_names(candidates: &[Candidate], names: &[String], called: &Called) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut first = std::collections::BTreeMap::<String, Vec<usize>>::new();
    for (at, candidate) in candidates.iter().enumerate().filter(|(at, _)| !called.names.contains_key(at)) {
        let wished = names::proposals(candidate).swap_remove(0);
        if wished != names[at] {
            first.entry(wished).or_default().push(at);
        }
    }
    for (wished, owners) in first {
        let named: Vec<_> = owners
            .iter()
            .map(|at| format!("{} becomes {}", candidates[*at].dockerfile.path, names[*at]))
            .collect();
        let problem =
            Diagnostic::warning(format!("`{wished}` would name more than one image: {}", listed(&named)));
        found.push(problem.help("for other names, change `name` in their Image.toml"));
    }
    for (name, (users, fitting)) in called.others.iter().filter(|(_, (_, fitting))| fitting.len() > 1) {
        let paths: Vec<_> = fitting.iter().map(|at| candidates[*at].dockerfile.path.as_str()).collect();
        let users: Vec<_> = users.iter().collect();
        let message = format!("`{name}`, which {} names, could be any of {}", listed(&users), listed(&paths));
        let help = format!(
            "it stays an image from elsewhere (`external`); to build it here, make the versions of `{name}` [[variant]]s of \
             one Dockerfile, or name the image that is meant"
        );
        found.push(Diagnostic::warning(message).help(help));
    }
    found
}

/// Bases that have the name of an image here, but no namespace: they are Docker Hub's.
pub(super) fn without_namespace(
    candidates: &[Candidate],
    names: &[String],
    namespace: &str,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (from, candidate) in candidates.iter().enumerate() {
        for (reference, span) in candidate.references.iter().filter(|(one, _)| one.domain.is_none()) {
            let Some(at) = names.iter().position(|name| *name == reference.path).filter(|at| *at != from)
            else {
                continue;
            };
            let message = format!("`{reference}` is not the image of {}", candidates[at].dockerfile.path);
            let label = "without a namespace it is Docker Hub's";
            let help = format!("write {namespace}/{reference}, if the image of this workspace is meant");
            found.push(
                candidate.dockerfile.warning(span.clone(), message, label).rule(Rule::Reference).help(help),
            );
        }
    }
    found
}

/// References into our namespace, but at another registry.
pub(super) fn other_registries(
    candidates: &[Candidate],
    names: &[String],
    namespace: &str,
    registry: Option<&str>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for candidate in candidates {
        for (reference, span) in &candidate.references {
            let name = reference.path.strip_prefix(namespace).and_then(|rest| rest.strip_prefix('/'));
            let is_elsewhere = ours(reference, namespace, registry).is_none();
            let Some(name) = name.filter(|name| is_elsewhere && names.iter().any(|own| own == name)) else {
                continue;
            };
            let message = format!("`{reference}` is not the image `{name}` of this workspace");
            let help = match registry {
                Some(registry) => format!(
                    "the registry is {registry}; --registry names another, or leave the host out here"
                ),
                None => "name the registry with --registry, or leave the host out here".to_owned(),
            };
            let problem = candidate.dockerfile.warning(span.clone(), message, "it is at another registry");
            found.push(problem.rule(Rule::Reference).help(help));
        }
    }
    found
}

/// Namespaces by which others are named as well.
pub(super) fn other_namespaces(first: &Proposal, others: &[Proposal]) -> Option<Diagnostic> {
    if others.is_empty() {
        return None;
    }
    let named: Vec<_> = others.iter().map(|other| format!("{} ({})", other.namespace, other.count)).collect();
    let message =
        format!("Dockerfiles name images like those here by other namespaces, too: {}", listed(&named));
    let help = format!(
        "what is in these counts as from elsewhere; --namespace takes another than {}",
        first.namespace
    );
    Some(Diagnostic::warning(message).help(help))
}

/// Contexts are staged below `target`.
///
/// # Errors
/// An interrupt.
pub(super) fn target_not_ignored(git: Option<&Git>, root: &Utf8Path) -> Result<Option<Diagnostic>, Error> {
    let Some(git) = git else { return Ok(None) };
    let ended = match git.within(root).run(&["check-ignore", "--quiet", "target/x"]) {
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        ended => ended.ok(),
    };
    Ok(ended.filter(|ended| ended.code == Some(1)).map(|_| {
        Diagnostic::warning("git does not ignore the folder `target`, in which builds keep their files")
            .help("add a line `/target` to .gitignore")
    }))
}
