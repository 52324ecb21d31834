//! What is released: a variant by its own tag, or the variants of a version by the tag that they share.

use std::collections::BTreeSet;

use images_schema::Version;

use crate::graph::{Graph, NodeId};
use crate::transfer::index;

/// Something that gets a version's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The variant; of an index, all that are in it.
    pub ids: Vec<NodeId>,
    /// Whether it is an index.
    pub is_index: bool,
    /// `NAME:TAG`.
    pub spec: String,
    /// The tag of the version.
    pub tag: String,
    /// The version.
    pub version: Version,
    /// What the tag has after the version.
    pub suffix: String,
    /// Whether a reference without a tag means it.
    pub is_default: bool,
}

/// The units of these variants, in their order; indexes of which all are selected come after what is in them.
pub(super) fn units(graph: &Graph<'_>, ids: &[NodeId]) -> Vec<Unit> {
    let images: BTreeSet<usize> = ids.iter().map(|id| graph.node(*id).image).collect();
    let all: Vec<NodeId> = graph.ids().filter(|id| images.contains(&graph.node(*id).image)).collect();
    let groups = index::groups(graph, &all);
    let alone = |id: NodeId| {
        let variant = graph.variant(id);
        // `latest` means the index then, also where the variant alone is released.
        let is_in_index = groups.iter().any(|group| group.ids.contains(&id));
        Unit {
            ids: vec![id],
            is_index: false,
            spec: graph.spec(id).to_string(),
            tag: variant.tag.clone(),
            version: variant.version.clone(),
            suffix: variant.suffix.clone(),
            is_default: variant.is_default && !is_in_index,
        }
    };
    let together = |group: &index::Group| {
        let id = group.ids[0];
        Unit {
            ids: group.ids.clone(),
            is_index: true,
            spec: format!("{}:{}", graph.image(id).name, group.tag),
            tag: group.tag.clone(),
            version: graph.variant(id).version.clone(),
            suffix: String::new(),
            is_default: group.ids.iter().any(|id| graph.variant(*id).is_default),
        }
    };
    let whole = groups.iter().filter(|group| group.ids.iter().all(|id| ids.contains(id)));
    ids.iter().map(|id| alone(*id)).chain(whole.map(together)).collect()
}

/// The units of a whole image, of which only some may be released now.
pub(super) fn of_image(graph: &Graph<'_>, id: NodeId) -> Vec<Unit> {
    let image = graph.node(id).image;
    let all: Vec<_> = graph.ids().filter(|other| graph.node(*other).image == image).collect();
    units(graph, &all)
}

/// Whether a unit is of the same image as a variant.
pub(super) fn is_of(graph: &Graph<'_>, unit: &Unit, id: NodeId) -> bool {
    graph.node(unit.ids[0]).image == graph.node(id).image
}
