//! `bump`: moves versions and all that names them.
//!
//! 1. `selected` finds the variants that are meant, `place` where their versions are written.
//! 2. `moves` says which versions become which (`level`), and with `--cascade` those of what stands on them.
//! 3. The places are edited in memory; `cargo` brings requirements and Cargo.lock (`lock`) after.
//! 4. `wanted` says what each reference has to select, `rewrite` finds the edits for it.
//! 5. The workspace is loaded once more from what was edited, to see that all is as it is wanted.
//! 6. `edits` are shown, and written if asked for; `mentions` are what they leave, `drift` what moves without them.
//!
//! The graph is not needed: references that lead nowhere are among what is mended.

mod cargo;
mod drift;
mod level;
mod lock;
mod mentions;
mod moves;
mod place;
mod references;
mod replacement;
mod rewrite;
mod selected;
mod verify;
mod wanted;

use std::collections::BTreeMap;

use images_engine::process::Cancel;
use images_schema::Diagnostic;

pub use crate::edits::Edits;
pub use drift::Drift;
pub use level::Level;
pub use mentions::Mention;
pub use rewrite::Rewritten;

use crate::Error;
use crate::edits::document;
use crate::workspace::{CrateIndex, LoadOptions, Workspace, load, load_from, relative};
use cargo::CrateStep;
use moves::{Moves, Step};
use place::{Holder, Place};
use references::At;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `NAME` or `NAME:VERSION`. None of them: the image of the current folder; without a level, all images.
    pub specs: Vec<String>,
    /// What becomes of their versions; they stay if there is none.
    pub level: Option<Level>,
    /// References with this version are moved to the one that is named, whatever they select now.
    pub from: Option<String>,
    /// What becomes of the versions of images that stand on these; they stay if there is none.
    pub cascade: Option<Level>,
    /// Images whose versions stay.
    pub exclude: Vec<String>,
    /// Whether a version may go back.
    pub allow_downgrade: bool,
}

/// A version that moves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    /// An image with its old tag, or a crate with its old version: `python:3.7.4`, `crate api 0.1.0`.
    pub what: String,
    /// The new tag or version.
    pub to: String,
    /// The file that holds the version.
    pub path: String,
}

/// What a bump would do.
#[derive(Debug)]
pub struct Bump {
    /// The versions that move: images, then crates.
    pub moved: Vec<Moved>,
    /// The references that are rewritten.
    pub rewritten: Vec<Rewritten>,
    /// The images that stand on what moves and keep their versions.
    pub left: Vec<String>,
    /// The references that select another variant without an edit.
    pub drifted: Vec<Drift>,
    /// Where Dockerfiles go on to say old versions of their images.
    pub mentions: Vec<Mention>,
    /// What was wrong before, and still would be.
    pub remaining: Vec<Diagnostic>,
    /// The edits; nothing is written yet.
    pub edits: Edits,
}

/// Finds out what has to be edited.
///
/// # Errors
/// All that is wrong, or that a person has to decide. Nothing is ever written here.
pub fn bump(options: &LoadOptions, request: &Request, cancel: &Cancel) -> Result<Bump, Error> {
    let before = load(options, cancel)?;
    let chosen = match (&request.level, request.specs.as_slice()) {
        (None, []) if request.from.is_none() => references::all(&before),
        (_, specs) => selected::of_specs(&before, specs, &options.start)?,
    };
    check_from(&before, &chosen, request)?;
    let mut moves = moves::plan(&before, &chosen, request)?;
    let mut edits = Edits::new(&before.root);
    let crates = edit_places(&before, &moves, &mut edits, options, cancel)?;
    let mut rewritten = Vec::new();
    let (after, wanted) = loop {
        let index = crates.index.clone();
        let after = load_from(options, edits.files(), index, cancel).map_err(verify::not_written)?;
        // A tag may be made from an argument that was edited; then it moves as if its version did.
        moves.subjects.extend(with_other_tags(&before, &after));
        let wanted = wanted::find(&before, &moves, &chosen, request);
        verify::same_places(&before, &after, &wanted)?;
        let more = rewrite::all(&after, &wanted, &mut edits, options)?;
        if more.is_empty() || rewritten.len() > PASSES * before.images.len() {
            break (after, wanted);
        }
        rewritten.extend(more);
    };
    let remaining = verify::verify(&before, &wanted, &edits, crates.index, options, cancel)?;
    edits.check_links(&before.repository)?;
    let drifted = drift::find(&before, &after, &wanted);
    let mentions = mentions::find(&before, &after, &with_other_tags(&before, &after));
    let mut moved = moved_images(&before, &after, &moves);
    moved.extend(moved_crates(&before, &crates.steps));
    let left = moves.left.iter().map(|at| at.spec(&after)).collect();
    Ok(Bump { moved, rewritten, left, drifted, mentions, remaining, edits })
}

/// How often a reference of each image may be rewritten on average; tags that are made from each other could go on forever.
const PASSES: usize = 64;

/// The variants whose tags are not any more what they were.
fn with_other_tags(before: &Workspace, after: &Workspace) -> Vec<At> {
    let all = references::all(before).into_iter();
    all.filter(|at| at.variant(before).tag != at.variant(after).tag).collect()
}

/// `--from` is about one version.
fn check_from(workspace: &Workspace, chosen: &[At], request: &Request) -> Result<(), Error> {
    let twins = chosen.windows(2).find(|pair| pair[0].image == pair[1].image);
    match (twins, &request.from) {
        (Some(pair), Some(_)) => {
            let specs = pair.iter().map(|at| at.spec(workspace)).collect::<Vec<_>>().join(" or ");
            let message = format!("`{}` has several versions", pair[0].image(workspace).name);
            Err(Diagnostic::error(message).help(format!("name the one that --from moves to: {specs}")).into())
        }
        _ => Ok(()),
    }
}

/// The crates after the edits, and how they moved.
#[derive(Default)]
struct Crates {
    index: Option<CrateIndex>,
    steps: BTreeMap<String, CrateStep>,
}

/// Writes the new versions where the old ones are, and brings what is cargo's after them.
fn edit_places(
    before: &Workspace,
    moves: &Moves,
    edits: &mut Edits,
    options: &LoadOptions,
    cancel: &Cancel,
) -> Result<Crates, Error> {
    let steps: Vec<_> = moves.steps.iter().filter(|(_, step)| step.old != step.new).collect();
    let is_cargos = |place: &Place| matches!(place.holder, Holder::Crate(_) | Holder::WorkspacePackage);
    let index = match steps.iter().any(|(place, _)| is_cargos(place)) && before.crates.is_none() {
        true => Some(CrateIndex::read(&options.cargo, &before.root, cancel)?),
        false => before.crates.clone(),
    };
    // From the last to the first: a place does not move by an edit behind it.
    for (place, step) in steps.iter().rev() {
        let old = edits.read(&place.path)?[place.span.clone()].to_owned();
        edits.replace(&place.path, place.span.clone(), &document::quoted(&old, step.new.as_str()))?;
    }
    let Some(index) = index else { return Ok(Crates::default()) };
    let moved = crate_steps(&index, &steps)?;
    if !moved.is_empty() {
        cargo::follow(edits, &before.root, &index, &moved)?;
    }
    let versions = moved.iter().map(|(name, step)| (name.clone(), step.new.to_string()));
    Ok(Crates { index: Some(index.clone().with_versions(versions)), steps: moved })
}

/// The crates whose versions are at these places.
fn crate_steps(index: &CrateIndex, steps: &[(&Place, &Step)]) -> Result<BTreeMap<String, CrateStep>, Error> {
    let mut moved = BTreeMap::new();
    for (place, step) in steps {
        let names = match &place.holder {
            Holder::Crate(name) => vec![name.clone()],
            Holder::WorkspacePackage => place::inheriting(index)?,
            Holder::Image | Holder::Settings => continue,
        };
        let semver = |text: &str| {
            semver::Version::parse(text).map_err(|error| {
                let message = format!("`{text}` is no version for a crate: {error}");
                Error::from(
                    Diagnostic::error(message).help("the version is a crate's, so it is semver: 1.2.3"),
                )
            })
        };
        let manifest = place.path.clone();
        let step = CrateStep { manifest, old: semver(step.old.as_str())?, new: semver(step.new.as_str())? };
        moved.extend(names.into_iter().map(|name| (name, step.clone())));
    }
    Ok(moved)
}

fn moved_images(before: &Workspace, after: &Workspace, moves: &Moves) -> Vec<Moved> {
    with_other_tags(before, after)
        .into_iter()
        .map(|at| {
            let place = place::of_variant(before, at.image(before), at.variant);
            let path = place.ok().filter(|place| moves.steps.contains_key(place)).map(|place| place.path);
            let path = path.map(|path| relative(&path, &before.root).to_string());
            let to = at.variant(after).tag.clone();
            Moved {
                what: at.spec(before),
                to,
                path: path.unwrap_or_else(|| at.image(before).source.path.to_string()),
            }
        })
        .collect()
}

fn moved_crates(before: &Workspace, steps: &BTreeMap<String, CrateStep>) -> Vec<Moved> {
    let moved = steps.iter().map(|(name, step)| Moved {
        what: format!("crate {name} {}", step.old),
        to: step.new.to_string(),
        path: relative(&step.manifest, &before.root).to_string(),
    });
    moved.collect()
}
