//! Writing an archive.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

use super::{ArchiveError, ArchivedImage, DOCKER_MANIFEST, DockerManifest};
use crate::layout::Layout;
use crate::model::{Descriptor, Digest, Index, Manifest};

/// The name of an image in an index: <https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md>.
pub(super) const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The same, as containerd reads it on import.
pub(super) const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// Writes these images with all that they consist of, each blob once. Equal images make equal archives.
///
/// # Errors
/// A blob is absent or damaged, or `out` does not take it.
pub fn write_archive(layout: &Layout, images: &[ArchivedImage], out: impl Write) -> Result<(), ArchiveError> {
    let mut described = Vec::new();
    let mut index = Index::new(Vec::new());
    let mut blobs: BTreeMap<Digest, Descriptor> = BTreeMap::new();
    for image in images {
        let manifest = layout.manifest(&image.manifest)?;
        described.push(describe(image, &manifest));
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
    tar.into_inner().and_then(|mut out| out.flush()).map_err(ArchiveError::io("write"))
}

fn describe(image: &ArchivedImage, manifest: &Manifest) -> DockerManifest {
    DockerManifest {
        config: path(&manifest.config.digest),
        repo_tags: Some(image.names.clone()),
        layers: manifest.layers.iter().map(|layer| path(&layer.digest)).collect(),
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
