//! Whiteouts: <https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts>.

use super::{Entry, Kind};

/// The name of the marker that hides what a folder has in lower layers.
pub(super) const OPAQUE: &str = ".wh..wh..opq";
/// What the names of whiteouts start with.
pub(super) const WHITEOUT: &str = ".wh.";
/// What AUFS kept for itself; it is in layers of old images and means nothing.
const AUFS: &str = ".wh..wh.";

/// The entries of a layer that was read, with their whiteouts as such. An archive that is no layer has none.
pub fn with_whiteouts(entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().filter_map(marker_or_entry).collect()
}

fn marker_or_entry(mut entry: Entry) -> Option<Entry> {
    let (folder, own) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
    if own == OPAQUE {
        entry.path = folder.to_owned();
        entry.kind = Kind::Opaque;
    } else if entry.path.split('/').any(|part| part.starts_with(AUFS)) {
        return None;
    } else if let Some(hidden) = own.strip_prefix(WHITEOUT) {
        entry.path = if folder.is_empty() { hidden.to_owned() } else { format!("{folder}/{hidden}") };
        entry.kind = Kind::Whiteout;
    }
    Some(entry)
}
