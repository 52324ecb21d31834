//! Moves pins, and says which could be moved.

use std::collections::{BTreeMap, BTreeSet};

use images_dockerfile::Reference;
use images_engine::process::Cancel;
use images_oci::registry::{RegistryError, RegistryErrorKind};
use images_schema::{Diagnostic, Lock, LockedImage, Pin, did_you_mean};

use super::complete::{locked, of_store};
use super::name::{full, is_local, names_of};
use super::{Resolver, file};
use crate::Error;
use crate::build::Detect;
use crate::error::next_step;
use crate::graph::Graph;
use crate::store::Store;

/// What `update` is told.
#[derive(Debug, Clone, Default)]
pub struct UpdateOptions {
    /// The names to move, as Dockerfiles or the file have them; all where there are none.
    pub references: Vec<String>,
    /// The digest to move the one name to, instead of what its registry says.
    pub precise: Option<String>,
    /// Whether the file stays as it is.
    pub dry_run: bool,
}

/// What became of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The full name.
    pub name: String,
    /// What it was pinned to.
    pub old: Option<Pin>,
    /// What it is pinned to; `None` where no Dockerfile has the name any more.
    pub new: Option<Pin>,
}

/// A name that means another image in its registry than the locked one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outdated {
    /// The full name.
    pub name: String,
    /// What it is pinned to.
    pub locked: Pin,
    /// The digest that it has in the registry.
    pub latest: String,
}

/// Moves pins to what the registries say now, adds what is missing and removes what no Dockerfile names. What was not to
/// be moved stays. Returns what changed, sorted by name.
///
/// # Errors
/// A name that no Dockerfile has, a registry that does not answer, or the file cannot be written: then nothing is moved.
pub fn update(
    graph: &Graph<'_>,
    options: &UpdateOptions,
    resolver: &dyn Resolver,
    detect: Detect<'_>,
    cancel: &Cancel,
) -> Result<Vec<Change>, Error> {
    let old = file::read(&graph.workspace.root)?;
    let used = used(graph);
    let chosen = chosen(&used, &old, &options.references)?;
    let fresh = match &options.precise {
        Some(digest) => precise(graph, &chosen, digest, resolver, cancel)?,
        None => resolve(graph, &chosen, resolver, detect, cancel)?,
    };
    let changes = changes(&old, &used, &fresh, options.references.is_empty());
    if !options.dry_run && !changes.is_empty() {
        file::change(graph.workspace, |lock| apply(lock, &changes, fresh))?;
    }
    Ok(changes)
}

/// The names whose registries have another image than the locked one, sorted. The file stays as it is.
///
/// # Errors
/// A registry that does not answer, or the file cannot be read.
pub fn outdated(graph: &Graph<'_>, resolver: &dyn Resolver, cancel: &Cancel) -> Result<Vec<Outdated>, Error> {
    let lock = file::read(&graph.workspace.root)?;
    let used = used(graph);
    let names: Vec<_> = lock.images.keys().filter(|name| used.contains(*name)).cloned().collect();
    let (names, references) = askable(&names);
    let mut found = Vec::new();
    for (name, answer) in names.into_iter().zip(resolver.resolve(&references, cancel)) {
        let locked = lock.images[&name].pin.clone();
        match answer {
            Ok(resolved) => {
                let latest = resolved.digest.to_string();
                if locked != Pin::Digest(latest.clone()) {
                    found.push(Outdated { name, locked, latest });
                }
            }
            // An image that was only ever local is no older than one that does not exist.
            Err(_) if matches!(locked, Pin::Id(_)) => {}
            Err(error) => return Err(unanswered(graph, &name, &name, &error)),
        }
    }
    Ok(found)
}

/// The names that Dockerfiles have and the file does not, sorted.
///
/// # Errors
/// The file cannot be read.
pub fn unlocked(graph: &Graph<'_>) -> Result<Vec<String>, Error> {
    let lock = file::read(&graph.workspace.root)?;
    Ok(used(graph).into_iter().filter(|name| !lock.images.contains_key(name)).collect())
}

fn used(graph: &Graph<'_>) -> BTreeSet<String> {
    graph.ids().flat_map(|id| names_of(graph, id)).map(|named| named.name).collect()
}

/// The full names that are to be moved.
fn chosen(used: &BTreeSet<String>, lock: &Lock, references: &[String]) -> Result<Vec<String>, Error> {
    if references.is_empty() {
        return Ok(used.iter().cloned().collect());
    }
    let mut names = BTreeSet::new();
    for text in references {
        let name = full(text).filter(|name| used.contains(name));
        names.insert(name.ok_or_else(|| unknown(used, lock, text))?);
    }
    Ok(names.into_iter().collect())
}

fn unknown(used: &BTreeSet<String>, lock: &Lock, text: &str) -> Error {
    let diagnostic = Diagnostic::error(format!("no Dockerfile of this workspace names `{text}`"));
    let known = used.iter().map(String::as_str);
    let listed = known.clone().collect::<Vec<_>>().join(", ");
    let is_left = full(text).is_some_and(|name| lock.images.contains_key(&name));
    let full = full(text).unwrap_or_else(|| text.to_owned());
    let help = match did_you_mean(&full, known) {
        _ if is_left => "`cargo xtask images update` without a name takes it out of Images.lock".to_owned(),
        Some(near) => format!("did you mean `{near}`? there are: {listed}"),
        None if used.is_empty() => "there is no image from elsewhere without a digest".to_owned(),
        None => format!("there are: {listed}"),
    };
    diagnostic.help(help).into()
}

/// The one name at the digest that was asked for, which its registry must have.
fn precise(
    graph: &Graph<'_>,
    chosen: &[String],
    digest: &str,
    resolver: &dyn Resolver,
    cancel: &Cancel,
) -> Result<BTreeMap<String, LockedImage>, Error> {
    let [name] = chosen else {
        let diagnostic = Diagnostic::error("--precise moves one image, so it needs one name");
        return Err(diagnostic.help("cargo xtask images update debian:12 --precise sha256:…").into());
    };
    let repository = name.rsplit_once(':').map_or(name.as_str(), |(repository, _)| repository);
    let reference = Reference::parse(&format!("{repository}@{digest}")).map_err(|error| {
        Diagnostic::error(error.message).help(error.help.unwrap_or_else(|| "sha256:…".to_owned()))
    })?;
    let mut answers = resolver.resolve(&[reference], cancel);
    match answers.pop() {
        Some(Ok(resolved)) => Ok(BTreeMap::from([(name.clone(), locked(resolved))])),
        Some(Err(error)) => Err(unanswered(graph, name, &format!("{repository}@{digest}"), &error)),
        None => Ok(BTreeMap::new()),
    }
}

fn resolve(
    graph: &Graph<'_>,
    chosen: &[String],
    resolver: &dyn Resolver,
    detect: Detect<'_>,
    cancel: &Cancel,
) -> Result<BTreeMap<String, LockedImage>, Error> {
    let (names, references) = askable(chosen);
    let mut fresh = BTreeMap::new();
    let mut failed: BTreeMap<String, Option<RegistryError>> =
        chosen.iter().filter(|name| !names.contains(name)).map(|name| (name.clone(), None)).collect();
    for (name, answer) in names.into_iter().zip(resolver.resolve(&references, cancel)) {
        match answer {
            Ok(resolved) => drop(fresh.insert(name, locked(resolved))),
            Err(error) if error.kind == RegistryErrorKind::Interrupted => return Err(Error::Interrupted),
            Err(error) => drop(failed.insert(name, Some(error))),
        }
    }
    if failed.is_empty() {
        return Ok(fresh);
    }
    let store = detect().map(|(_, images)| Store::new(images)).unwrap_or_default();
    for (name, error) in failed {
        match (store.get(&name), error) {
            (Some(image), _) => drop(fresh.insert(name, of_store(&image.id))),
            (None, Some(error)) => return Err(unanswered(graph, &name, &name, &error)),
            (None, None) => {
                let message = format!("`{name}` is not in the engine's store, and no registry has this name");
                return Err(Error::Transfer { message, help: Some("build or load it".to_owned()) });
            }
        }
    }
    Ok(fresh)
}

/// The names that a registry can have, with their references.
fn askable(names: &[String]) -> (Vec<String>, Vec<Reference>) {
    let parsed = names.iter().filter_map(|name| Some((name.clone(), Reference::parse(name).ok()?)));
    parsed.filter(|(_, reference)| !is_local(reference)).unzip()
}

/// `asked` is the name, or its repository with a digest. The error is at the first place that has the name.
fn unanswered(graph: &Graph<'_>, name: &str, asked: &str, error: &RegistryError) -> Error {
    if error.kind == RegistryErrorKind::Interrupted {
        return Error::Interrupted;
    }
    let message = format!("cannot resolve {asked}: {}", error.message);
    let help = match error.kind {
        RegistryErrorKind::Absent if asked == name => {
            Some("its registry has no such image: name one that there is".to_owned())
        }
        RegistryErrorKind::Absent => Some("its registry has no such digest".to_owned()),
        _ => next_step(error),
    };
    let mut places = graph.ids().flat_map(|id| names_of(graph, id).map(move |named| (id, named)));
    match places.find(|(_, named)| named.name == name) {
        Some((id, named)) => {
            let diagnostic = graph.image(id).dockerfile.error(named.span, message, "asked for this");
            Error::Registry(vec![Diagnostic { help, ..diagnostic }])
        }
        None => Error::Transfer { message, help },
    }
}

fn changes(
    old: &Lock,
    used: &BTreeSet<String>,
    fresh: &BTreeMap<String, LockedImage>,
    whole: bool,
) -> Vec<Change> {
    let moved = fresh.iter().map(|(name, image)| Change {
        name: name.clone(),
        old: old.images.get(name).map(|image| image.pin.clone()),
        new: Some(image.pin.clone()),
    });
    let unused = old.images.iter().filter(|(name, _)| whole && !used.contains(*name));
    let removed =
        unused.map(|(name, image)| Change { name: name.clone(), old: Some(image.pin.clone()), new: None });
    let mut changes: Vec<_> = moved.chain(removed).filter(|change| change.old != change.new).collect();
    changes.sort_by(|one, other| one.name.cmp(&other.name));
    changes
}

fn apply(lock: &mut Lock, changes: &[Change], mut fresh: BTreeMap<String, LockedImage>) {
    for change in changes {
        match fresh.remove(&change.name) {
            Some(image) => drop(lock.images.insert(change.name.clone(), image)),
            None => drop(lock.images.remove(&change.name)),
        }
    }
}
