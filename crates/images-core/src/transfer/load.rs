//! Images go into another engine.

use images_engine::Engine;
use images_engine::process::Cancel;
use images_oci::archive::write_archive;

use super::Local;
use crate::Error;
use crate::build::Planned;
use crate::graph::Graph;

/// Puts images into an engine, under all their names.
///
/// # Errors
/// A blob is damaged, or the engine does not take them.
pub fn load(
    graph: &Graph<'_>,
    planned: &Planned,
    local: &Local,
    to: &dyn Engine,
    cancel: &Cancel,
) -> Result<(), Error> {
    let scratch = local.layout.scratch();
    let archive = tempfile::Builder::new().suffix(".tar").tempfile_in(&scratch);
    let mut archive = archive.map_err(Error::io("cannot write into", &scratch))?;
    write_archive(&local.layout, &local.named(graph, planned), archive.as_file_mut())?;
    let path = camino::Utf8Path::from_path(archive.path()).expect("it is below a path of text");
    let loaded = to.load(path, cancel);
    if cancel.is_interrupted() { Err(Error::Interrupted) } else { Ok(loaded?) }
}
