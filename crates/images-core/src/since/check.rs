//! `check --since`: what differs from a commit has another version.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;

use camino::Utf8Path;
use images_schema::{Diagnostic, Rule, SourceText, Spanned, Version, VersionSource};
use serde::Deserialize;

use super::compare::Comparison;
use super::finding::{Change, Finding};
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::reason::Reason;
use crate::workspace::Workspace;

/// An error for each image that differs from the commit while its version is the same, those first that others follow; a
/// warning for one of which it is not known. Images that are never published are passed over.
///
/// # Errors
/// The commit's workspace cannot be read at all.
pub fn unbumped(
    graph: &Graph<'_>,
    comparison: &Comparison,
    revision: &str,
) -> Result<Vec<Diagnostic>, Error> {
    if !comparison.unreadable.is_empty() {
        let message =
            format!("versions cannot be compared with those of `{revision}`, whose images cannot be read");
        let told = Diagnostic::error(message)
            .help("compare with a later commit, whose manifests this version reads");
        return Err(Error::Input(vec![told]));
    }
    let published = comparison.findings.iter().filter(|finding| is_published(graph, finding.id));
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut told = Vec::new();
    for finding in published {
        match &finding.change {
            Change::Changed { reason, roots } => {
                let place = place(graph, finding.id);
                let found =
                    groups.iter_mut().find(|group| group.place == place && group.is_like(graph, finding));
                match found {
                    Some(group) => group.add(finding.id, roots),
                    None => {
                        let roots = roots.iter().map(String::as_str).collect();
                        groups.push(Group { ids: vec![finding.id], reason, roots, place });
                    }
                }
            }
            Change::Unknown { why } => told.push(not_known(graph, finding.id, why, revision)),
            Change::New | Change::Version { .. } | Change::Renamed { .. } | Change::Moved => {}
        }
    }
    told.extend(groups.iter().map(|group| group.told(graph, revision)));
    Ok(told.into_iter().map(|finding| finding.rule(Rule::Version)).collect())
}

fn is_published(graph: &Graph<'_>, id: NodeId) -> bool {
    graph.image(id).manifest.image.publish.as_ref().is_none_or(|publish| *publish.get_ref())
}

/// The variants of one image whose version is written in one place.
struct Group<'a> {
    ids: Vec<NodeId>,
    reason: &'a Reason,
    /// What all of them merely follow; empty where one has a difference of its own.
    roots: BTreeSet<&'a str>,
    place: (SourceText, Range<usize>),
}

impl<'a> Group<'a> {
    fn add(&mut self, id: NodeId, roots: &'a [String]) {
        self.ids.push(id);
        match self.roots.is_empty() || roots.is_empty() {
            true => self.roots.clear(),
            false => self.roots.extend(roots.iter().map(String::as_str)),
        }
    }

    fn is_like(&self, graph: &Graph<'_>, finding: &Finding) -> bool {
        graph.node(self.ids[0]).image == graph.node(finding.id).image
    }

    fn told(&self, graph: &Graph<'_>, revision: &str) -> Diagnostic {
        let id = self.ids[0];
        let (source, span) = &self.place;
        let specs = self.ids.iter().map(|id| format!("`{}`", graph.spec(*id))).collect::<Vec<_>>().join(", ");
        let verb = if self.ids.len() == 1 { "differs" } else { "differ" };
        let message = format!("{specs} {verb} from `{revision}` in spite of the same version");
        let diagnostic = source.error(span.clone(), message, self.reason.to_string());
        let name = &graph.image(id).name;
        let to = if is_semver(&graph.variant(id).version) { "--patch" } else { "--to VERSION" };
        let command = format!("cargo xtask images bump {name} {to}");
        let roots: Vec<_> = self.roots.iter().copied().collect();
        diagnostic.help(match roots.as_slice() {
            [] => command,
            roots => format!("it only follows `{}`: see to that first, then {command}", roots.join("`, `")),
        })
    }
}

fn is_semver(version: &Version) -> bool {
    semver::Version::parse(version.as_str()).is_ok()
}

fn not_known(graph: &Graph<'_>, id: NodeId, why: &str, revision: &str) -> Diagnostic {
    let (source, span) = place(graph, id);
    let message = format!("whether `{}` differs from `{revision}` cannot be told: {why}", graph.spec(id));
    source.warning(span, message, "perhaps another version is due")
}

/// Where a variant's version is written: in Image.toml, a crate's manifest or the root manifest.
fn place(graph: &Graph<'_>, id: NodeId) -> (SourceText, Range<usize>) {
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
