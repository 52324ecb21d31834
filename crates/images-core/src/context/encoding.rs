//! The canonical encoding of a context, which its hash is taken over.
//!
//! Every variable part is preceded by its length, and every kind has its own tag, so two different lists of entries
//! never have one encoding. Numbers are little-endian.

use super::{Entry, EntryKind};

/// Names what is hashed and the version of its encoding.
const DOMAIN: &[u8] = b"xtask-images context 1\n";

/// The BLAKE3 hash of the encoding.
pub(super) fn hash(entries: &[Entry]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    encode(entries, &mut |bytes| {
        hasher.update(bytes);
    });
    *hasher.finalize().as_bytes()
}

/// Gives the encoding to `sink`, part by part.
pub(super) fn encode(entries: &[Entry], sink: &mut impl FnMut(&[u8])) {
    sink(DOMAIN);
    sink(&(entries.len() as u64).to_le_bytes());
    for entry in entries {
        text(&entry.path, sink);
        sink(&entry.mode.to_le_bytes());
        match &entry.kind {
            EntryKind::Folder => sink(&[1]),
            EntryKind::File { hash, .. } => {
                sink(&[2]);
                sink(hash);
            }
            EntryKind::Link { target } => {
                sink(&[3]);
                text(target, sink);
            }
        }
    }
}

fn text(text: &str, sink: &mut impl FnMut(&[u8])) {
    sink(&(text.len() as u64).to_le_bytes());
    sink(text.as_bytes());
}
