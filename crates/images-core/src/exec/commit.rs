//! The commit that last touched an image's inputs: what `revision` and `created` say.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;

use crate::git::Git;
use crate::graph::{Graph, NodeId};
use crate::workspace::normal;

/// The two labels, or none where git has nothing to say of these files. They are no part of the key.
pub(super) fn labels(graph: &Graph<'_>, id: NodeId, cancel: &Cancel) -> BTreeMap<String, String> {
    let workspace = graph.workspace;
    let image = graph.image(id);
    let Some(git) = Git::at(&workspace.repository, cancel) else { return BTreeMap::new() };
    let inputs = image.manifest.input.iter().map(|input| normal(&image.folder.join(input.from.get_ref())));
    let dockerfile = workspace.root.join(&image.dockerfile.path);
    let places = [image.folder.clone(), image.context.clone(), dockerfile].into_iter().chain(inputs);
    let places: Vec<_> = places.map(Utf8PathBuf::into_string).collect();
    let args = ["log", "-1", "--format=%H %cI", "--"].into_iter().chain(places.iter().map(String::as_str));
    let text = git.read(&args.collect::<Vec<_>>()).ok().flatten().unwrap_or_default();
    match text.split_once(' ') {
        Some((revision, created)) => [
            ("org.opencontainers.image.revision".to_owned(), revision.to_owned()),
            ("org.opencontainers.image.created".to_owned(), created.to_owned()),
        ]
        .into(),
        _ => BTreeMap::new(),
    }
}
