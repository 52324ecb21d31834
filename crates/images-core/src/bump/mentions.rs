//! Where an image's own Dockerfile goes on to say its old version: in a label, in a command, in a comment. What is meant
//! there only a person knows, so it is told and not edited. References to members, and arguments that they may be made of,
//! say the versions of others.

use std::ops::Range;

use super::references::{self, At};
use super::replacement::{Replacement, occurrences};
use super::rewrite::place;
use crate::workspace::Workspace;

/// The old version of an image in a line of its Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// The old version.
    pub version: String,
    /// `FILE:LINE`
    pub place: String,
}

/// All of these, for variants that moved, in the order of the lines.
pub(super) fn find(before: &Workspace, after: &Workspace, moved: &[At]) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for at in moved {
        let version = at.variant(before).version.as_str();
        // A number alone says anything.
        let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || version == at.variant(after).version.as_str() {
            continue;
        }
        let old = Replacement { old: version.to_owned(), new: String::new() };
        let dockerfile = &at.image(after).dockerfile;
        let of_others = of_others(after, *at);
        let is_own = |range: &Range<usize>| !of_others.iter().any(|other| other.contains(&range.start));
        for range in occurrences(&dockerfile.text, &old).into_iter().rev().filter(is_own) {
            let mention = Mention { version: version.to_owned(), place: place(dockerfile, range.start) };
            if !found.contains(&mention) {
                found.push(mention);
            }
        }
    }
    found
}

/// Where a Dockerfile speaks of other members.
fn of_others(after: &Workspace, at: At) -> Vec<Range<usize>> {
    let image = at.image(after);
    let references = references::internal(after, image, at.variant(after)).into_iter();
    let arguments = image.parsed.args().iter().filter(|arg| arg.stage.is_none());
    references.map(|found| found.found.span).chain(arguments.map(|arg| arg.span.clone())).collect()
}
