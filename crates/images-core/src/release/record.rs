//! What became of a release, for people and programs that come after it.

use std::fs;

use camino::Utf8Path;
use images_oci::model::{Descriptor, Digest};

use super::attach::Attached;
use super::journal::replace;
use super::plan::{ReleaseItem, Scene, State};
use crate::Error;
use crate::graph::{NodeId, Target};
use crate::store::{repository_name, version_name};
use images_oci::registry::{Name, Repository};
use serde_json::Value;

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
    /// Its digest, where it is published or pinned, and the image was made from that.
    pub digest: Option<Digest>,
    /// Whether the image was made from another build of it than the published one.
    pub is_rebuilt: bool,
}

/// What the images of an item, which is in the registry as `root`, stand on.
///
/// # Errors
/// The registry does not tell.
pub(super) fn bases(
    scene: &Scene<'_>,
    item: &ReleaseItem,
    root: &Descriptor,
    items: &[ReleaseItem],
) -> Result<Vec<Base>, Error> {
    let mut bases: Vec<Base> = Vec::new();
    for &id in &item.unit.ids {
        let image = if item.unit.is_index { published(items, id) } else { Some(root) };
        for edge in &scene.graph.node(id).edges {
            let base = match &edge.target {
                Target::Internal(parent) => {
                    let base = internal(scene, *parent, items)?;
                    checked(scene, (id, image), (*parent, base))?
                }
                Target::External(text) => {
                    let digest = scene.keyed.pins.digest(text).and_then(|digest| digest.parse().ok());
                    Base { reference: text.clone(), digest, is_rebuilt: false }
                }
            };
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
    }
    Ok(bases)
}

/// The base without its digest where the image has other layers than what is published of it. A machine that did not have
/// the base built it again, and only what is assembled from files is the same then. Of what files are copied from, no
/// layer tells.
fn checked(
    scene: &Scene<'_>,
    (id, image): (NodeId, Option<&Descriptor>),
    (parent, base): (NodeId, Base),
) -> Result<Base, Error> {
    let is_below = scene.graph.node(id).base().is_some_and(|edge| edge.target == Target::Internal(parent));
    let (true, Some(image), Some(digest)) = (is_below, image, base.digest) else { return Ok(base) };
    match scene.layers(id, image.digest)?.starts_with(&scene.layers(parent, digest)?) {
        true => Ok(base),
        false => Ok(Base { digest: None, is_rebuilt: true, ..base }),
    }
}

/// What is published of a variant by these items.
fn published(items: &[ReleaseItem], id: NodeId) -> Option<&Descriptor> {
    let own = items.iter().find(|item| !item.unit.is_index && item.unit.ids == [id]);
    match own.map(|item| &item.state) {
        Some(State::Published(descriptor)) => Some(descriptor),
        _ => None,
    }
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
            let found = scene.found(&repository, &tag)?;
            let key = scene.keyed.key(id).to_string();
            found.filter(|found| found.has_keys(&[key])).map(|found| found.raw.descriptor.digest)
        }
    };
    Ok(Base { reference, digest, is_rebuilt: false })
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

/// What only the release knows that published an image: a later one that finds it published does not.
const OF_THE_RELEASE: [&str; 5] = ["action", "revision", "sbom", "provenance", "signed"];

/// Keeps a record. Where there is one of the same image, what only its release knew stays.
///
/// # Errors
/// It cannot be written.
pub fn keep(path: &Utf8Path, mut record: Value) -> Result<(), Error> {
    let old = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let is_later = record["action"] == "published";
    if let Some(old) = old.filter(|old| is_later && old["digest"] == record["digest"]) {
        for key in OF_THE_RELEASE {
            record[key] = old[key].clone();
        }
    }
    let text = serde_json::to_string_pretty(&record).expect("a value has string keys and no failing parts");
    replace(path, text.as_bytes())
}
