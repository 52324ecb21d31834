//! Removing blobs that nothing in `index.json` leads to.
//!
//! Names are kept from changing meanwhile. A blob that is younger than it takes to make an image stays: it may belong to one
//! that has no name yet. Whoever found an older one there and names it only now makes it again, as anything that is lost.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use images_engine::Swept;

use super::{Layout, LayoutError};
use crate::model::{Descriptor, Digest, media_type};

impl Layout {
    /// Removes the blobs that no name leads to, and the records of layers whose blobs are gone, unless they changed within
    /// `age`. What a manifest that cannot be read leads to is not known, and goes.
    ///
    /// # Errors
    /// The layout cannot be read or written.
    pub fn sweep(&self, age: Duration) -> Result<Swept, LayoutError> {
        self.while_held(|named| {
            let mut needed = HashSet::new();
            named.iter().for_each(|(_, descriptor)| self.mark(descriptor, &mut needed));
            self.sweep_all_but(&needed, age)
        })?
    }

    fn sweep_all_but(&self, needed: &HashSet<Digest>, age: Duration) -> Result<Swept, LayoutError> {
        let is_needed = |name: &str| {
            format!("sha256:{name}").parse::<Digest>().is_ok_and(|digest| needed.contains(&digest))
        };
        let mut swept = Swept::default();
        remove_from(&self.root().join("blobs/sha256"), age, &is_needed, &mut swept)?;
        let has_blob = |name: &str| self.record_of(name).is_some_and(|layer| self.has(&layer.descriptor));
        remove_from(&self.records(), age, &has_blob, &mut swept)?;
        Ok(swept)
    }

    /// The size of an image in bytes: manifest, configuration and layers.
    pub fn image_size(&self, image: &Descriptor) -> Option<u64> {
        let manifest = self.manifest(image).ok()?;
        let layers: u64 = manifest.layers.iter().map(|layer| layer.size).sum();
        Some(image.size + manifest.config.size + layers)
    }

    /// Adds what a descriptor leads to. Indexes hold manifests and other indexes.
    fn mark(&self, descriptor: &Descriptor, needed: &mut HashSet<Digest>) {
        let mut waiting = vec![descriptor.clone()];
        while let Some(next) = waiting.pop() {
            if !needed.insert(next.digest) {
                continue;
            }
            if media_type::is_index(&next.media_type) {
                waiting.extend(self.index(&next).map(|index| index.manifests).unwrap_or_default());
            } else if media_type::is_manifest(&next.media_type)
                && let Ok(manifest) = self.manifest(&next)
            {
                needed.insert(manifest.config.digest);
                needed.extend(manifest.layers.iter().map(|layer| layer.digest));
            }
        }
    }
}

/// Removes the files of a folder that are old and not needed.
fn remove_from(
    folder: &Utf8Path,
    age: Duration,
    is_needed: &dyn Fn(&str) -> bool,
    swept: &mut Swept,
) -> Result<(), LayoutError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(LayoutError::io("read", folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(LayoutError::io("read", folder))?;
        let is_needed = entry.file_name().to_str().is_some_and(is_needed);
        let Some(size) = size_if_old(&entry, age).filter(|_| !is_needed) else { continue };
        fs::remove_file(entry.path()).map_err(LayoutError::io("delete", folder))?;
        swept.files += 1;
        swept.bytes += size;
    }
    Ok(())
}

/// The size of a file that did not change within `age`; `None` for all else.
fn size_if_old(entry: &DirEntry, age: Duration) -> Option<u64> {
    let file = entry.metadata().ok().filter(fs::Metadata::is_file)?;
    let changed = SystemTime::now().duration_since(file.modified().ok()?);
    changed.is_ok_and(|since| since >= age).then_some(file.len())
}
