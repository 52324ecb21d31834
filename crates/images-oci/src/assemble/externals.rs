//! Images that are not in the layout.

use images_dockerfile::Reference;
use images_engine::process::Cancel;

use crate::model::{Descriptor, Platform};

/// Where images come from that the layout does not have.
pub trait Externals: Send + Sync {
    /// Brings an image into the layout, with all its blobs, and gives its manifest, or the index that this is in.
    ///
    /// # Errors
    /// Why it cannot be had, in one line, and what to do.
    fn pull(
        &self,
        reference: &Reference,
        platform: &Platform,
        cancel: &Cancel,
    ) -> Result<Descriptor, Unavailable>;
}

/// Why an image cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// In one line.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// There is nowhere to get images from.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoExternals;

impl Externals for NoExternals {
    fn pull(&self, reference: &Reference, _: &Platform, _: &Cancel) -> Result<Descriptor, Unavailable> {
        Err(Unavailable {
            message: format!("the image {reference} is not in the layout, and the built-in engine cannot pull it"),
            help: "start from scratch or from an image of the workspace, or name an engine that can pull: docker, \
                   podman, buildah"
                .to_owned(),
        })
    }
}
