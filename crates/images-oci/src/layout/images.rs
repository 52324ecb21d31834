//! What images there are, whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::num::NonZero;

use images_engine::threads;

use super::{Layout, LayoutError};
use crate::model::{Descriptor, Digest, media_type};

/// An image whose manifest, configuration and layers are all there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    /// Points at its manifest.
    pub manifest: Descriptor,
    /// Its names, in the order of `index.json`.
    pub names: Vec<String>,
    /// The labels of its configuration.
    pub labels: BTreeMap<String, String>,
}

impl Layout {
    /// All images that are whole, in the order of `index.json`: manifest and configuration verified, layers there with
    /// the sizes that the manifest says. One that is not whole is not there: it is built again.
    ///
    /// # Errors
    /// `index.json` or the folder of blobs cannot be read.
    pub fn images(&self) -> Result<Vec<StoredImage>, LayoutError> {
        let present = self.present()?;
        let named = self.descriptors()?;
        let mut places: HashMap<Digest, usize> = HashMap::new();
        let mut manifests: Vec<&Descriptor> = Vec::new();
        for (_, manifest) in &named {
            places.entry(manifest.digest).or_insert_with(|| {
                manifests.push(manifest);
                manifests.len() - 1
            });
        }
        let jobs = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut images = threads::map(jobs, &manifests, |manifest| self.whole(manifest, &present));
        for (name, manifest) in &named {
            if let Some(image) = &mut images[places[&manifest.digest]] {
                image.names.extend(name.clone());
            }
        }
        Ok(images.into_iter().flatten().collect())
    }

    fn present(&self) -> Result<HashSet<Digest>, LayoutError> {
        let folder = self.inner.root.join("blobs/sha256");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashSet::new()),
            Err(error) => return Err(LayoutError::io("read", folder)(error)),
        };
        let name = |entry: fs::DirEntry| format!("sha256:{}", entry.file_name().to_str()?).parse().ok();
        Ok(entries.flatten().filter_map(name).collect())
    }

    fn whole(&self, descriptor: &Descriptor, present: &HashSet<Digest>) -> Option<StoredImage> {
        if !media_type::is_manifest(&descriptor.media_type) || !present.contains(&descriptor.digest) {
            return None;
        }
        let manifest = self.manifest(descriptor).ok()?;
        let is_there = |blob: &Descriptor| present.contains(&blob.digest) && self.has(blob);
        if !present.contains(&manifest.config.digest) || !manifest.layers.iter().all(is_there) {
            return None;
        }
        let labels = self.config(&manifest.config).ok()?.config.labels;
        Some(StoredImage { manifest: descriptor.clone(), names: Vec::new(), labels })
    }
}
