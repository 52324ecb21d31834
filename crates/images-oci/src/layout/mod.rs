//! OCI image layouts: <https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md>.
//!
//! 1. [`Layout`]: the folder, opened.
//! 2. [`BlobWriter`], [`BlobReader`]: blobs, streamed in and out; everything that is read is verified.
//! 3. Documents: manifests, indexes and configurations, small and of the right kind.
//! 4. Names: the references in `index.json`, safe between processes.
//! 5. [`StoredImage`]: what there is, whole.
//! 6. [`Layer`]: layers, made once for equal entries.
//! 7. [`Layout::sweep`]: blobs that no name leads to are removed.
//!
//! Everything here is a cache: deleting any file costs time and nothing else.

mod blob;
mod document;
mod error;
mod fingerprint;
mod images;
mod layers;
mod names;
mod sweep;
mod tar_layer;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

pub use blob::{BlobReader, BlobWriter};
pub use document::DOCUMENT_LIMIT;
pub use error::LayoutError;
pub use images::StoredImage;
pub use layers::Layer;
use layers::Layers;
use names::Names;

use crate::model::{Descriptor, Digest};

/// The only version that there is.
const VERSION: &str = "1.0.0";
/// After this, a temporary file belongs to nobody who is still at work.
const STALE: Duration = Duration::from_hours(24);

/// An OCI image layout in a folder. Clones are the same layout; all methods may be called from any thread, and by several
/// processes at once.
#[derive(Debug, Clone)]
pub struct Layout {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: Utf8PathBuf,
    names: Names,
    layers: Layers,
}

#[derive(Serialize, Deserialize)]
struct Marker {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

impl Layout {
    /// Opens the layout at `root`, or makes one. A marker that is absent or malformed is written again.
    ///
    /// # Errors
    /// The folder cannot be written, or is a layout of another version.
    pub fn open_or_create(root: &Utf8Path) -> Result<Self, LayoutError> {
        for folder in [root.join("blobs/sha256"), root.join(SCRATCH)] {
            fs::create_dir_all(&folder).map_err(LayoutError::io("create", folder))?;
        }
        if !check_marker(root)? {
            let marker =
                serde_json::to_vec(&Marker { version: VERSION.to_owned() }).expect("it has one text");
            replace(&root.join(SCRATCH), &root.join("oci-layout"), &marker)?;
        }
        let layout = Self::at(root);
        layout.drop_stale();
        if !root.join("index.json").exists() {
            layout.set_names(&[])?;
        }
        Ok(layout)
    }

    /// Opens the layout at `root`.
    ///
    /// # Errors
    /// There is none, or one of another version.
    pub fn open(root: &Utf8Path) -> Result<Self, LayoutError> {
        match check_marker(root)? {
            true => Ok(Self::at(root)),
            false => Err(LayoutError::NoLayout { path: root.to_owned() }),
        }
    }

    fn at(root: &Utf8Path) -> Self {
        let inner = Inner { root: root.to_owned(), names: Names::default(), layers: Layers::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Its folder.
    pub fn root(&self) -> &Utf8Path {
        &self.inner.root
    }

    /// Where a blob's file is, whether it is there or not.
    pub fn blob_path(&self, digest: &Digest) -> Utf8PathBuf {
        self.inner.root.join("blobs/sha256").join(digest.hex())
    }

    /// Where temporary files are made, on the file system of the blobs.
    pub fn scratch(&self) -> Utf8PathBuf {
        self.inner.root.join(SCRATCH)
    }

    /// Whether the blob is there with the size that the descriptor says. Its bytes are not read.
    pub fn has(&self, blob: &Descriptor) -> bool {
        fs::metadata(self.blob_path(&blob.digest)).is_ok_and(|file| file.is_file() && file.len() == blob.size)
    }

    /// Deletes a blob, so that it is made again.
    ///
    /// # Errors
    /// It is there and cannot be deleted.
    pub fn drop_blob(&self, digest: &Digest) -> Result<(), LayoutError> {
        let path = self.blob_path(digest);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(LayoutError::io("delete", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// What a process that was killed left.
    fn drop_stale(&self) {
        let Ok(files) = fs::read_dir(self.scratch()) else { return };
        for file in files.flatten() {
            let modified = file.metadata().and_then(|file| file.modified()).ok();
            let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
            if age.is_some_and(|age| age > STALE) {
                // Another process may be faster.
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

/// The folder of temporary files.
const SCRATCH: &str = ".scratch";

/// Whether the marker is there and good.
fn check_marker(root: &Utf8Path) -> Result<bool, LayoutError> {
    let path = root.join("oci-layout");
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(LayoutError::io("read", path)(error)),
    };
    match serde_json::from_slice::<Marker>(&text) {
        Ok(marker) if marker.version == VERSION => Ok(true),
        Ok(marker) => Err(LayoutError::Version { path: root.to_owned(), version: marker.version }),
        Err(_) => Ok(false),
    }
}

/// Writes a file at once, by a temporary one and a rename. Readers see the old or the new one, whole.
fn replace(scratch: &Utf8Path, path: &Utf8Path, bytes: &[u8]) -> Result<(), LayoutError> {
    use std::io::Write;
    let written = tempfile::NamedTempFile::new_in(scratch).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().set_permissions(readable())?;
        file.persist(path).map_err(|error| error.error)
    });
    written.map(drop).map_err(LayoutError::io("write", path))
}

/// Temporary files are private, what is in a layout is for everybody.
fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}
