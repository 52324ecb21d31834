//! What each reference has to select when all is done.

use std::collections::BTreeMap;

use images_schema::tag_text;

use super::Request;
use super::moves::Moves;
use super::references::{self, At, Internal};
use crate::workspace::Workspace;

/// By variant and the reference's place among its references: the variant that it has to select.
pub(super) type Wanted = BTreeMap<(At, usize), At>;

/// The references that follow a version. `chosen` are the variants that were named.
///
/// 1. One that selects a variant that moves, by its tag or by a prefix of it, goes on to select it. One without a tag
///    means whatever the default variant is.
/// 2. One with the tag that `--from` names is to select the one variant that was named.
/// 3. One that selects nothing can only mean the version that there is, if the image has but one.
pub(super) fn find(before: &Workspace, moves: &Moves, chosen: &[At], request: &Request) -> Wanted {
    let mut wanted = Wanted::new();
    for at in references::all(before) {
        let references = references::internal(before, at.image(before), at.variant(before));
        for (place, reference) in references.iter().enumerate() {
            let from = request.from.as_deref().and_then(|from| from_tag(before, reference, chosen, from));
            if let Some(target) = from.or_else(|| follows(before, moves, reference, request)) {
                wanted.insert((at, place), target);
            }
        }
    }
    wanted
}

/// The variant of the reference's image that was named, if the reference has the tag that `from` means.
fn from_tag(before: &Workspace, reference: &Internal, chosen: &[At], from: &str) -> Option<At> {
    let target = *chosen.iter().find(|at| at.image == reference.member)?;
    let suffixed = images_schema::Version::parse(from)
        .ok()
        .and_then(|version| tag_text(&version, &target.variant(before).suffix).ok());
    let tag = reference.tag()?;
    (tag == from || suffixed.as_deref() == Some(tag)).then_some(target)
}

fn follows(before: &Workspace, moves: &Moves, reference: &Internal, request: &Request) -> Option<At> {
    match reference.selects(before) {
        Some(target) if is_floating(before, reference, target) => None,
        Some(target) => moves.subjects.contains(&target).then_some(target),
        None if request.from.is_some() || !reference.is_clear(before) => None,
        None => {
            let only = At { image: reference.member, variant: 0 };
            moves.subjects.contains(&only).then_some(only)
        }
    }
}

/// Whether it means the default variant, whichever that is.
fn is_floating(before: &Workspace, reference: &Internal, target: At) -> bool {
    match reference.tag() {
        None => true,
        Some(tag) => tag == "latest" && target.variant(before).tag != tag,
    }
}

/// The tag that makes `reference` select `target`: as precise as the old one if that will do, else the whole tag.
pub(super) fn tag(after: &Workspace, reference: &Internal, target: At) -> String {
    let variant = target.variant(after);
    let written = reference.tag().unwrap_or_default();
    let suffix = variant.suffix.replace('+', "_");
    let parts = written.strip_suffix(&suffix).unwrap_or(written).split('.').count();
    let version: Vec<_> = variant.version.as_str().split('.').collect();
    if parts < version.len() {
        let short = format!("{}{suffix}", version[..parts].join("."));
        let mut shortened = reference.clone();
        shortened.found.reference.tag = Some(short.clone());
        if shortened.selects(after) == Some(target) {
            return short;
        }
    }
    variant.tag.clone()
}
