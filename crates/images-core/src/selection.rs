//! Which variants a command works on, as Cargo chooses packages.

use std::collections::BTreeSet;

use camino::Utf8Path;
use images_schema::{Diagnostic, did_you_mean};

use crate::Error;
use crate::graph::{Graph, NodeId, select};
use crate::workspace::Image;

/// What the command line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// `NAME` or `NAME:VERSION`.
    pub specs: Vec<String>,
    /// `--workspace`: every member.
    pub workspace: bool,
    /// `--exclude`, with `--workspace` or alone.
    pub exclude: Vec<String>,
}

/// The selected variants in the graph's order of ids: by specs, else all, else the image whose folder `current` is in,
/// else the default members.
///
/// # Errors
/// A spec that names nothing, with the nearest that does, or a selection of nothing.
pub fn resolve(graph: &Graph<'_>, selection: &Selection, current: &Utf8Path) -> Result<Vec<NodeId>, Error> {
    let mut chosen = BTreeSet::new();
    if !selection.specs.is_empty() {
        for spec in &selection.specs {
            chosen.extend(named(graph, spec)?);
        }
    } else if selection.workspace {
        chosen.extend(graph.ids());
    } else if let Some(at) = around(graph, current) {
        chosen.extend(of_image(graph, at));
    } else {
        let defaults = graph.workspace.images.iter().enumerate().filter(|(_, image)| image.is_default);
        chosen.extend(defaults.flat_map(|(at, _)| of_image(graph, at)));
    }
    for spec in &selection.exclude {
        for id in named(graph, spec)? {
            chosen.remove(&id);
        }
    }
    if chosen.is_empty() {
        let diagnostic = Diagnostic::error("no image is selected");
        return Err(diagnostic
            .help(match graph.nodes.is_empty() {
                true => "no folder that `members` in [workspace.metadata.images] names has an Image.toml",
                false => "name images, or exclude fewer of them",
            })
            .into());
    }
    Ok(chosen.into_iter().collect())
}

/// The variants of the image at a place.
fn of_image(graph: &Graph<'_>, at: usize) -> impl Iterator<Item = NodeId> {
    (0..graph.workspace.images[at].variants.len()).map(move |variant| graph.id(at, variant))
}

/// The image whose folder holds `current`, the innermost one.
fn around(graph: &Graph<'_>, current: &Utf8Path) -> Option<usize> {
    let images = graph.workspace.images.iter().enumerate();
    let holders = images.filter(|(_, image)| current.starts_with(&image.folder));
    holders.max_by_key(|(_, image)| image.folder.as_str().len()).map(|(at, _)| at)
}

/// The variants that a spec names: all of an image, or the one that meets the version.
///
/// # Errors
/// No such image, or no such version.
pub fn named(graph: &Graph<'_>, spec: &str) -> Result<Vec<NodeId>, Error> {
    let (name, version) = match spec.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (spec, None),
    };
    let images = &graph.workspace.images;
    let at = images.binary_search_by(|image| image.name.as_str().cmp(name));
    let at = at.map_err(|_| no_image(images, name))?;
    match version {
        None => Ok(of_image(graph, at).collect()),
        Some(version) => {
            let (variant, _) =
                select(&images[at], Some(version)).ok_or_else(|| no_version(&images[at], version))?;
            Ok(vec![graph.id(at, variant)])
        }
    }
}

pub(crate) fn no_image(images: &[Image], name: &str) -> Error {
    let names = || images.iter().map(|image| image.name.as_str());
    let diagnostic = Diagnostic::error(format!("no image of this workspace is named `{name}`"));
    diagnostic
        .help(match did_you_mean(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if images.is_empty() => "this workspace has no images".to_owned(),
            None => format!("there are: {}", names().collect::<Vec<_>>().join(", ")),
        })
        .into()
}

pub(crate) fn no_version(image: &Image, version: &str) -> Error {
    let tags = || image.variants.iter().map(|variant| variant.tag.as_str());
    let listed = format!("there are: {}", tags().collect::<Vec<_>>().join(", "));
    Diagnostic::error(format!("`{}` has no version `{version}`", image.name))
        .help(match did_you_mean(version, tags()) {
            Some(near) => format!("did you mean `{}:{near}`? {listed}", image.name),
            None => listed,
        })
        .into()
}

/// `nodes` and everything that they stand on, parents first.
pub fn with_parents(graph: &Graph<'_>, nodes: &[NodeId]) -> Vec<NodeId> {
    let mut needed = vec![false; graph.nodes.len()];
    nodes.iter().for_each(|id| needed[id.0] = true);
    for id in graph.order.iter().rev() {
        if needed[id.0] {
            graph.node(*id).parents().for_each(|parent| needed[parent.0] = true);
        }
    }
    graph.order.iter().copied().filter(|id| needed[id.0]).collect()
}

/// `nodes` and everything that stands on them, parents first.
pub fn with_children(graph: &Graph<'_>, nodes: &[NodeId]) -> Vec<NodeId> {
    let mut reached = vec![false; graph.nodes.len()];
    nodes.iter().for_each(|id| reached[id.0] = true);
    for id in &graph.order {
        if graph.node(*id).parents().any(|parent| reached[parent.0]) {
            reached[id.0] = true;
        }
    }
    graph.order.iter().copied().filter(|id| reached[id.0]).collect()
}
