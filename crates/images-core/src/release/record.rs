//! What became of a release, for people and programs that come after it.

use camino::Utf8Path;
use images_oci::model::Digest;

use super::attach::Attached;
use super::journal::replace;
use super::plan::{ReleaseItem, Scene, State};
use super::published::Found;
use crate::Error;
use crate::graph::{NodeId, Target};
use crate::store::{repository_name, version_name};
use images_oci::registry::{Name, Repository};

/// One published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which, with the tags that are on it.
    pub item: ReleaseItem,
    /// The digest of what is published.
    pub digest: Digest,
    /// What it stands on.
    pub bases: Vec<Base>,
    /// The commit.
    pub commit: String,
    /// The platforms.
    pub platforms: Vec<String>,
    /// The bill of materials that was attached by this release.
    pub sbom: Option<Digest>,
    /// The statement of how it was made that was attached by this release.
    pub provenance: Option<Digest>,
    /// Whether it was signed by this release.
    pub signed: bool,
    /// Whether it was there before.
    pub was_published: bool,
}

/// An image that another stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its name.
    pub reference: String,
    /// Its digest, where it is published or pinned.
    pub digest: Option<Digest>,
}

/// What the images of an item stand on.
///
/// # Errors
/// The registry does not tell.
pub(super) fn bases(
    scene: &Scene<'_>,
    item: &ReleaseItem,
    items: &[ReleaseItem],
) -> Result<Vec<Base>, Error> {
    let mut bases: Vec<Base> = Vec::new();
    for target in
        item.unit.ids.iter().flat_map(|id| scene.graph.node(*id).edges.iter()).map(|edge| &edge.target)
    {
        let base = match target {
            Target::Internal(id) => internal(scene, *id, items)?,
            Target::External(text) => {
                let digest = scene.keyed.pins.digest(text).and_then(|digest| digest.parse().ok());
                Base { reference: text.clone(), digest }
            }
        };
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    Ok(bases)
}

/// A base of the workspace: published by this release or before it, or not at all.
fn internal(scene: &Scene<'_>, id: NodeId, items: &[ReleaseItem]) -> Result<Base, Error> {
    let reference = version_name(scene.graph, id);
    let own = items.iter().find(|item| !item.unit.is_index && item.unit.ids == [id]);
    let digest = match own.map(|item| &item.state) {
        Some(State::Published(descriptor)) => Some(descriptor.digest),
        Some(_) => None,
        None => {
            let repository = Repository::parse(&repository_name(scene.graph, id))?;
            let tag = Name::Tag(scene.graph.variant(id).tag.clone());
            let found = Found::get(scene.client, &repository, &tag)?;
            let key = scene.keyed.key(id).to_string();
            found.filter(|found| found.has_keys(&[key])).map(|found| found.raw.descriptor.digest)
        }
    };
    Ok(Base { reference, digest })
}

/// The record of an item that is published.
pub(super) fn of(
    scene: &Scene<'_>,
    item: &ReleaseItem,
    digest: Digest,
    bases: Vec<Base>,
    attached: Option<Attached>,
    commit: &str,
) -> Record {
    let new = attached.unwrap_or_default();
    Record {
        item: item.clone(),
        digest,
        bases,
        commit: commit.to_owned(),
        platforms: item.unit.ids.iter().map(|id| scene.keyed.parts[id].platform.clone()).collect(),
        sbom: new.sbom,
        provenance: new.provenance,
        signed: new.is_signed,
        was_published: attached.is_none(),
    }
}

/// Keeps the text of a record.
///
/// # Errors
/// It cannot be written.
pub fn keep(path: &Utf8Path, text: &str) -> Result<(), Error> {
    replace(path, text.as_bytes())
}
