//! Files of container-structure-test beside a Dockerfile: `container-structure-test.yaml` and `*.cst.yaml`, of
//! `schemaVersion: 2.0.0`. They mean here what they mean there:
//! <https://github.com/GoogleContainerTools/container-structure-test>.

mod fields;
mod permissions;
mod read;
mod yaml;

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::SourceText;

use super::definition::Test;
use crate::Error;
use crate::graph::{Graph, NodeId};

/// The tests beside a variant's Dockerfile. All variants of an image have the same.
///
/// # Errors
/// A file cannot be read, or the first thing that is wrong with it, at its place.
pub(super) fn tests(graph: &Graph<'_>, id: NodeId) -> Result<Vec<Test>, Error> {
    let root = &graph.workspace.root;
    let dockerfile = &graph.image(id).dockerfile.path;
    let folder = dockerfile.parent().unwrap_or(Utf8Path::new(""));
    let mut tests = Vec::new();
    for name in names(&root.join(folder)) {
        let (shown, place) = (folder.join(&name), root.join(folder).join(&name));
        let text = fs::read_to_string(&place).map_err(Error::io("cannot read", &place))?;
        tests.extend(read::tests(&SourceText::new(shown, text))?);
    }
    Ok(tests)
}

/// The names of such files in a folder, sorted.
fn names(folder: &Utf8PathBuf) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            let stem = name.strip_suffix(".yaml").or(name.strip_suffix(".yml"));
            stem.is_some_and(|stem| stem == "container-structure-test" || stem.ends_with(".cst"))
        })
        .collect();
    names.sort();
    names
}
