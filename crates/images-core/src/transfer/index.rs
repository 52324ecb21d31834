//! One name for the variants of a version that differ in their platform.

use std::collections::{BTreeMap, BTreeSet};

use images_oci::layout::Layout;
use images_oci::model::{Descriptor, ImageConfig, Index, Platform};

use super::Local;
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::workspace::Variant;

/// The variants of a version that share a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// The variants.
    pub(crate) ids: Vec<NodeId>,
    /// The version that they share, which is the tag.
    pub(crate) tag: String,
}

/// The groups within these variants: for each version of which all variants name platforms, each another one, and that is
/// no variant's whole tag.
pub(crate) fn groups(graph: &Graph<'_>, ids: &[NodeId]) -> Vec<Group> {
    let mut by_version: BTreeMap<(usize, String), Vec<NodeId>> = BTreeMap::new();
    for &id in ids {
        by_version.entry((graph.node(id).image, version_tag(graph.variant(id)))).or_default().push(id);
    }
    let apart = by_version.into_iter().filter(|((image, version), ids)| {
        are_apart(&graph.workspace.images[*image].variants, version, ids.len())
    });
    apart.map(|((_, tag), ids)| Group { ids, tag }).collect()
}

/// An index to be pushed.
pub(super) struct Shared {
    /// One of its variants.
    pub(super) id: NodeId,
    /// The version that they share, which is the tag.
    pub(super) tag: String,
    /// The index.
    pub(super) bytes: Vec<u8>,
}

/// The indexes over these images.
///
/// # Errors
/// A configuration cannot be read.
pub(super) fn of(graph: &Graph<'_>, local: &Local) -> Result<Vec<Shared>, Error> {
    let ids: Vec<NodeId> = local.images.iter().map(|image| image.id).collect();
    let mut shared = Vec::new();
    for group in groups(graph, &ids) {
        let members = local.images.iter().filter(|image| group.ids.contains(&image.id));
        let members: Vec<Descriptor> = members.map(|image| image.manifest.clone()).collect();
        if let Some(bytes) = index(&local.layout, &members)? {
            shared.push(Shared { id: group.ids[0], tag: group.tag, bytes });
        }
    }
    Ok(shared)
}

/// The tag of a variant without its suffix.
fn version_tag(variant: &Variant) -> String {
    variant.version.to_string().replace('+', "_")
}

/// Whether several variants of a version, all of them present, have tags of their own and name platforms.
fn are_apart(variants: &[Variant], version: &str, present: usize) -> bool {
    let of_version: Vec<_> = variants.iter().filter(|variant| version_tag(variant) == version).collect();
    of_version.len() > 1
        && of_version.len() == present
        && of_version.iter().all(|variant| variant.platform.is_some() && variant.tag != version)
        && of_version.iter().map(|variant| &variant.platform).collect::<BTreeSet<_>>().len() == present
}

/// The index of these images; `None` where two are for the same platform.
///
/// # Errors
/// A configuration cannot be read.
pub(crate) fn index(layout: &Layout, members: &[Descriptor]) -> Result<Option<Vec<u8>>, Error> {
    let mut manifests = Vec::new();
    for manifest in members {
        let config = layout.config(&layout.manifest(manifest)?.config)?;
        let ImageConfig { architecture, os, variant, .. } = config;
        let platform = Some(Platform { architecture, os, os_version: None, variant });
        manifests.push(Descriptor { annotations: BTreeMap::new(), platform, ..manifest.clone() });
    }
    manifests.sort_by(|one, other| one.platform.cmp(&other.platform));
    if manifests.windows(2).any(|pair| pair[0].platform == pair[1].platform) {
        return Ok(None);
    }
    Ok(Some(serde_json::to_vec(&Index::new(manifests)).expect("an index has a form in JSON")))
}

#[cfg(test)]
mod tests {
    use images_schema::Version;

    use super::*;

    /// A variant by its version, suffix and platform.
    fn variant(version: &str, suffix: &str, platform: Option<&str>) -> Variant {
        Variant {
            version: Version::parse(version).unwrap(),
            suffix: suffix.to_owned(),
            tag: format!("{version}{suffix}"),
            is_default: false,
            args: BTreeMap::new(),
            labels: BTreeMap::new(),
            platform: platform.map(str::to_owned),
            tests: Vec::new(),
        }
    }

    #[test]
    fn variants_that_differ_in_their_platform_share_an_index() {
        let (amd, arm) = (Some("linux/amd64"), Some("linux/arm64"));
        let two = [variant("1", "-a", amd), variant("1", "-b", arm), variant("2", "-a", amd)];
        assert!(are_apart(&two, "1", 2));
        assert!(!are_apart(&two, "1", 1), "one of them is not there");
        assert!(!are_apart(&two, "2", 1), "one alone needs no index");
        let unnamed = [variant("1", "-a", amd), variant("1", "-b", None)];
        assert!(!are_apart(&unnamed, "1", 2), "one names no platform");
        let alike = [variant("1", "-a", amd), variant("1", "-b", amd)];
        assert!(!are_apart(&alike, "1", 2), "both are for one platform");
        let whole = [variant("1", "", amd), variant("1", "-b", arm)];
        assert!(!are_apart(&whole, "1", 2), "the version alone is one's own tag");
    }

    #[test]
    fn a_version_is_a_tag_as_far_as_tags_allow_it() {
        assert_eq!(version_tag(&variant("1.2.3+git.5", "-a", None)), "1.2.3_git.5");
    }
}
