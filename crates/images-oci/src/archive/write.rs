//! Writing an archive.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};

use tar::{Builder, EntryType, Header};

use super::{ArchiveError, ArchivedImage, DOCKER_MANIFEST, DockerManifest};
use crate::layer::{Limits, Spool};
use crate::layout::Layout;
use crate::model::{Descriptor, Digest, Hasher, Index, Manifest, media_type};

/// The name of an image in an index: <https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md>.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The same, as containerd reads it on import.
pub(super) const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// Writes these images with all that they consist of, each blob once. Equal images make equal archives.
///
/// The layers of docker's description are uncompressed where they are zstd: `docker load` before 23.0 reads no zstd
/// (<https://github.com/moby/moby/pull/41759>), and docker 20.10 says `archive/tar: invalid tar header`. Both are in the
/// archive then, each under its own digest.
///
/// # Errors
/// A blob is absent or damaged, or `out` does not take it.
pub fn write_archive(layout: &Layout, images: &[ArchivedImage], out: impl Write) -> Result<(), ArchiveError> {
    let mut described = Vec::new();
    let mut index = Index::new(Vec::new());
    let mut blobs: BTreeMap<Digest, Descriptor> = BTreeMap::new();
    let mut unpacked: BTreeMap<Digest, Descriptor> = BTreeMap::new();
    for image in images {
        let manifest = layout.manifest(&image.manifest)?;
        let layers = docker_layers(layout, &manifest, &mut unpacked)?;
        described.push(describe(image, &manifest, &layers));
        index.manifests.extend(named(image));
        let parts = manifest.layers.into_iter().chain([manifest.config, image.manifest.clone()]);
        blobs.extend(parts.map(|blob| (blob.digest, blob)));
    }
    let mut tar = Builder::new(out);
    let json =
        |value: serde_json::Result<Vec<u8>>| value.map_err(|error| ArchiveError::io("write")(error.into()));
    append(&mut tar, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    append(&mut tar, "index.json", &json(serde_json::to_vec(&index))?)?;
    append(&mut tar, DOCKER_MANIFEST, &json(serde_json::to_vec(&described))?)?;
    for blob in blobs.values() {
        let mut reader = layout.read_blob(blob)?;
        let mut header = header(blob.size);
        tar.append_data(&mut header, path(&blob.digest), reader.by_ref().take(blob.size))
            // The end is where a blob is verified.
            .and_then(|()| io::copy(&mut reader, &mut io::sink()))
            .map_err(ArchiveError::io("write"))?;
    }
    for (diff_id, layer) in unpacked.iter().filter(|(diff_id, _)| !blobs.contains_key(diff_id)) {
        append_unpacked(&mut tar, layout, diff_id, layer)?;
    }
    tar.into_inner().and_then(|mut out| out.flush()).map_err(ArchiveError::io("write"))
}

/// The digests of what docker reads as layers. Those that have to be unpacked for that are added to `unpacked`, by the
/// digest that they have then.
fn docker_layers(
    layout: &Layout,
    manifest: &Manifest,
    unpacked: &mut BTreeMap<Digest, Descriptor>,
) -> Result<Vec<Digest>, ArchiveError> {
    if manifest.layers.iter().all(|layer| layer.media_type != media_type::LAYER_ZSTD) {
        return Ok(manifest.layers.iter().map(|layer| layer.digest).collect());
    }
    let diff_ids = layout.config(&manifest.config)?.rootfs.diff_ids;
    if diff_ids.len() != manifest.layers.len() {
        let reason = "an image has other layers in its manifest than in its configuration";
        return Err(ArchiveError::malformed(reason));
    }
    let digests = manifest.layers.iter().zip(diff_ids).map(|(layer, diff_id)| {
        if layer.media_type != media_type::LAYER_ZSTD {
            return layer.digest;
        }
        unpacked.insert(diff_id, layer.clone());
        diff_id
    });
    Ok(digests.collect())
}

/// An archive has each file's size before it, so the layer is unpacked beside the layout first.
fn append_unpacked<W: Write>(
    tar: &mut Builder<W>,
    layout: &Layout,
    diff_id: &Digest,
    layer: &Descriptor,
) -> Result<(), ArchiveError> {
    // Tells why it is not there.
    layout.read_blob(layer)?;
    let spool = Spool::of_blob(&layout.blob_path(&layer.digest), layer, &layout.scratch(), Limits::default());
    let mut plain = spool.file().map_err(ArchiveError::io("write"))?;
    let mut hasher = Hasher::default();
    let hashed = plain.rewind().and_then(|()| io::copy(&mut plain, &mut hasher));
    let size = hashed.and_then(|size| plain.rewind().map(|()| size)).map_err(ArchiveError::io("write"))?;
    let found = hasher.finish();
    if found != *diff_id {
        let (digest, told) = (layer.digest, "its configuration says");
        let reason = format!("the layer {digest} is {found} when it is unpacked, and {told} {diff_id}");
        return Err(ArchiveError::malformed(reason));
    }
    tar.append_data(&mut header(size), path(diff_id), plain).map_err(ArchiveError::io("write"))
}

fn describe(image: &ArchivedImage, manifest: &Manifest, layers: &[Digest]) -> DockerManifest {
    DockerManifest {
        config: path(&manifest.config.digest),
        repo_tags: Some(image.names.clone()),
        layers: layers.iter().map(path).collect(),
    }
}

/// An entry of the index for each name; one without a name where there is none.
fn named(image: &ArchivedImage) -> Vec<Descriptor> {
    let plain = Descriptor { annotations: BTreeMap::new(), ..image.manifest.clone() };
    let with_name = |name: &String| {
        let annotations = [REF_NAME, CONTAINERD_NAME].map(|key| (key.to_owned(), name.clone()));
        Descriptor { annotations: BTreeMap::from(annotations), ..plain.clone() }
    };
    if image.names.is_empty() { vec![plain] } else { image.names.iter().map(with_name).collect() }
}

fn path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn append<W: Write>(tar: &mut Builder<W>, path: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    tar.append_data(&mut header(bytes.len() as u64), path, bytes).map_err(ArchiveError::io("write"))
}

fn header(size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}
