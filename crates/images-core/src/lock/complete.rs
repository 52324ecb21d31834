//! Pins what a build needs and the file does not have.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use images_dockerfile::Reference;
use images_engine::EngineKind;
use images_engine::process::Cancel;
use images_oci::instruction::timestamp;
use images_oci::registry::{RegistryError, RegistryErrorKind};
use images_schema::{Diagnostic, Lock, LockedImage, Pin};

use super::name::{Named, is_local, names_of};
use super::{FILE, Pins, Resolved, Resolver, file};
use crate::Error;
use crate::event::{Event, Reporter};
use crate::graph::{Graph, NodeId};
use crate::store::Store;

/// What may become of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LockMode {
    /// What is missing is added.
    Add,
    /// What is missing is asked for, and the file stays as it is.
    #[default]
    Look,
    /// Nothing may be missing: so says `--locked`.
    Locked,
    /// Nothing may be missing, because a release is made from what is committed.
    Release,
}

impl LockMode {
    /// Why nothing may be missing.
    fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Locked => Some("--locked forbids to add it"),
            Self::Release => Some("a release adds nothing to it"),
            Self::Add | Self::Look => None,
        }
    }
}

/// How names are pinned.
#[derive(Debug, Clone, Default)]
pub struct LockOptions {
    /// What may become of the file.
    pub mode: LockMode,
    /// Who is asked; nobody where the network is forbidden.
    pub resolver: Option<Arc<dyn Resolver>>,
}

/// A name that is not in the file, with the first place that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    id: NodeId,
    named: Named,
}

/// What the file lacks of what `nodes` refer to, sorted by name.
pub(crate) fn missing(graph: &Graph<'_>, nodes: &[NodeId], lock: &Lock) -> Vec<Missing> {
    let mut found: BTreeMap<String, Missing> = BTreeMap::new();
    for &id in nodes {
        for named in names_of(graph, id).filter(|named| !lock.images.contains_key(&named.name)) {
            let is_frontend = named.is_frontend;
            let known = found.entry(named.name.clone()).or_insert(Missing { id, named });
            known.named.is_frontend &= is_frontend;
        }
    }
    found.into_values().collect()
}

/// Pins what is missing: by its registry, else by the engine's store. What neither knows stays as it is written, and is
/// told.
///
/// # Errors
/// Something is missing that may not be, or the file cannot be written.
pub(crate) fn complete(
    graph: &Graph<'_>,
    lock: Lock,
    missing: Vec<Missing>,
    (engine, store): (EngineKind, &Store),
    options: &LockOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Pins, Error> {
    let wanted: Vec<_> = missing
        .into_iter()
        .filter(|missing| !missing.named.is_frontend || engine == EngineKind::Docker)
        .collect();
    if let Some(why) = options.mode.refusal().filter(|_| !wanted.is_empty()) {
        return Err(Error::Input(wanted.iter().map(|missing| unlocked(graph, missing, why)).collect()));
    }
    let (mut new, mut problems) = (BTreeMap::new(), Vec::new());
    for (missing, answer) in wanted.iter().zip(ask(&wanted, options, cancel)) {
        match (answer, store.get(&missing.named.name)) {
            (Some(Err(error)), _) if error.kind == RegistryErrorKind::Interrupted => {
                return Err(Error::Interrupted);
            }
            (Some(Ok(resolved)), _) => {
                new.insert(missing.named.name.clone(), locked(resolved));
            }
            (answer, Some(image)) => {
                let why = answer.and_then(Result::err).map(|error| error.message);
                let (name, id) = (missing.named.name.clone(), image.id.clone());
                reporter.event(&Event::LockedLocally { name: name.clone(), id: id.clone(), why });
                new.insert(name, of_store(&id));
            }
            (Some(Err(error)), None) => {
                reporter.event(&Event::Unlocked { name: missing.named.name.clone(), why: error.message });
            }
            (None, None) => problems.push(unavailable(graph, missing)),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Input(problems));
    }
    let names: Vec<_> = new.keys().cloned().collect();
    let lock = match options.mode {
        LockMode::Add if !new.is_empty() => file::add(graph.workspace, new)?,
        _ => Lock { images: lock.images.into_iter().chain(new).collect() },
    };
    for name in names {
        if let Some(LockedImage { pin: Pin::Digest(digest), .. }) = lock.images.get(&name) {
            reporter.event(&Event::Locked { name, digest: digest.clone() });
        }
    }
    Ok(Pins::of(&lock))
}

/// What registries say, or `None` where none is asked.
fn ask(
    wanted: &[Missing],
    options: &LockOptions,
    cancel: &Cancel,
) -> Vec<Option<Result<Resolved, RegistryError>>> {
    let reference =
        |missing: &Missing| Reference::parse(&missing.named.name).ok().filter(|name| !is_local(name));
    let asked: Vec<_> =
        wanted.iter().map(|missing| options.resolver.as_ref().and(reference(missing))).collect();
    let references: Vec<_> = asked.iter().flatten().cloned().collect();
    let mut answers = match &options.resolver {
        Some(resolver) if !references.is_empty() => resolver.resolve(&references, cancel),
        _ => Vec::new(),
    }
    .into_iter();
    asked.iter().map(|asked| asked.as_ref().and_then(|_| answers.next())).collect()
}

/// An entry for what a registry says, of now.
pub(super) fn locked(resolved: Resolved) -> LockedImage {
    let Resolved { digest, platforms } = resolved;
    LockedImage { pin: Pin::Digest(digest.to_string()), platforms, resolved: now(), span: 0..0 }
}

/// An entry for an image that only the engine's store has.
pub(super) fn of_store(id: &str) -> LockedImage {
    let id = if id.contains(':') { id.to_owned() } else { format!("sha256:{id}") };
    LockedImage { pin: Pin::Id(id), platforms: Vec::new(), resolved: now(), span: 0..0 }
}

fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    timestamp(i64::try_from(since.as_secs()).unwrap_or_default())
}

fn unlocked(graph: &Graph<'_>, missing: &Missing, why: &str) -> Diagnostic {
    let message = format!("`{}` is not in {FILE}, and {why}", missing.named.name);
    let dockerfile = &graph.image(missing.id).dockerfile;
    let diagnostic = dockerfile.error(missing.named.span.clone(), message, "not locked");
    diagnostic.help(format!("run `cargo xtask images update`, and commit {FILE}"))
}

fn unavailable(graph: &Graph<'_>, missing: &Missing) -> Diagnostic {
    let dockerfile = &graph.image(missing.id).dockerfile;
    match Reference::parse(&missing.named.name).is_ok_and(|name| is_local(&name)) {
        true => {
            let message = format!("`{}` is not in the engine's store", missing.named.name);
            let diagnostic =
                dockerfile.error(missing.named.span.clone(), message, "no registry has this name");
            diagnostic.help("build or load it, or name an image of a registry or of this workspace")
        }
        false => {
            let message = format!(
                "`{}` is neither in {FILE} nor in the engine's store, and --offline forbids to ask for it",
                missing.named.name
            );
            let diagnostic = dockerfile.error(missing.named.span.clone(), message, "not known here");
            diagnostic.help("build once without --offline")
        }
    }
}
