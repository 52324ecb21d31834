//! Which references of an image's Dockerfile lead to which variants, also where the graph cannot be made.

use images_dockerfile::{ImageReference, Inputs};

use crate::graph::{Owner, owner, select};
use crate::workspace::{Image, Variant, Workspace, platform_of};

/// An image and one of its variants, by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct At {
    pub(super) image: usize,
    pub(super) variant: usize,
}

impl At {
    pub(super) fn image(self, workspace: &Workspace) -> &Image {
        &workspace.images[self.image]
    }

    pub(super) fn variant(self, workspace: &Workspace) -> &Variant {
        &self.image(workspace).variants[self.variant]
    }

    /// `NAME:TAG`
    pub(super) fn spec(self, workspace: &Workspace) -> String {
        format!("{}:{}", self.image(workspace).name, self.variant(workspace).tag)
    }
}

/// All variants.
pub(super) fn all(workspace: &Workspace) -> Vec<At> {
    let images = workspace.images.iter().enumerate();
    images
        .flat_map(|(image, member)| (0..member.variants.len()).map(move |variant| At { image, variant }))
        .collect()
}

/// A reference to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Internal {
    pub(super) found: ImageReference,
    /// The member that it names.
    pub(super) member: usize,
}

impl Internal {
    pub(super) fn tag(&self) -> Option<&str> {
        self.found.reference.tag.as_deref()
    }

    /// Whether it can only mean one variant, whatever its tag is.
    pub(super) fn is_clear(&self, workspace: &Workspace) -> bool {
        workspace.images[self.member].variants.len() == 1
    }

    /// The variant that it selects.
    pub(super) fn selects(&self, workspace: &Workspace) -> Option<At> {
        let (variant, _) = select(&workspace.images[self.member], self.tag())?;
        Some(At { image: self.member, variant })
    }
}

/// The references to members in all stages, those that the target does not need included: somebody may build them.
/// `image` need not be the workspace's own state of it.
pub(super) fn internal(workspace: &Workspace, image: &Image, variant: &Variant) -> Vec<Internal> {
    let stages = image.parsed.instructions().iter().filter_map(|instruction| instruction.stage).max();
    let mut found: Vec<Internal> = Vec::new();
    for stage in 0..=stages.unwrap_or_default() {
        for reference in of_target(workspace, image, variant, Some(&stage.to_string())) {
            if !found.iter().any(|other| other.found.span == reference.found.span) {
                found.push(reference);
            }
        }
    }
    found.sort_by_key(|reference| reference.found.span.start);
    found
}

/// The references to members that a variant is built from.
pub(super) fn needed(workspace: &Workspace, at: At) -> Vec<Internal> {
    let (image, variant) = (at.image(workspace), at.variant(workspace));
    let target = image.manifest.image.target.as_ref().map(|target| target.get_ref().as_str());
    of_target(workspace, image, variant, target)
}

fn of_target(workspace: &Workspace, image: &Image, variant: &Variant, target: Option<&str>) -> Vec<Internal> {
    let platform = variant.platform.as_deref().map_or_else(|| workspace.host.clone(), platform_of);
    let inputs = Inputs { args: &variant.args, target, platform: &platform, build_platform: &workspace.host };
    // What is wrong with a stage is told when the workspace is checked.
    let Ok(resolution) = image.parsed.resolve(&inputs) else { return Vec::new() };
    resolution.references.into_iter().filter_map(|reference| of_member(workspace, reference)).collect()
}

fn of_member(workspace: &Workspace, found: ImageReference) -> Option<Internal> {
    if found.kind == images_dockerfile::ReferenceKind::Syntax || found.reference.digest.is_some() {
        return None;
    }
    let Owner::Member(name) = owner(workspace, &found.reference) else { return None };
    let member = workspace.images.binary_search_by(|image| image.name.as_str().cmp(name)).ok()?;
    Some(Internal { found, member })
}
