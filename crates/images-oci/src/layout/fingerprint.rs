//! What stands for a layer before it is written.

use std::io;

use crate::layer::{Compression, Entry, Kind, Meta, Special};

/// Raised whenever the same entries become other bytes.
const FORMAT: u64 = 1;

/// A hash of everything that decides a layer's bytes: paths, kinds, modes, owners, times, attributes, and what stands for
/// contents ([`crate::layer::Content::key`]). Every part has its length in front of it, so different entries cannot be
/// encoded alike.
pub(super) fn fingerprint(entries: &[Entry], compression: Compression) -> io::Result<blake3::Hash> {
    let mut encoder = Encoder(blake3::Hasher::new());
    encoder.number(FORMAT);
    encoder.text(compression.media_type().as_bytes());
    encoder.number(entries.len() as u64);
    for entry in entries {
        encoder.text(entry.path.as_bytes());
        encoder.kind(&entry.kind)?;
        encoder.meta(&entry.meta);
    }
    Ok(encoder.0.finalize())
}

struct Encoder(blake3::Hasher);

impl Encoder {
    fn number(&mut self, number: u64) {
        self.0.update(&number.to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn kind(&mut self, kind: &Kind) -> io::Result<()> {
        match kind {
            Kind::Folder => self.number(0),
            Kind::File { size, content } => {
                self.number(1);
                self.number(*size);
                self.text(content.key(*size)?.as_bytes());
            }
            Kind::Symlink { target } => self.link(2, target),
            Kind::Hardlink { target } => self.link(3, target),
            Kind::Special(Special::Character { major, minor }) => self.device(4, *major, *minor),
            Kind::Special(Special::Block { major, minor }) => self.device(5, *major, *minor),
            Kind::Special(Special::Fifo) => self.number(6),
            Kind::Whiteout => self.number(7),
            Kind::Opaque => self.number(8),
        }
        Ok(())
    }

    fn link(&mut self, kind: u64, target: &str) {
        self.number(kind);
        self.text(target.as_bytes());
    }

    fn device(&mut self, kind: u64, major: u32, minor: u32) {
        [kind, u64::from(major), u64::from(minor)].into_iter().for_each(|number| self.number(number));
    }

    fn meta(&mut self, meta: &Meta) {
        [u64::from(meta.mode), meta.uid, meta.gid].into_iter().for_each(|number| self.number(number));
        self.text(&meta.mtime.to_le_bytes());
        self.number(meta.xattrs.len() as u64);
        for (key, value) in &meta.xattrs {
            self.text(key.as_bytes());
            self.text(value);
        }
    }
}
