//! Reads a reference as one of ours or as one from elsewhere, and finds the variant that it means.

use images_dockerfile::{ImageReference, Reference, ReferenceKind};
use images_schema::{Choice, Diagnostic, Rule, did_you_mean};

use super::{Graph, Target};
use crate::workspace::{Image, Variant, Workspace};

/// Whose an image reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Our namespace, and the rest of the path names this member.
    Member(&'a str),
    /// Our namespace, but there is no member of this name.
    Nobody(&'a str),
    /// Somebody else's, or one of the workspace's `external` names.
    External,
}

/// Whose `reference` is: ours when its repository is `[registry/]namespace/NAME`, also with `localhost/`.
pub fn owner<'a>(workspace: &Workspace, reference: &'a Reference) -> Owner<'a> {
    let ours = match reference.domain.as_deref() {
        None | Some("localhost") => true,
        Some(domain) => workspace.registry.as_deref().is_some_and(|ours| same_registry(ours, domain)),
    };
    let name = reference.path.strip_prefix(&workspace.namespace).and_then(|rest| rest.strip_prefix('/'));
    match name {
        Some(name) if ours => match workspace.image(name) {
            _ if workspace.external.contains(name) => Owner::External,
            Some(_) => Owner::Member(name),
            None => Owner::Nobody(name),
        },
        _ => Owner::External,
    }
}

/// Docker Hub has more than one name.
/// <https://github.com/distribution/reference/blob/main/normalize.go>
fn same_registry(a: &str, b: &str) -> bool {
    let canonical = |host| if host == "index.docker.io" { "docker.io" } else { host };
    canonical(a) == canonical(b)
}

/// The variant of `image` that a tag means: the exact tag first, else the newest version that it is a prefix of, with
/// the same suffix; no tag or `latest` means the default variant.
pub fn select<'a>(image: &'a Image, tag: Option<&str>) -> Option<(usize, &'a Variant)> {
    let choices = image.variants.iter().map(|variant| Choice {
        version: &variant.version,
        suffix: &variant.suffix,
        tag: &variant.tag,
        is_default: variant.is_default,
    });
    images_schema::select(choices, tag).map(|at| (at, &image.variants[at]))
}

/// What one reference of `image`'s Dockerfile leads to.
pub(super) fn target(
    graph: &Graph<'_>,
    image: &Image,
    found: &ImageReference,
) -> Result<Target, Box<Diagnostic>> {
    find(graph, image, found).map_err(|problem| Box::new(problem.rule(Rule::Reference)))
}

fn find(graph: &Graph<'_>, image: &Image, found: &ImageReference) -> Result<Target, Box<Diagnostic>> {
    let workspace = graph.workspace;
    let reference = &found.reference;
    match owner(workspace, reference) {
        Owner::External => Ok(Target::External(reference.to_string())),
        Owner::Nobody(name) => Err(Box::new(no_member(workspace, image, found, name))),
        Owner::Member(_) if found.kind == ReferenceKind::Syntax => {
            Ok(Target::External(reference.to_string()))
        }
        Owner::Member(name) if reference.digest.is_some() => {
            let message = format!("`{name}` is built here, so it has no digest to pin");
            let diagnostic = image.dockerfile.error(found.span.clone(), message, "a digest of our own image");
            Err(Box::new(
                diagnostic.help("take the digest away; the build uses the exact image of this state"),
            ))
        }
        Owner::Member(name) => {
            let at = workspace.images.binary_search_by(|member| member.name.as_str().cmp(name));
            let at = at.map_err(|_| no_member(workspace, image, found, name))?;
            match select(&workspace.images[at], reference.tag.as_deref()) {
                Some((variant, _)) => Ok(Target::Internal(graph.id(at, variant))),
                None => Err(Box::new(no_version(&workspace.images[at], image, found))),
            }
        }
    }
}

fn no_member(workspace: &Workspace, image: &Image, found: &ImageReference, name: &str) -> Diagnostic {
    let message = format!("no image of this workspace is named `{name}`");
    let label = format!("`{}` is ours, so it is never pulled", workspace.namespace);
    let near = did_you_mean(name, workspace.images.iter().map(|image| image.name.as_str()));
    image.dockerfile.error(found.span.clone(), message, label).help(match near {
        Some(near) => format!("did you mean `{}/{near}`?", workspace.namespace),
        None => format!("add the image, or list `{name}` under `external` in [workspace.metadata.images]"),
    })
}

fn no_version(member: &Image, image: &Image, found: &ImageReference) -> Diagnostic {
    let wanted = found.reference.tag.as_deref().unwrap_or("latest");
    let message = format!("`{}` has no version `{wanted}`", member.name);
    let tags = || member.variants.iter().map(|variant| variant.tag.as_str());
    let near = did_you_mean(wanted, tags());
    let mend = match (member.variants.len(), near) {
        (1, _) => "bump --fix".to_owned(),
        (_, near) => format!("bump {}:{} --from {wanted}", member.name, near.unwrap_or("VERSION")),
    };
    let listed = format!(
        "there are: {}; `cargo xtask images {mend} -x` moves the reference there",
        tags().collect::<Vec<_>>().join(", ")
    );
    let diagnostic = image.dockerfile.error(found.span.clone(), message, "no variant meets this tag");
    diagnostic.help(match near {
        Some(near) => format!("did you mean `{}:{near}`? {listed}", member.name),
        None => listed,
    })
}
