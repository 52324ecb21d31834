//! The text of a new Image.toml: what differs from what would be taken anyway.

use camino::Utf8Path;

use super::candidates::Candidate;
use super::context::{self, way};
use crate::edits::array::quoted;

/// The Image.toml of a candidate. Without a version it has that of the crate in its folder.
pub(super) fn text(
    candidate: &Candidate,
    name: &str,
    version: Option<&str>,
    root: &Utf8Path,
    boundary: &Utf8Path,
) -> String {
    let (folder, path) = (&candidate.folder, &candidate.dockerfile.path);
    let mut lines = vec!["[image]".to_owned()];
    let mut add = |key: &str, value: &str| lines.push(format!("{key} = {}", quoted(value)));
    // The root's folder is called differently in every clone.
    if folder.file_name() != Some(name) {
        add("name", name);
    }
    if let Some(version) = version {
        add("version", version);
    }
    let dockerfile = way(folder, path);
    if dockerfile != "Dockerfile" {
        add("dockerfile", &dockerfile);
    }
    let beside = root.join(path.parent().unwrap_or("".into()));
    let context = way(&root.join(folder), &context::find(&candidate.parsed, &beside, boundary));
    if context != "." {
        add("context", &context);
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}
