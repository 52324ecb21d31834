//! What is wrong with the file, or with what it says.

use std::collections::BTreeSet;

use images_schema::{Diagnostic, Pin, Rule};

use super::name::{Named, names_of};
use super::{FILE, Pins, file};
use crate::Error;
use crate::graph::{Graph, NodeId};
use crate::selection::with_parents;
use crate::store::Store;

/// What is in the file and no Dockerfile names, as warnings; and what `selected` and all that they stand on name and is not in
/// it, as errors where the file has to stay as it is.
///
/// # Errors
/// The file cannot be read.
pub fn findings(graph: &Graph<'_>, selected: &[NodeId], is_locked: bool) -> Result<Vec<Diagnostic>, Error> {
    let (source, lock) = file::read_with_source(&graph.workspace.root)?;
    let used: BTreeSet<_> = graph.ids().flat_map(|id| names_of(graph, id)).map(|named| named.name).collect();
    let unused = lock.images.iter().filter(|(name, _)| !used.contains(*name)).map(|(name, image)| {
        let message = format!("no Dockerfile names `{name}` any more");
        let diagnostic = source.warning(image.span.clone(), message, "not used");
        diagnostic.help(format!("`cargo xtask images update` takes it out of {FILE}")).rule(Rule::Lock)
    });
    let nodes = with_parents(graph, selected);
    let named = nodes.into_iter().flat_map(|id| names_of(graph, id).map(move |named| (id, named)));
    let mut told = BTreeSet::new();
    let missing =
        named.filter(|(_, Named { name, .. })| !lock.images.contains_key(name) && told.insert(name.clone()));
    let missing = missing.map(|(id, Named { name, span, .. })| {
        let message = format!("`{name}` is not in {FILE}");
        let dockerfile = &graph.image(id).dockerfile;
        let update = "`cargo xtask images update`";
        let diagnostic = match is_locked {
            true => {
                dockerfile.error(span, message, "not locked").help(format!("run {update}, and commit {FILE}"))
            }
            false => dockerfile
                .warning(span, message, "not locked")
                .help(format!("the next build adds it, or {update}")),
        };
        diagnostic.rule(Rule::Lock)
    });
    Ok(unused.chain(missing).collect())
}

/// Checks that the engine's store still has the images that are pinned by their ids.
///
/// # Errors
/// One is another image now, or gone.
pub fn ids(graph: &Graph<'_>, nodes: &[NodeId], pins: &Pins, store: &Store) -> Result<(), Error> {
    if !pins.has_ids() {
        return Ok(());
    }
    let mut problems: Vec<Diagnostic> = Vec::new();
    for &id in nodes {
        for Named { name, span, .. } in names_of(graph, id) {
            let Some(Pin::Id(pinned)) = pins.of_name(&name) else { continue };
            let there = store.get(&name).map(|image| image.id.as_str());
            let is_same = |there: &str| bare(there) == bare(pinned);
            if there.is_some_and(is_same) {
                continue;
            }
            let message = match there {
                Some(there) => {
                    format!("the engine's `{name}` is {}, and {FILE} says {}", short(there), short(pinned))
                }
                None => format!("the engine has no `{name}`, which {FILE} pins to {}", short(pinned)),
            };
            let diagnostic =
                graph.image(id).dockerfile.error(span, message, "another image than the locked one");
            let diagnostic = diagnostic.help(format!(
                "bring back the locked image, or run `cargo xtask images update {name}`; an image of a registry has one digest everywhere"
            ));
            if !problems.contains(&diagnostic) {
                problems.push(diagnostic);
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Input(problems)) }
}

/// podman lists ids without their algorithm.
fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// As engines show ids to people.
fn short(id: &str) -> &str {
    let id = bare(id);
    &id[..id.len().min(12)]
}
