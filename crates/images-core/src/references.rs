//! Lets build scripts know which images are there: [`References`], rewritten only where that differs.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::ErrorKind;

use images_schema::References;

use crate::graph::Graph;
use crate::plan::Item;
use crate::store::key_name;
use crate::{Error, cache_file};

/// Keeps the names of variants that the store has now. Those of the others stay as they are, if there still is such a variant.
///
/// # Errors
/// The file cannot be written. Where it cannot even be made, no build script has asked for it, and that is no error.
pub(crate) fn record<'i>(graph: &Graph<'_>, present: impl Iterator<Item = &'i Item>) -> Result<(), Error> {
    let name = |item: &Item| (graph.spec(item.id).to_string(), key_name(graph, item.id, item.key));
    let names: Vec<_> = present.map(name).collect();
    let specs: HashSet<_> = graph.ids().map(|id| graph.spec(id).to_string()).collect();
    let path = graph.workspace.root.join(References::PATH);
    let renewed = || {
        let before = fs::read_to_string(&path).ok();
        let mut references = before.as_deref().map(References::parse).unwrap_or_default();
        references.images.retain(|spec, _| specs.contains(spec));
        references.images.extend(names.iter().cloned());
        let text = references.to_text();
        (before.as_ref() != Some(&text)).then_some(text)
    };
    if renewed().is_none() {
        return Ok(());
    }
    // Another run, of another engine, may be about to do the same.
    let folder = graph.workspace.cache();
    let held = fs::create_dir_all(&folder).and_then(|()| File::create(folder.join("references.lock")));
    let held = held.and_then(|file| file.lock().map(|()| file));
    let written = held.and_then(|_held| match renewed() {
        Some(text) => cache_file::put(&path, text.as_bytes()),
        None => Ok(()),
    });
    match written {
        Err(error) if is_read_only(error.kind()) && !path.exists() => Ok(()),
        written => written.map_err(Error::io("cannot write", &path)),
    }
}

fn is_read_only(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}
