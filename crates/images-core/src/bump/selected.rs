//! Which variants a person means. The graph is not asked: it may be what is wrong.

use camino::Utf8Path;
use images_schema::Diagnostic;

use super::references::At;
use crate::Error;
use crate::graph::select;
use crate::selection::{no_image, no_version};
use crate::workspace::Workspace;

/// The variants that specs name; without specs, those of the image whose folder `current` is in.
///
/// # Errors
/// A spec that names nothing, or there is no such image.
pub(super) fn of_specs(
    workspace: &Workspace,
    specs: &[String],
    current: &Utf8Path,
) -> Result<Vec<At>, Error> {
    if specs.is_empty() {
        return around(workspace, current).ok_or_else(|| {
            let help = "write NAME or NAME:VERSION, or call this in an image's folder";
            Diagnostic::error("no image is named").help(help).into()
        });
    }
    let mut chosen = Vec::new();
    for spec in specs {
        chosen.extend(named(workspace, spec)?);
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// The variants that a spec names: all of an image, or the one that meets the version.
///
/// # Errors
/// There is no such image or version.
pub(super) fn named(workspace: &Workspace, spec: &str) -> Result<Vec<At>, Error> {
    let (name, version) = match spec.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (spec, None),
    };
    let images = &workspace.images;
    let image = images.binary_search_by(|image| image.name.as_str().cmp(name));
    let image = image.map_err(|_| no_image(images, name))?;
    match version {
        None => Ok(of_image(workspace, image)),
        Some(version) => match select(&images[image], Some(version)) {
            Some((variant, _)) => Ok(vec![At { image, variant }]),
            None => Err(no_version(&images[image], version)),
        },
    }
}

fn of_image(workspace: &Workspace, image: usize) -> Vec<At> {
    (0..workspace.images[image].variants.len()).map(|variant| At { image, variant }).collect()
}

/// The image whose folder holds `current`, the innermost one.
fn around(workspace: &Workspace, current: &Utf8Path) -> Option<Vec<At>> {
    let images = workspace.images.iter().enumerate();
    let holders = images.filter(|(_, image)| current.starts_with(&image.folder));
    let innermost = holders.max_by_key(|(_, image)| image.folder.as_str().len());
    innermost.map(|(at, _)| of_image(workspace, at))
}
