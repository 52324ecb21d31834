//! What a person should know or decide.

use std::collections::BTreeMap;

use camino::Utf8Path;
use images_schema::{Diagnostic, Rule};

use super::candidates::{Candidate, listed};
use super::names;
use super::namespace::{Called, Place, Proposal};
use crate::Error;
use crate::git::Git;

/// Names that are not the folders' own because others have them, and names that could mean several.
pub(super) fn of_names(candidates: &[Candidate], names: &[String], called: &Called) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut first = BTreeMap::<String, Vec<usize>>::new();
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
        let message = format!("`{name}`, named by {}, could be any of {}", listed(&users), listed(&paths));
        let help = format!(
            "it stays an image from elsewhere (`external`); to build it here, make the versions of `{name}` [[variant]]s of \
             one Dockerfile, or name the image that is meant"
        );
        found.push(Diagnostic::warning(message).help(help));
    }
    found
}

/// References to what has the name of an image here, and is not meant: without a namespace, or at another registry.
pub(super) fn of_references(candidates: &[Candidate], names: &[String], place: Place<'_>) -> Vec<Diagnostic> {
    let by_name: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut found = Vec::new();
    for (from, candidate) in candidates.iter().enumerate() {
        for (reference, span) in &candidate.references {
            let is_hub = reference.domain.is_none();
            let name = if is_hub { Some(reference.path.as_str()) } else { place.name_anywhere(reference) };
            let named = name.and_then(|name| by_name.get(name).copied());
            let Some(at) = named.filter(|at| *at != from && place.name(reference).is_none()) else {
                continue;
            };
            let message = format!("`{reference}` is not the image of {}", candidates[at].dockerfile.path);
            let (label, help) = match (is_hub, place.registry) {
                (true, _) => (
                    "without a namespace it is Docker Hub's",
                    format!("write {}/{reference}, if the image of this workspace is meant", place.namespace),
                ),
                (false, Some(registry)) => (
                    "it is at another registry",
                    format!(
                        "the registry is {registry}; --registry names another, or leave the host out here"
                    ),
                ),
                (false, None) => (
                    "it is at another registry",
                    "name the registry with --registry, or leave the host out here".to_owned(),
                ),
            };
            let problem = candidate.dockerfile.warning(span.clone(), message, label);
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
