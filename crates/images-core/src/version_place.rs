//! Where a variant's version is written, and the command that gives it the next one.

use std::fs;
use std::ops::Range;

use camino::Utf8Path;
use images_schema::{SourceText, Spanned, Version, VersionSource};
use serde::Deserialize;

use crate::bump::Level;
use crate::graph::{Graph, NodeId};
use crate::workspace::Workspace;

/// The command that gives a variant another version. It names the version where the image has others in other places, and
/// keeps a pre-release one.
pub(crate) fn mend(graph: &Graph<'_>, id: NodeId) -> String {
    let at = |id| {
        let (source, span) = place(graph, id);
        (source.path, span)
    };
    let siblings = graph.ids().filter(|other| graph.node(*other).image == graph.node(id).image);
    let spec = match siblings.map(at).all(|other| other == at(id)) {
        true => graph.image(id).name.clone(),
        false => graph.spec(id).to_string(),
    };
    format!("cargo xtask images bump {spec} {}", next(&graph.variant(id).version))
}

/// The option that raises a version by as little as can be.
fn next(version: &Version) -> String {
    let written_out = "--to VERSION".to_owned();
    let Ok(semver) = semver::Version::parse(version.as_str()) else { return written_out };
    match semver.pre.as_str().split('.').next().filter(|id| !id.is_empty()) {
        None => "--patch".to_owned(),
        Some(id) if Level::Pre(id.to_owned()).apply(version).is_ok() => format!("--pre {id}"),
        Some(_) => written_out,
    }
}

/// Where a variant's version is written: in Image.toml, a crate's manifest or the root manifest.
pub(crate) fn place(graph: &Graph<'_>, id: NodeId) -> (SourceText, Range<usize>) {
    let (workspace, image) = (graph.workspace, graph.image(id));
    let own = image.manifest.variant.get(graph.node(id).variant).filter(|_| image.manifest.matrix.is_none());
    if let Some(version) = own.and_then(|table| table.get_ref().version.as_ref()) {
        return (image.source.clone(), version.span());
    }
    let crates = workspace.crates.as_ref();
    let of_crate = |name: &str| crates.and_then(|crates| crates.package(name)).map(|package| &package.folder);
    let found = match image.manifest.image.version.as_ref().map(|version| (version.get_ref(), version.span()))
    {
        Some((VersionSource::Own(_), span)) => Some((image.source.clone(), span)),
        Some((VersionSource::Workspace, _)) => in_root(workspace, true),
        Some((VersionSource::Crate(name), _)) => {
            of_crate(name).and_then(|folder| in_crate(workspace, folder))
        }
        None => in_crate(workspace, &image.folder),
    };
    found.unwrap_or_else(|| (image.source.clone(), 0..0))
}

/// A Cargo.toml, as far as versions are concerned.
#[derive(Deserialize)]
struct Versions {
    package: Option<PackageVersion>,
    workspace: Option<WorkspaceVersions>,
}

#[derive(Deserialize)]
struct PackageVersion {
    version: Option<Spanned<VersionSource>>,
}

#[derive(Deserialize)]
struct WorkspaceVersions {
    package: Option<PackageVersion>,
    metadata: Option<MetadataVersions>,
}

#[derive(Deserialize)]
struct MetadataVersions {
    images: Option<ImagesVersions>,
}

#[derive(Deserialize)]
struct ImagesVersions {
    image: Option<PackageVersion>,
}

fn in_crate(workspace: &Workspace, folder: &Utf8Path) -> Option<(SourceText, Range<usize>)> {
    let path = folder.join("Cargo.toml");
    let shown = crate::workspace::relative(&path, &workspace.root);
    let source = SourceText::new(shown, fs::read_to_string(&path).ok()?);
    let version = source.parse_toml::<Versions>().ok()?.package?.version?;
    match version.get_ref() {
        VersionSource::Own(_) => Some((source, version.span())),
        _ => in_root(workspace, false),
    }
}

/// The version that the root manifest has for images, or else for crates.
fn in_root(workspace: &Workspace, for_images: bool) -> Option<(SourceText, Range<usize>)> {
    let versions = workspace.source.parse_toml::<Versions>().ok()?.workspace?;
    let of_images = versions.metadata.and_then(|metadata| metadata.images?.image?.version);
    let of_crates = versions.package.and_then(|package| package.version);
    let version = of_images.filter(|_| for_images).or(of_crates)?;
    Some((workspace.source.clone(), version.span()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_raised_by_as_little_as_can_be() {
        let next = |text: &str| next(&Version::parse(text).unwrap());
        assert_eq!(next("1.2.3"), "--patch");
        assert_eq!(next("1.2.3+git.5"), "--patch");
        assert_eq!(next("1.2.3-rc.1"), "--pre rc");
        assert_eq!(next("1.2.3-rc"), "--pre rc");
        assert_eq!(next("1.2.3-rc.x"), "--to VERSION");
        assert_eq!(next("3.11"), "--to VERSION");
        assert_eq!(next("bookworm"), "--to VERSION");
    }
}
