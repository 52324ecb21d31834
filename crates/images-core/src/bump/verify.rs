//! Sees that the edits do what they are for, before any is written.

use std::collections::BTreeSet;

use images_engine::process::Cancel;
use images_schema::Diagnostic;

use super::references::{self, At};
use super::wanted::Wanted;
use crate::Error;
use crate::edits::Edits;
use crate::graph::Graph;
use crate::workspace::{CrateIndex, LoadOptions, Workspace, load_from};

/// Loads the workspace as it would be, and checks each reference that was to follow and the graph. What is still wrong,
/// and was before, is given back.
///
/// # Errors
/// A reference that does not select what it has to, or anything that was not wrong before.
pub(super) fn verify(
    before: &Workspace,
    wanted: &Wanted,
    edits: &Edits,
    crates: Option<CrateIndex>,
    options: &LoadOptions,
    cancel: &Cancel,
) -> Result<Vec<Diagnostic>, Error> {
    let after = load_from(options, edits.files(), crates, cancel).map_err(not_written)?;
    let mut problems = Vec::new();
    for (&(at, place), target) in wanted {
        let references = references::internal(&after, at.image(&after), at.variant(&after));
        let Some(reference) = references.get(place) else { return Err(not_comparable(&after, at)) };
        if reference.selects(&after) != Some(*target) {
            let message = format!("this reference does not select {}", target.spec(&after));
            let dockerfile = &at.image(&after).dockerfile;
            let label = format!("is `{}`", reference.found.reference);
            problems.push(dockerfile.error(reference.found.span.clone(), message, label));
        }
    }
    let known = problems_of(before, options)?;
    let now = problems_of(&after, options)?.into_iter();
    let (old, new): (Vec<_>, Vec<_>) = now.partition(|found| known.iter().any(|other| is_same(found, other)));
    problems.extend(new);
    if problems.is_empty() { Ok(old) } else { Err(not_written(Error::Input(problems))) }
}

/// Sees that Dockerfiles refer to the same members in the same order with the new versions: arguments may be made from
/// these.
///
/// # Errors
/// They are others, so that what has to follow cannot be told.
pub(super) fn same_places(before: &Workspace, after: &Workspace, wanted: &Wanted) -> Result<(), Error> {
    for at in wanted.keys().map(|(at, _)| *at).collect::<BTreeSet<_>>() {
        let places = |workspace: &Workspace| {
            let found = references::internal(workspace, at.image(workspace), at.variant(workspace));
            found.into_iter().map(|reference| (reference.found.kind, reference.member)).collect::<Vec<_>>()
        };
        if places(before) != places(after) {
            return Err(not_comparable(after, at));
        }
    }
    Ok(())
}

fn not_comparable(after: &Workspace, at: At) -> Error {
    let message = format!("`{}` refers to other images with its new version", at.image(after).name);
    let diagnostic = at.image(after).dockerfile.error(0..0, message, "nothing is written");
    diagnostic.help("its arguments are made from the version; edit it by hand").into()
}

fn problems_of(workspace: &Workspace, options: &LoadOptions) -> Result<Vec<Diagnostic>, Error> {
    match Graph::of(workspace, options.jobs) {
        Ok(_) => Ok(Vec::new()),
        Err(Error::Input(problems)) => Ok(problems),
        Err(other) => Err(other),
    }
}

/// Whether both tell of the same: help lists the versions that there are, and edits move places.
fn is_same(a: &Diagnostic, b: &Diagnostic) -> bool {
    let path = |found: &Diagnostic| found.snippet.as_ref().map(|snippet| snippet.path.clone());
    a.message == b.message && path(a) == path(b)
}

/// Says before what would be wrong that it is not.
pub(super) fn not_written(error: Error) -> Error {
    match error {
        Error::Input(mut problems) => {
            let first =
                Diagnostic::error("nothing is written: the workspace would be wrong after these edits");
            problems.insert(0, first);
            Error::Input(problems)
        }
        other => other,
    }
}
