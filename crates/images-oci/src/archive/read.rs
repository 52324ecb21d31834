//! Reading an archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

use camino::Utf8Path;
use images_engine::threads;

use super::unpacked::Unpacked;
use super::{ArchiveError, ArchivedImage, DOCKER_MANIFEST, DockerManifest};
use crate::layer::{Compression, Packing};
use crate::layout::{Layer, Layout, LayoutError};
use crate::model::{Digest, ImageConfig, Manifest, media_type};

/// Takes the images of an archive into a layout, on up to `jobs` threads. Configurations stay as they are, byte for byte,
/// so an image keeps the id that its engine gave it. Layers are compressed as it is said, each once: one that the layout
/// got from an earlier archive is not compressed again. Names are returned, not given.
///
/// # Errors
/// It is no archive of images; a layer is not what its configuration says; the layout cannot be written.
pub fn read_archive(
    layout: &Layout,
    archive: impl Read,
    compression: Compression,
    jobs: usize,
) -> Result<Vec<ArchivedImage>, ArchiveError> {
    let unpacked = Unpacked::from(archive, &layout.scratch())?;
    let described = unpacked.document(DOCKER_MANIFEST)?;
    let described: Vec<DockerManifest> = serde_json::from_slice(&described)
        .map_err(|error| ArchiveError::malformed(format!("its `{DOCKER_MANIFEST}` is: {error}")))?;
    let mut configs = Vec::new();
    let mut layers: BTreeMap<Digest, &Utf8Path> = BTreeMap::new();
    for image in &described {
        let bytes = unpacked.document(&image.config)?;
        let config: ImageConfig = serde_json::from_slice(&bytes).map_err(|error| {
            ArchiveError::malformed(format!("`{}` is no configuration: {error}", image.config))
        })?;
        let diff_ids = config.rootfs.diff_ids;
        if diff_ids.len() != image.layers.len() {
            let (has, says) = (image.layers.len(), diff_ids.len());
            return Err(ArchiveError::malformed(format!(
                "an image has {has} layers, and its configuration says {says}"
            )));
        }
        for (diff_id, path) in diff_ids.iter().zip(&image.layers) {
            layers.insert(*diff_id, unpacked.file(path)?);
        }
        configs.push((bytes, diff_ids, config.config.annotations()));
    }
    let layers: Vec<_> = layers.into_iter().collect();
    let made = threads::map(jobs, &layers, |(diff_id, file)| take_layer(layout, *diff_id, file, compression));
    let mut by_diff_id = BTreeMap::new();
    for layer in made {
        let layer = layer?;
        by_diff_id.insert(layer.diff_id, layer.descriptor);
    }
    let mut images = Vec::new();
    for (image, (config, diff_ids, annotations)) in described.into_iter().zip(configs) {
        let config = layout.put(media_type::CONFIG, &config)?;
        let layers = diff_ids.iter().map(|diff_id| by_diff_id[diff_id].clone()).collect();
        let manifest = Manifest { annotations, ..Manifest::new(config, layers) };
        let manifest = layout.put_document(media_type::MANIFEST, &manifest)?;
        images.push(ArchivedImage { manifest, names: image.repo_tags.unwrap_or_default() });
    }
    Ok(images)
}

/// Most archives hold layers as they are; one that holds a compressed one holds the same layer.
fn take_layer(
    layout: &Layout,
    diff_id: Digest,
    file: &Utf8Path,
    compression: Compression,
) -> Result<Layer, LayoutError> {
    layout.layer_of_tar(diff_id, compression, || {
        let mut file = BufReader::new(File::open(file)?);
        let packing = Packing::of(file.fill_buf()?);
        packing.unpack(file)
    })
}
