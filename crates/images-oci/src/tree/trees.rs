//! The trees of images in a layout.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Tree, TreeError};
use crate::layer::{Limits, Spool, with_whiteouts};
use crate::layout::{Layer, Layout};
use crate::model::{Descriptor, Digest, ImageConfig};

/// The trees of images in a layout; each chain of layers is read once, and by one thread.
#[derive(Debug)]
pub struct Trees {
    layout: Layout,
    limits: Limits,
    /// By the diff ids from the lowest layer on.
    known: Mutex<HashMap<Vec<Digest>, Place>>,
}

/// Where a tree is put, by the one who reads its layers.
type Place = Arc<Mutex<Option<Tree>>>;

impl Trees {
    /// None is read yet.
    pub fn new(layout: Layout, limits: Limits) -> Self {
        Self { layout, limits, known: Mutex::default() }
    }

    /// The tree of these layers, the lowest first. Layers that were not read yet are, and verified.
    ///
    /// # Errors
    /// A layer's blob is absent or damaged, or is no layer.
    pub fn of(&self, layers: &[Layer]) -> Result<Tree, TreeError> {
        let Some((top, below)) = layers.split_last() else { return Ok(Tree::empty()) };
        self.known_or(layers, || {
            let tree = self.of(below)?;
            if !self.layout.has(&top.descriptor) {
                // Tells why not.
                self.layout.read_blob(&top.descriptor)?;
            }
            let archive = self.layout.blob_path(&top.descriptor.digest);
            let spool = Spool::of_blob(&archive, &top.descriptor, &self.layout.scratch(), self.limits);
            tree.with_layer(&with_whiteouts(spool.entries()?))
        })
    }

    /// The configuration and the tree of an image in the layout.
    ///
    /// # Errors
    /// A document of it, or a layer's blob, is absent or damaged.
    pub fn of_image(&self, manifest: &Descriptor) -> Result<(ImageConfig, Tree), TreeError> {
        let manifest = self.layout.manifest(manifest)?;
        let config = self.layout.config(&manifest.config)?;
        let pairs = config.rootfs.diff_ids.iter().zip(manifest.layers);
        let layers: Vec<Layer> =
            pairs.map(|(diff_id, descriptor)| Layer { diff_id: *diff_id, descriptor }).collect();
        let tree = self.of(&layers)?;
        Ok((config, tree))
    }

    /// Keeps a tree whose layers were just written, so that they need not be read.
    pub fn remember(&self, layers: &[Layer], tree: &Tree) {
        let place = self.place(layers);
        *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(tree.clone());
    }

    fn known_or(
        &self,
        layers: &[Layer],
        make: impl FnOnce() -> Result<Tree, TreeError>,
    ) -> Result<Tree, TreeError> {
        let place = self.place(layers);
        let mut known = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tree) = &*known {
            return Ok(tree.clone());
        }
        let tree = make()?;
        *known = Some(tree.clone());
        Ok(tree)
    }

    fn place(&self, layers: &[Layer]) -> Place {
        let chain = layers.iter().map(|layer| layer.diff_id).collect();
        Arc::clone(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(chain).or_default())
    }
}
