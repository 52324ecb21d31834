//! One name for each image, however a Dockerfile writes it.

use images_dockerfile::{Reference, ReferenceKind, Span};
use images_oci::registry::Repository;

use crate::graph::{Graph, NodeId, Target};

/// The name with nothing left out, as docker reads it: `docker.io/library/debian:bookworm`. `None` for a reference with a
/// digest, which pins itself.
pub fn full_name(reference: &Reference) -> Option<String> {
    if reference.digest.is_some() {
        return None;
    }
    let tag = reference.tag.as_deref().unwrap_or("latest");
    Some(format!("{}:{tag}", Repository::of(reference)))
}

/// As [`full_name`], of a text.
pub(super) fn full(text: &str) -> Option<String> {
    full_name(&Reference::parse(text).ok()?)
}

/// Whether no registry can have it: only engines give such names.
pub(super) fn is_local(reference: &Reference) -> bool {
    reference.domain.as_deref() == Some("localhost")
}

/// A name that a Dockerfile has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The full name.
    pub(super) name: String,
    /// Where it stands in the Dockerfile.
    pub(super) span: Span,
    /// Whether it is a frontend, which only docker's BuildKit runs.
    pub(super) is_frontend: bool,
}

/// What a node refers to that does not pin itself.
pub(super) fn names_of(graph: &Graph<'_>, id: NodeId) -> impl Iterator<Item = Named> {
    let node = graph.node(id);
    // Each reference has one edge.
    node.edges.iter().zip(&node.resolution.references).filter_map(|(edge, found)| match &edge.target {
        Target::External(_) => Some(Named {
            name: full_name(&found.reference)?,
            span: edge.span.clone(),
            is_frontend: found.kind == ReferenceKind::Syntax,
        }),
        Target::Internal(_) => None,
    })
}

/// Whether Images.lock has a say in what a node is made of.
pub(crate) fn is_locked(graph: &Graph<'_>, id: NodeId) -> bool {
    names_of(graph, id).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_one_name_however_it_is_written() {
        for text in ["debian", "debian:latest", "docker.io/debian", "index.docker.io/library/debian:latest"] {
            assert_eq!(full(text).as_deref(), Some("docker.io/library/debian:latest"));
        }
        assert_eq!(full("ghcr.io/acme/a:1").as_deref(), Some("ghcr.io/acme/a:1"));
        assert_eq!(full("localhost/a").as_deref(), Some("localhost/a:latest"));
        let digest = format!("debian:12@sha256:{}", "a".repeat(64));
        assert_eq!(full(&digest), None, "a digest pins itself");
    }

    #[test]
    fn only_localhost_without_a_port_is_no_registry() {
        let local = |text| is_local(&Reference::parse(text).unwrap());
        assert_eq!([local("localhost/a"), local("localhost:5000/a"), local("a")], [true, false, false]);
    }
}
