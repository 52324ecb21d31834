//! The namespace and the registry by which Dockerfiles name each other's images, and which image each name means.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use images_dockerfile::Reference;

use super::candidates::Candidate;
use super::names::Index;

/// A namespace with what speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    /// For example `acme`.
    pub(super) namespace: String,
    /// The registry by which most name it; `None` where most name none.
    pub(super) registry: Option<String>,
    /// How many Dockerfiles name others' images in it.
    pub(super) count: usize,
}

/// The namespaces by which Dockerfiles name images that other found folders could be, the likeliest first.
pub(super) fn propose(candidates: &[Candidate]) -> Vec<Proposal> {
    let index = Index::of(candidates);
    let mut votes: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    let mut targets: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (from, candidate) in candidates.iter().enumerate() {
        for (reference, _) in &candidate.references {
            let Some((prefix, name)) = reference.path.rsplit_once('/') else { continue };
            let fitting = index.fitting(name);
            if fitting.iter().any(|at| *at != from) {
                votes.entry(prefix).or_default().insert(from);
                targets.entry(prefix).or_default().extend(fitting);
            }
        }
    }
    let mut found: Vec<Proposal> = votes
        .into_iter()
        .map(|(namespace, from)| Proposal {
            namespace: namespace.to_owned(),
            registry: registry(candidates, namespace),
            count: from.len(),
        })
        .collect();
    let weight = |proposal: &Proposal| (proposal.count, targets[proposal.namespace.as_str()].len());
    found.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.namespace.cmp(&b.namespace)));
    found
}

/// The registry by which most references name a namespace.
pub(super) fn registry(candidates: &[Candidate], namespace: &str) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let references = candidates.iter().flat_map(|candidate| &candidate.references).map(|(one, _)| one);
    for reference in references.filter(|reference| name_in(reference, namespace).is_some()) {
        if let Some(domain) = reference.domain.as_deref().filter(|domain| *domain != "localhost") {
            *counts.entry(domain).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)));
    most.map(|(domain, _)| domain.to_owned())
}

/// What follows the namespace in a reference's repository.
fn name_in<'a>(reference: &'a Reference, namespace: &str) -> Option<&'a str> {
    reference.path.strip_prefix(namespace)?.strip_prefix('/')
}

/// Where our images are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The namespace.
    pub(super) namespace: &'a str,
    /// The registry, if there is one.
    pub(super) registry: Option<&'a str>,
}

impl Place<'_> {
    /// The name in our namespace that a reference has, if it is ours.
    pub(super) fn name(self, reference: &Reference) -> Option<&str> {
        let is_ours = match reference.domain.as_deref() {
            None | Some("localhost") => true,
            domain => domain == self.registry,
        };
        self.name_anywhere(reference).filter(|_| is_ours)
    }

    /// The same, at whatever registry.
    pub(super) fn name_anywhere(self, reference: &Reference) -> Option<&str> {
        name_in(reference, self.namespace)
    }
}

/// The tags by which our images are asked for, by their names, and the Dockerfiles that do.
pub(super) fn asked<'a>(
    candidates: &'a [Candidate],
    place: Place<'_>,
) -> BTreeMap<&'a str, Vec<(&'a str, &'a Utf8Path)>> {
    let mut asked: BTreeMap<&str, Vec<(&str, &Utf8Path)>> = BTreeMap::new();
    for candidate in candidates {
        for (reference, _) in &candidate.references {
            if let (Some(name), Some(tag)) = (place.name(reference), &reference.tag) {
                asked.entry(name).or_default().push((tag, &candidate.dockerfile.path));
            }
        }
    }
    asked
}

/// What the names in our namespace mean.
#[derive(Debug, Default)]
pub(super) struct Called {
    /// Candidates by the names that others call them.
    pub(super) names: BTreeMap<usize, String>,
    /// Names that no candidate has, with the Dockerfiles that use them and the candidates that each could mean.
    pub(super) others: BTreeMap<String, (BTreeSet<String>, Vec<usize>)>,
}

/// Finds the candidate that each name in the namespace means. `members` are the names of images that are there already.
pub(super) fn called(candidates: &[Candidate], members: &BTreeSet<String>, place: Place<'_>) -> Called {
    let mut users: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for candidate in candidates {
        for name in candidate.references.iter().filter_map(|(reference, _)| place.name(reference)) {
            users.entry(name).or_default().insert(candidate.dockerfile.path.to_string());
        }
    }
    let index = Index::of(candidates);
    let mut called = Called::default();
    // The names that fit exactly first: `flask` must not take the folder `docker-flask` from that name.
    let mut names: Vec<_> = users.into_iter().filter(|(name, _)| !members.contains(*name)).collect();
    names.sort_by_key(|(name, _)| {
        !candidates.iter().any(|one| one.parts.last().is_some_and(|leaf| leaf == name))
    });
    for (name, users) in names {
        let fitting = if name.contains('/') { Vec::new() } else { index.fitting(name) };
        match fitting.as_slice() {
            [one] if !called.names.contains_key(one) => drop(called.names.insert(*one, name.to_owned())),
            _ => drop(called.others.insert(name.to_owned(), (users, fitting))),
        }
    }
    called
}
