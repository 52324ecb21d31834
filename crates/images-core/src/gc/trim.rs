//! What is kept under target/images about keys that are gone.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use images_engine::Swept;
use images_oci::layout::Layout;

use super::found::split;
use super::verdict::Grounds;
use super::{AT_WORK, GcImage};
use crate::Error;
use crate::context;
use crate::graph::Graph;
use crate::session::Keyed;

/// Removes what is older than `age` and concerns neither an image that is there nor one of the work tree: what keys were made
/// of, results of tests, logs, stages, and what other engines saved.
///
/// # Errors
/// A file cannot be removed.
pub(super) fn trim(
    graph: &Graph<'_>,
    keyed: &Keyed,
    grounds: &Grounds,
    images: &[GcImage],
    age: Duration,
) -> Result<Swept, Error> {
    let cache = graph.workspace.cache();
    let staying = images.iter().filter(|image| !image.goes()).map(|image| image.key.as_str());
    let keys: HashSet<&str> = grounds.keys().chain(staying).collect();
    let has_key = |name: &str| name.get(..32).is_some_and(|key| keys.contains(key));
    let specs: HashSet<String> =
        graph.ids().map(|id| graph.spec(id)).map(|spec| format!("{}@{}.log", spec.name, spec.tag)).collect();
    let mut swept = Swept::default();
    remove_from(&cache.join("keys"), &has_key, age, &mut swept)?;
    remove_from(&cache.join("tests"), &has_key, age, &mut swept)?;
    remove_from(&cache.join("logs"), &|name| specs.contains(name), age, &mut swept)?;
    let stages = cache.join("stage");
    swept.files +=
        context::trim(&stages, &keyed.stage_names(), age).map_err(Error::io("cannot trim", &stages))?;
    let saved = trim_saved(&cache.join("saved"), &graph.workspace.namespace, &keys)?;
    Ok(Swept { files: swept.files + saved.files, bytes: swept.bytes + saved.bytes })
}

/// Takes the names of keys that are gone from the layout of saved images, and what only they had.
fn trim_saved(folder: &Utf8Path, namespace: &str, keys: &HashSet<&str>) -> Result<Swept, Error> {
    if !folder.exists() {
        return Ok(Swept::default());
    }
    let layout = Layout::open_or_create(folder)?;
    let names = layout.names()?.into_iter().map(|(name, _)| name);
    let is_gone = |name: &String| split(namespace, name).is_some_and(|(_, key)| !keys.contains(key));
    layout.remove_names(&names.filter(is_gone).collect::<Vec<_>>())?;
    Ok(layout.sweep(AT_WORK)?)
}

/// Removes the old files of a folder that are not needed.
fn remove_from(
    folder: &Utf8Path,
    is_needed: &dyn Fn(&str) -> bool,
    age: Duration,
    swept: &mut Swept,
) -> Result<(), Error> {
    let entries = match folder.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::io("cannot read", folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(Error::io("cannot read", folder))?;
        let Some(size) = size_if_old(entry.path(), age).filter(|_| !is_needed(entry.file_name())) else {
            continue;
        };
        fs::remove_file(entry.path()).map_err(Error::io("cannot remove", entry.path()))?;
        swept.files += 1;
        swept.bytes += size;
    }
    Ok(())
}

/// The size of a file that did not change within `age`; `None` for all else.
fn size_if_old(path: &Utf8Path, age: Duration) -> Option<u64> {
    let file = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let since = SystemTime::now().duration_since(file.modified().ok()?);
    since.is_ok_and(|since| since >= age).then_some(file.len())
}
