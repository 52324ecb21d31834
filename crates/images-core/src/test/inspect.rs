//! Images as their layers and configurations, for what can be looked at without a container.

use std::fs::File;

use camino::Utf8PathBuf;
use images_engine::EngineKind;
use images_engine::process::Cancel;
use images_oci::archive::read_archive;
use images_oci::layer::{Compression, Limits};
use images_oci::layout::Layout;
use images_oci::model::RuntimeConfig;
use images_oci::tree::{Tree, Trees};
use tempfile::TempDir;

use crate::build::Planned;
use crate::graph::{Graph, NodeId};
use crate::store::key_name;
use crate::{Error, HostOptions};

/// Images to look into.
pub(super) struct Inspected {
    layout: Layout,
    trees: Trees,
    /// Holds the layout that the images of other engines are saved into; it goes in the end.
    _scratch: Option<TempDir>,
}

impl Inspected {
    /// Gets images ready: those of the built-in engine where they are; those of others are saved, without compression.
    ///
    /// # Errors
    /// The engine does not save them, or the layout cannot be written.
    pub(super) fn of(
        graph: &Graph<'_>,
        planned: &Planned,
        ids: &[NodeId],
        host: &HostOptions,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let cache = graph.workspace.cache();
        if planned.engine.kind() == EngineKind::Builtin {
            let layout = Layout::open(&cache.join("oci"))?;
            return Ok(Self { trees: Trees::new(layout.clone(), Limits::default()), layout, _scratch: None });
        }
        let scratch = tempfile::Builder::new().prefix("tests-").tempdir_in(&cache);
        let scratch = scratch.map_err(Error::io("cannot write into", &cache))?;
        let folder = Utf8PathBuf::try_from(scratch.path().to_owned()).expect("it is below a path of text");
        let layout = Layout::open_or_create(&folder.join("oci"))?;
        let names: Vec<String> = ids.iter().map(|id| key_name(graph, *id, planned.keyed.key(*id))).collect();
        let archives = planned.engine.save(&names, &folder, cancel);
        if cancel.is_interrupted() {
            return Err(Error::Interrupted);
        }
        for archive in archives? {
            let file = File::open(&archive).map_err(Error::io("cannot read", &archive))?;
            let images = read_archive(&layout, file, Compression::None, host.jobs)?;
            let named = images.into_iter().flat_map(|image| {
                let manifest = image.manifest;
                image.names.into_iter().map(move |name| (name, manifest.clone()))
            });
            layout.set_names(&named.collect::<Vec<_>>())?;
            // What is left costs room until the end, and nothing else.
            let _ = std::fs::remove_file(&archive);
        }
        Ok(Self { trees: Trees::new(layout.clone(), Limits::default()), layout, _scratch: Some(scratch) })
    }

    /// An image's configuration and file system.
    ///
    /// # Errors
    /// It is not there, or not whole: why, in one line.
    pub(super) fn image(&self, name: &str) -> Result<(RuntimeConfig, Tree), String> {
        let manifest = self.layout.resolve(name).map_err(|error| error.to_string())?;
        let manifest = manifest.ok_or_else(|| format!("the image {name} went away meanwhile"))?;
        let (config, tree) = self.trees.of_image(&manifest).map_err(|error| error.to_string())?;
        Ok((config.config, tree))
    }
}
