//! The commit that last touched an image's inputs: what `revision` and `created` say.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use images_engine::process::{Cancel, Child, Output};

use crate::graph::{Graph, NodeId};
use crate::workspace::normal;

/// The two labels, or none where git has nothing to say of these files. They are no part of the key.
pub(super) fn labels(graph: &Graph<'_>, id: NodeId, cancel: &Cancel) -> BTreeMap<String, String> {
    let workspace = graph.workspace;
    let image = graph.image(id);
    if !workspace.repository.join(".git").exists() {
        return BTreeMap::new();
    }
    let mut args: Vec<String> = ["log", "-1", "--format=%H %cI", "--"].map(str::to_owned).to_vec();
    let inputs = image.manifest.input.iter().map(|input| normal(&image.folder.join(input.from.get_ref())));
    let dockerfile = workspace.root.join(&image.dockerfile.path);
    let places = [image.folder.clone(), image.context.clone(), dockerfile].into_iter().chain(inputs);
    args.extend(places.map(Utf8PathBuf::into_string));
    let child = Child {
        program: "git".to_owned(),
        args,
        env: BTreeMap::new(),
        cwd: Some(workspace.repository.to_owned()),
        output: Output::Capture,
    };
    let Ok(ended) = child.run(cancel) else { return BTreeMap::new() };
    let text = String::from_utf8_lossy(&ended.stdout);
    match text.trim().split_once(' ') {
        Some((revision, created)) if ended.code == Some(0) => [
            ("org.opencontainers.image.revision".to_owned(), revision.to_owned()),
            ("org.opencontainers.image.created".to_owned(), created.to_owned()),
        ]
        .into(),
        _ => BTreeMap::new(),
    }
}
