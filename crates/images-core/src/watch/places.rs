//! What is watched.

use std::collections::BTreeSet;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crate::workspace::{Workspace, normal};

/// What is watched for one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The workspace's root. Absolute.
    pub root: Utf8PathBuf,
    /// Each folder, and each file that a context takes from elsewhere. Absolute.
    pub watched: BTreeSet<Utf8PathBuf>,
}

/// All folders of the workspace, and what contexts and `[[input]]` take from outside of it. Links are not followed, as
/// contexts do not follow them.
pub fn places(workspace: &Workspace) -> Places {
    let root = workspace.root.clone();
    let mut watched = BTreeSet::new();
    add_folders(&root, &root, &mut watched);
    for image in &workspace.images {
        let inputs =
            image.manifest.input.iter().map(|input| normal(&image.folder.join(input.from.get_ref())));
        for place in inputs.chain([image.folder.clone(), image.context.clone()]) {
            if !place.starts_with(&root) {
                add(place, &root, &mut watched);
            }
        }
    }
    Places { root, watched }
}

/// Whether changes there are none of a workspace: git's own, and what cargo and this tool write.
pub(super) fn is_excluded(path: &Utf8Path, root: &Utf8Path) -> bool {
    let own = path.strip_prefix(root).is_ok_and(|path| path.starts_with("target"));
    own || path.components().any(|part| part.as_str() == ".git")
}

fn add(place: Utf8PathBuf, root: &Utf8Path, watched: &mut BTreeSet<Utf8PathBuf>) {
    if place.is_dir() {
        add_folders(&place, root, watched);
    } else {
        watched.insert(place);
    }
}

fn add_folders(top: &Utf8Path, root: &Utf8Path, watched: &mut BTreeSet<Utf8PathBuf>) {
    let mut pending = vec![top.to_owned()];
    while let Some(folder) = pending.pop() {
        if is_excluded(&folder, root) || is_cache(&folder) || watched.contains(&folder) {
            continue;
        }
        // What cannot be listed is watched all the same: the build tells what is wrong with it.
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        pending.extend(folders.map(|entry| entry.into_path()));
        watched.insert(folder);
    }
}

/// Whether the folder says that it is a cache, as other target folders do: <https://bford.info/cachedir/>.
fn is_cache(folder: &Utf8Path) -> bool {
    const SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
    fs::read(folder.join("CACHEDIR.TAG")).is_ok_and(|tag| tag.starts_with(SIGNATURE))
}
