//! Which versions move to which, and what moves with them.

use std::collections::{BTreeMap, BTreeSet};

use images_schema::{Diagnostic, Version};

use super::level::{Level, is_older};
use super::place::{self, Place};
use super::references::{self, At, Internal};
use super::{Request, selected};
use crate::Error;
use crate::workspace::Workspace;

/// The old and the new version of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) old: Version,
    pub(super) new: Version,
}

/// What is to be done.
#[derive(Debug)]
pub(super) struct Moves {
    /// The places to edit; where nothing changes, both versions are the same.
    pub(super) steps: BTreeMap<Place, Step>,
    /// The variants whose references are followed: those of the places, and those that were named.
    pub(super) subjects: BTreeSet<At>,
    /// The variants that stand on these and keep their versions.
    pub(super) left: Vec<At>,
}

/// Finds the places of what was chosen, their new versions and, if asked for, those of what stands on them.
///
/// # Errors
/// Several versions and none named, a version that cannot be raised, one that would go backwards.
pub(super) fn plan(workspace: &Workspace, chosen: &[At], request: &Request) -> Result<Moves, Error> {
    let all = references::all(workspace);
    let mut places = BTreeMap::new();
    let mut steps = BTreeMap::new();
    if request.level.is_some() || request.cascade.is_some() {
        for &at in &all {
            places.insert(at, place::of_variant(workspace, at.image(workspace), at.variant)?);
        }
    }
    if let Some(level) = &request.level {
        check_one_place(workspace, chosen, &places, request)?;
        for at in chosen {
            add(workspace, *at, level, &places, &mut steps, request.allow_downgrade)?;
        }
    }
    let excluded = excluded(workspace, request)?;
    let named: BTreeSet<At> = chosen.iter().copied().chain(of_places(&places, &steps)).collect();
    let dependents = Dependents::of(workspace, &named, request);
    let mut reached = dependents.of_changed(changed(&places, &steps), &excluded);
    // A version may be shared, so what is raised may move more than what is reached.
    while let Some(level) = &request.cascade {
        let next: Vec<At> = reached.into_iter().filter(|at| !steps.contains_key(&places[at])).collect();
        if next.is_empty() {
            break;
        }
        next.into_iter().try_for_each(|at| add(workspace, at, level, &places, &mut steps, false))?;
        reached = dependents.of_changed(changed(&places, &steps), &excluded);
    }
    let moves = |at: &At| places.get(at).is_some_and(|place| steps.contains_key(place));
    let above = dependents.of_changed(changed(&places, &steps), &BTreeSet::new());
    let left = above.into_iter().filter(|at| !moves(at)).collect();
    let subjects = named.into_iter().chain(of_places(&places, &steps)).collect();
    Ok(Moves { steps, subjects, left })
}

fn add(
    workspace: &Workspace,
    at: At,
    level: &Level,
    places: &BTreeMap<At, Place>,
    steps: &mut BTreeMap<Place, Step>,
    allow_downgrade: bool,
) -> Result<(), Error> {
    let old = at.variant(workspace).version.clone();
    let name = &at.image(workspace).name;
    let new = level.apply(&old).map_err(|mut problem| {
        problem.message = format!("{name}: {}", problem.message);
        problem
    })?;
    if is_older(&new, &old) && !allow_downgrade {
        let message = format!("`{name}` would go back from {old} to {new}");
        let help = "a published version stays what it is; --allow-downgrade does it nevertheless";
        let (place, source) = (&places[&at], &at.image(workspace).source);
        let diagnostic = match place.path == workspace.root.join(&source.path) {
            true => source.error(place.span.clone(), message, format!("newer than {new}")),
            false => Diagnostic::error(message),
        };
        return Err(diagnostic.help(help).into());
    }
    steps.insert(places[&at].clone(), Step { old, new });
    Ok(())
}

/// The variants whose versions are in these places.
fn of_places(places: &BTreeMap<At, Place>, steps: &BTreeMap<Place, Step>) -> Vec<At> {
    places.iter().filter(|(_, place)| steps.contains_key(place)).map(|(at, _)| *at).collect()
}

/// The variants whose version becomes another one.
fn changed(places: &BTreeMap<At, Place>, steps: &BTreeMap<Place, Step>) -> Vec<At> {
    let changes = |place: &Place| steps.get(place).is_some_and(|step| step.old != step.new);
    places.iter().filter(|(_, place)| changes(place)).map(|(at, _)| *at).collect()
}

fn excluded(workspace: &Workspace, request: &Request) -> Result<BTreeSet<At>, Error> {
    let mut excluded = BTreeSet::new();
    for spec in &request.exclude {
        excluded.extend(selected::named(workspace, spec)?);
    }
    Ok(excluded)
}

/// A name alone means one version, wherever it is written.
fn check_one_place(
    workspace: &Workspace,
    chosen: &[At],
    places: &BTreeMap<At, Place>,
    request: &Request,
) -> Result<(), Error> {
    let by_name =
        request.specs.iter().filter(|spec| !spec.contains(':')).map(String::as_str).collect::<Vec<_>>();
    let is_by_name = |at: &At| by_name.is_empty() || by_name.contains(&at.image(workspace).name.as_str());
    let named: Vec<_> = chosen.iter().filter(|at| request.specs.is_empty() || is_by_name(at)).collect();
    for at in &named {
        let of_image: Vec<_> = named.iter().filter(|other| other.image == at.image).collect();
        let distinct: BTreeSet<_> = of_image.iter().map(|other| &places[other]).collect();
        if distinct.len() > 1 {
            let image = at.image(workspace);
            let specs: Vec<_> = of_image.iter().map(|other| other.spec(workspace)).collect();
            let message = format!("`{}` has several versions: {}", image.name, specs.join(", "));
            let diagnostic = image.source.error(0..0, message, "each is written by itself");
            return Err(diagnostic.help(format!("name one of them: {}", specs[0])).into());
        }
    }
    Ok(())
}

/// What would change because something that it stands on does.
struct Dependents {
    /// For each variant, those that stand on it directly.
    children: BTreeMap<At, BTreeSet<At>>,
    /// The children that change because their reference has to.
    mended: BTreeSet<At>,
}

impl Dependents {
    fn of(workspace: &Workspace, subjects: &BTreeSet<At>, request: &Request) -> Self {
        let is_subject = |member: usize| subjects.iter().any(|subject| subject.image == member);
        let is_mended = |reference: &Internal| {
            is_subject(reference.member)
                && match &request.from {
                    Some(from) => reference.tag() == Some(from),
                    None => reference.selects(workspace).is_none() && reference.is_clear(workspace),
                }
        };
        let mut children: BTreeMap<At, BTreeSet<At>> = BTreeMap::new();
        let mut mended = BTreeSet::new();
        for at in references::all(workspace) {
            for reference in references::needed(workspace, at) {
                if is_mended(&reference) {
                    mended.insert(at);
                } else if let Some(parent) = reference.selects(workspace) {
                    children.entry(parent).or_default().insert(at);
                }
            }
        }
        Self { children, mended }
    }

    /// All that change with these, without those that are left out and what changes because of them alone.
    fn of_changed(&self, changed: Vec<At>, excluded: &BTreeSet<At>) -> BTreeSet<At> {
        let mut reached: BTreeSet<At> = self.mended.difference(excluded).copied().collect();
        let mut open: Vec<At> = changed.into_iter().chain(reached.iter().copied()).collect();
        while let Some(at) = open.pop() {
            for child in self.children.get(&at).into_iter().flatten() {
                if !excluded.contains(child) && reached.insert(*child) {
                    open.push(*child);
                }
            }
        }
        reached
    }
}
