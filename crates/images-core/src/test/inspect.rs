//! Configurations and files of images, for what can be looked at without a container. For configurations an engine is
//! asked; files are read from layers.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use images_engine::{Engine, EngineKind};
use images_oci::archive::read_archive;
use images_oci::layer::{Compression, Limits};
use images_oci::layout::Layout;
use images_oci::model::{Descriptor, RuntimeConfig};
use images_oci::tree::{Tree, Trees};
use tempfile::TempDir;

use crate::build::Planned;
use crate::graph::{Graph, NodeId};
use crate::store::key_name;
use crate::{Error, HostOptions};

/// Images to look into.
pub(super) struct Inspected<'a> {
    engine: &'a dyn Engine,
    /// Where their layers are, if that is asked for.
    layers: Option<(Layout, Trees)>,
    /// Holds the layout that the images of other engines are saved into; it goes in the end.
    _scratch: Option<TempDir>,
}

impl<'a> Inspected<'a> {
    /// Gets the files of images ready: those of the built-in engine where they are; those of others are saved, without
    /// compression.
    ///
    /// # Errors
    /// The engine does not save them, or the layout cannot be written.
    pub(super) fn of(
        graph: &Graph<'_>,
        planned: &'a Planned,
        ids: &[NodeId],
        host: &HostOptions,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let cache = graph.workspace.cache();
        let engine = planned.engine.as_ref();
        if engine.kind() == EngineKind::Builtin {
            let layers = with_trees(Layout::open(&cache.join("oci"))?);
            return Ok(Self { engine, layers: Some(layers), _scratch: None });
        }
        if ids.is_empty() {
            return Ok(Self { engine, layers: None, _scratch: None });
        }
        let scratch = tempfile::Builder::new().prefix("tests-").tempdir_in(&cache);
        let scratch = scratch.map_err(Error::io("cannot write into", &cache))?;
        let folder = Utf8PathBuf::try_from(scratch.path().to_owned()).expect("it is below a path of text");
        let layout = Layout::open_or_create(&folder.join("oci"))?;
        let names: Vec<String> = ids.iter().map(|id| key_name(graph, *id, planned.keyed.key(*id))).collect();
        save(engine, &names, &folder, &layout, host.jobs, cancel)?;
        Ok(Self { engine, layers: Some(with_trees(layout)), _scratch: Some(scratch) })
    }

    /// How containers of an image are started.
    ///
    /// # Errors
    /// It is not there, or not whole: why, in one line.
    pub(super) fn config(&self, name: &str) -> Result<RuntimeConfig, String> {
        if let (EngineKind::Builtin, Some((layout, _))) = (self.engine.kind(), &self.layers) {
            let told =
                layout.manifest(&found(layout, name)?).and_then(|manifest| layout.config(&manifest.config));
            return told.map(|config| config.config).map_err(|error| error.to_string());
        }
        let told = self.engine.configuration(name).map_err(|error| error.to_string())?;
        serde_json::from_str(&told)
            .map_err(|error| format!("cannot read the configuration of {name}: {error}"))
    }

    /// An image's files.
    ///
    /// # Errors
    /// As [`Inspected::config`].
    pub(super) fn files(&self, name: &str) -> Result<Tree, String> {
        let (layout, trees) = self.layers.as_ref().ok_or_else(|| lost(name))?;
        let (_, tree) = trees.of_image(&found(layout, name)?).map_err(|error| error.to_string())?;
        Ok(tree)
    }
}

fn with_trees(layout: Layout) -> (Layout, Trees) {
    (layout.clone(), Trees::new(layout, Limits::default()))
}

fn found(layout: &Layout, name: &str) -> Result<Descriptor, String> {
    layout.resolve(name).map_err(|error| error.to_string())?.ok_or_else(|| lost(name))
}

fn lost(name: &str) -> String {
    format!("the image {name} went away meanwhile")
}

/// Has an engine save images, and takes them into a layout.
fn save(
    engine: &dyn Engine,
    names: &[String],
    folder: &Utf8Path,
    layout: &Layout,
    jobs: usize,
    cancel: &Cancel,
) -> Result<(), Error> {
    let archives = engine.save(names, folder, cancel);
    if cancel.is_interrupted() {
        return Err(Error::Interrupted);
    }
    for archive in archives? {
        let file = File::open(&archive).map_err(Error::io("cannot read", &archive))?;
        let images = read_archive(layout, file, Compression::None, jobs)?;
        let named = images.into_iter().flat_map(|image| {
            let manifest = image.manifest;
            image.names.into_iter().map(move |name| (name, manifest.clone()))
        });
        layout.set_names(&named.collect::<Vec<_>>())?;
        // What is left costs room until the end, and nothing else.
        let _ = std::fs::remove_file(&archive);
    }
    Ok(())
}
