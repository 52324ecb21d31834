//! One name for the variants of a version that differ in their platform.

use std::collections::BTreeMap;

use images_oci::model::{Descriptor, ImageConfig, Index, Platform};

use super::{Local, LocalImage};
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::workspace::Variant;

/// An index to be pushed.
pub(super) struct Shared {
    /// One of its variants.
    pub(super) id: NodeId,
    /// The version that they share, which is the tag.
    pub(super) tag: String,
    /// The index.
    pub(super) bytes: Vec<u8>,
}

/// The indexes over these images: for each version of which all variants name platforms, each another one, and that is no
/// variant's whole tag.
///
/// # Errors
/// A configuration cannot be read.
pub(super) fn of(graph: &Graph<'_>, local: &Local) -> Result<Vec<Shared>, Error> {
    let mut groups: BTreeMap<(usize, String), Vec<&LocalImage>> = BTreeMap::new();
    for image in &local.images {
        let version = version_tag(graph.variant(image.id));
        groups.entry((graph.node(image.id).image, version)).or_default().push(image);
    }
    let mut shared = Vec::new();
    for ((image, version), members) in groups {
        let variants = &graph.workspace.images[image].variants;
        if !are_apart(variants, &version, members.len()) {
            continue;
        }
        if let Some(bytes) = index(local, &members)? {
            shared.push(Shared { id: members[0].id, tag: version, bytes });
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
}

/// The index of these images; `None` where two are for the same platform.
fn index(local: &Local, members: &[&LocalImage]) -> Result<Option<Vec<u8>>, Error> {
    let mut manifests = Vec::new();
    for image in members {
        let config = local.layout.config(&local.layout.manifest(&image.manifest)?.config)?;
        let ImageConfig { architecture, os, variant, .. } = config;
        let platform = Some(Platform { architecture, os, os_version: None, variant });
        manifests.push(Descriptor { annotations: BTreeMap::new(), platform, ..image.manifest.clone() });
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
        let whole = [variant("1", "", amd), variant("1", "-b", arm)];
        assert!(!are_apart(&whole, "1", 2), "the version alone is one's own tag");
    }

    #[test]
    fn a_version_is_a_tag_as_far_as_tags_allow_it() {
        assert_eq!(version_tag(&variant("1.2.3+git.5", "-a", None)), "1.2.3_git.5");
    }
}
