//! Which images are released: those that are selected and may be published, or those that a git tag names.

use images_schema::{Diagnostic, VersionSource};

use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::transfer::push::{check_registry, private};
use crate::workspace::Image;

/// Leaves out what is not to be published; one that was asked for by name is an error.
///
/// # Errors
/// There is no registry, a named image is private, or nothing is left.
pub fn publishable(graph: &Graph<'_>, selected: &[NodeId], is_named: bool) -> Result<Vec<NodeId>, Error> {
    check_registry(graph)?;
    let private: Vec<_> = selected.iter().filter_map(|id| private(graph, *id)).collect();
    if is_named && !private.is_empty() {
        return Err(Error::Input(private));
    }
    let left = public(graph, selected);
    match left.is_empty() {
        true => Err(Diagnostic::error("none of these images is to be published")
            .help("`publish = false` in their Image.toml keeps them from it")
            .into()),
        false => Ok(left),
    }
}

/// Those that may be published, parents first.
pub(super) fn public(graph: &Graph<'_>, selected: &[NodeId]) -> Vec<NodeId> {
    let mut wanted = vec![false; graph.nodes.len()];
    let public = selected.iter().filter(|id| private(graph, **id).is_none());
    public.for_each(|id| wanted[id.0] = true);
    graph.order.iter().copied().filter(|id| wanted[id.0]).collect()
}

/// The variants that a git tag names: `NAME-vVERSION`, where NAME is an image's, or the crate's that gives images their
/// version; `vVERSION` where the workspace has one image. None of them where NAME is a crate that ships as no image.
///
/// # Errors
/// It names neither image nor crate, or a version that the image does not have.
pub fn of_git_tag(graph: &Graph<'_>, tag: &str) -> Result<Vec<NodeId>, Error> {
    let tag = tag.strip_prefix("refs/tags/").unwrap_or(tag);
    let Some((images, version)) = named(graph, tag) else {
        return if is_of_a_crate(graph, tag) { Ok(Vec::new()) } else { Err(no_image(graph, tag)) };
    };
    let of_images = graph.ids().filter(|id| images.contains(&graph.node(*id).image));
    // A version may begin with a `v` itself, and the tag's `v` is that one.
    let is_it = |own: &str| own == version || own.strip_prefix('v') == Some(version);
    let (right, wrong): (Vec<_>, Vec<_>) =
        of_images.partition(|id| is_it(graph.variant(*id).version.as_str()));
    if !right.is_empty() {
        return Ok(right);
    }
    let mut versions: Vec<_> = wrong.iter().map(|id| graph.variant(*id).version.to_string()).collect();
    versions.dedup();
    let name = &graph.workspace.images[images[0]].name;
    let message =
        format!("the git tag `{tag}` is for version {version}, and `{name}` is {}", versions.join(", "));
    Err(Diagnostic::error(message)
        .help("check out the commit that has this version, or tag the commit with its own")
        .into())
}

/// The images that a tag is for, by place, and the version. The longest name counts, since a name may hold `-v`; a name
/// counts before `vVERSION`, since it may begin with a `v`.
fn named<'t>(graph: &Graph<'_>, tag: &'t str) -> Option<(Vec<usize>, &'t str)> {
    let images = &graph.workspace.images;
    let splits = tag.match_indices("-v").map(|(at, _)| (&tag[..at], &tag[at + 2..]));
    let found = splits.filter_map(|(name, version)| {
        // A crate's tag is that of each image with its version, whether one of them has its name or not.
        let is_meant = |image: &Image| image.name == name || crate_of(graph, image) == Some(name);
        let found: Vec<_> = (0..images.len()).filter(|at| is_meant(&images[*at])).collect();
        (!found.is_empty()).then_some((found, version))
    });
    found.last().or_else(|| Some((vec![0], of_the_only_one(images, tag)?)))
}

/// The version of `vVERSION`, where there is one image.
fn of_the_only_one<'t>(images: &[Image], tag: &'t str) -> Option<&'t str> {
    let ([image], Some(version)) = (images, tag.strip_prefix('v')) else { return None };
    let is_known = image.variants.iter().any(|variant| variant.version.as_str() == version);
    (is_known || version.starts_with(|c: char| c.is_ascii_digit())).then_some(version)
}

/// Whether a tag is that of a crate, as far as cargo was asked for crates. Whoever tags crates tags all of them.
fn is_of_a_crate(graph: &Graph<'_>, tag: &str) -> bool {
    let is_crate =
        |name: &str| graph.workspace.crates.as_ref().is_some_and(|crates| crates.folder(name).is_some());
    tag.match_indices("-v").any(|(at, _)| is_crate(&tag[..at]))
}

/// The crate that gives an image its version.
fn crate_of<'a>(graph: &'a Graph<'_>, image: &'a Image) -> Option<&'a str> {
    match image.manifest.image.version.as_ref().map(images_schema::Spanned::get_ref) {
        Some(VersionSource::Crate(name)) => Some(name),
        Some(_) => None,
        None => graph.workspace.crates.as_ref()?.in_folder(&image.folder),
    }
}

fn no_image(graph: &Graph<'_>, tag: &str) -> Error {
    let names: Vec<_> = graph.workspace.images.iter().map(|image| image.name.as_str()).collect();
    let form = match names.len() {
        1 => "`NAME-vVERSION` or `vVERSION`",
        _ => "`NAME-vVERSION`",
    };
    Diagnostic::error(format!("the git tag `{tag}` names no image"))
        .help(format!("a release's tag is {form}, where NAME is one of {}", names.join(", ")))
        .into()
}
