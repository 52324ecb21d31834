//! References that nobody edits and that select another variant after the bump: one by a prefix, or without a tag, means the
//! newest version or the default one, whichever that is then.

use super::references;
use super::wanted::Wanted;
use crate::workspace::Workspace;

/// A reference that selects another variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// `NAME:TAG` of the image whose reference it is.
    pub spec: String,
    /// What it says.
    pub reference: String,
    /// What it selected: `NAME:TAG`.
    pub old: String,
    /// What it selects.
    pub new: String,
}

/// All of these, each once for an image.
pub(super) fn find(before: &Workspace, after: &Workspace, wanted: &Wanted) -> Vec<Drift> {
    let mut found: Vec<Drift> = Vec::new();
    for at in references::all(before) {
        let old = references::internal(before, at.image(before), at.variant(before));
        let new = references::internal(after, at.image(after), at.variant(after));
        let pairs = old.iter().zip(&new).enumerate().filter(|(place, _)| !wanted.contains_key(&(at, *place)));
        for (_, (old, new)) in pairs.filter(|(_, (old, new))| old.found.reference == new.found.reference) {
            let (Some(was), Some(is)) = (old.selects(before), new.selects(after)) else { continue };
            let (spec, reference) = (at.spec(after), new.found.reference.to_string());
            if was != is && !found.iter().any(|known| (&known.spec, &known.reference) == (&spec, &reference))
            {
                found.push(Drift { spec, reference, old: was.spec(before), new: is.spec(after) });
            }
        }
    }
    found
}
