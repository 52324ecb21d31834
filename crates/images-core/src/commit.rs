//! The commit that last touched an image's inputs.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;

use crate::git::Git;
use crate::graph::{Graph, NodeId};
use crate::lock;
use crate::workspace::normal;

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its hash.
    pub revision: String,
    /// When it was committed: RFC 3339.
    pub date: String,
    /// Whether a shallow clone ends at it. Then it is the last that is known, and an older one may be the last of all.
    pub ends_history: bool,
}

/// What the labels `revision` and `created` say, or none where git has nothing to say of these files. They are no part of
/// the key.
pub(crate) fn labels(graph: &Graph<'_>, id: NodeId, cancel: &Cancel) -> BTreeMap<String, String> {
    match last(graph, id, cancel) {
        Some(Commit { revision, date, .. }) => [
            ("org.opencontainers.image.revision".to_owned(), revision),
            ("org.opencontainers.image.created".to_owned(), date),
        ]
        .into(),
        None => BTreeMap::new(),
    }
}

/// The last commit of an image's inputs: its folder, its context, its Dockerfile, what `[[input]]` names, and Images.lock
/// where the Dockerfile names something that it pins.
pub(crate) fn last(graph: &Graph<'_>, id: NodeId, cancel: &Cancel) -> Option<Commit> {
    let git = Git::at(&graph.workspace.repository, cancel)?;
    let text = git.read(&with_places(graph, id, &["log", "-1", "--format=%H %cI %P"])).ok()??;
    let mut words = text.splitn(3, ' ');
    let (revision, date, parents) = (words.next()?, words.next()?, words.next()?);
    let ends_history = parents.is_empty() && git.is_shallow().ok()?;
    Some(Commit { revision: revision.to_owned(), date: date.to_owned(), ends_history })
}

/// Whether the work tree has the inputs of an image as its last commit has them. `None` where git has nothing to say.
pub(crate) fn is_clean(graph: &Graph<'_>, id: NodeId, cancel: &Cancel) -> Option<bool> {
    let git = Git::at(&graph.workspace.repository, cancel)?;
    let changed = git.read(&with_places(graph, id, &["status", "--porcelain"])).ok()??;
    Some(changed.is_empty())
}

/// A call of git about the inputs of an image.
fn with_places(graph: &Graph<'_>, id: NodeId, args: &[&str]) -> Vec<String> {
    let image = graph.image(id);
    let inputs = image.manifest.input.iter().map(|input| normal(&image.folder.join(input.from.get_ref())));
    let dockerfile = graph.workspace.root.join(&image.dockerfile.path);
    let pins = lock::is_locked(graph, id).then(|| graph.workspace.root.join(lock::FILE));
    let places =
        [image.folder.clone(), image.context.clone(), dockerfile].into_iter().chain(inputs).chain(pins);
    let args = args.iter().map(|&word| word.to_owned()).chain(["--".to_owned()]);
    args.chain(places.map(Utf8PathBuf::into_string)).collect()
}
