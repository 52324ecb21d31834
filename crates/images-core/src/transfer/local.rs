//! The built images of a selection, in a layout.

use std::fs::File;

use camino::Utf8PathBuf;
use images_engine::EngineKind;
use images_engine::process::Cancel;
use images_oci::archive::{ArchivedImage, read_archive};
use images_oci::layer::Compression;
use images_oci::layout::Layout;
use images_oci::model::Descriptor;
use images_schema::Diagnostic;

use crate::build::Planned;
use crate::graph::{Graph, NodeId};
use crate::plan::{Action, Item, Plan};
use crate::store::{key_name, version_name};
use crate::{Error, HostOptions};

/// The built images of a selection.
pub struct Local {
    /// Where they are.
    pub layout: Layout,
    /// What they are, parents first.
    pub images: Vec<LocalImage>,
}

/// A built image in a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalImage {
    /// Which variant it is.
    pub id: NodeId,
    /// Points at its manifest.
    pub manifest: Descriptor,
}

impl Local {
    /// Finds the selected images of a plan. Images of an engine that has no layout are saved into one, which keeps what was
    /// saved, so each is saved once.
    ///
    /// # Errors
    /// One is not built, or stale; or the engine does not save it.
    pub fn gather(
        graph: &Graph<'_>,
        planned: &Planned,
        host: &HostOptions,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        refuse_stale(graph, &planned.plan)?;
        let selected: Vec<&Item> = planned.plan.items.iter().filter(|item| item.selected).collect();
        let is_own = planned.engine.kind() == EngineKind::Builtin;
        let layout = Layout::open_or_create(&folder(graph, is_own))?;
        if !is_own {
            save_missing(graph, planned, &layout, &selected, host.jobs, cancel)?;
        }
        let found = selected.iter().map(|item| {
            let name = key_name(graph, item.id, item.key);
            let manifest = layout.resolve(&name)?.ok_or_else(|| lost(&name))?;
            Ok(LocalImage { id: item.id, manifest })
        });
        let images = found.collect::<Result<_, Error>>()?;
        Ok(Self { layout, images })
    }

    /// The layout without any image of it.
    ///
    /// # Errors
    /// The layout cannot be written.
    pub(crate) fn nothing(graph: &Graph<'_>) -> Result<Self, Error> {
        Ok(Self { layout: Layout::open_or_create(&folder(graph, true))?, images: Vec::new() })
    }

    /// What points at the manifest of a built variant, as far as that is known without asking its engine.
    pub(crate) fn known(graph: &Graph<'_>, planned: &Planned, id: NodeId) -> Option<Descriptor> {
        let is_own = planned.engine.kind() == EngineKind::Builtin;
        let layout = Layout::open(&folder(graph, is_own)).ok()?;
        layout.resolve(&key_name(graph, id, planned.keyed.key(id))).ok()?
    }

    /// The images with the names that they have for people and for the tool.
    pub(super) fn named(&self, graph: &Graph<'_>, planned: &Planned) -> Vec<ArchivedImage> {
        let named = |image: &LocalImage| {
            let key = planned.keyed.key(image.id);
            let names = vec![key_name(graph, image.id, key), version_name(graph, image.id)];
            ArchivedImage { manifest: image.manifest.clone(), names }
        };
        self.images.iter().map(named).collect()
    }
}

/// The built-in engine's layout, or the one for what others save.
fn folder(graph: &Graph<'_>, is_own: bool) -> Utf8PathBuf {
    graph.workspace.cache().join(if is_own { "oci" } else { "saved" })
}

/// Refuses a plan in which something that was asked for is not built as it is now.
///
/// # Errors
/// Each that is not, with its reason.
pub(crate) fn refuse_stale(graph: &Graph<'_>, plan: &Plan) -> Result<(), Error> {
    let selected = plan.items.iter().filter(|item| item.selected);
    let stale: Vec<_> = selected.filter_map(|item| stale(graph, item)).collect();
    if stale.is_empty() { Ok(()) } else { Err(Error::Input(stale)) }
}

fn stale(graph: &Graph<'_>, item: &Item) -> Option<Diagnostic> {
    let spec = graph.spec(item.id);
    let Action::Build(reason) = &item.action else { return None };
    let diagnostic = Diagnostic::error(format!("`{spec}` is not built as it is now: {reason}"));
    Some(diagnostic.help(format!("build it first: `cargo xtask images build {spec}`")))
}

fn lost(name: &str) -> Error {
    let message = format!("the image {name} went away meanwhile");
    Error::Transfer { message, help: Some("build it again".to_owned()) }
}

/// Saves those that the layout does not have whole.
fn save_missing(
    graph: &Graph<'_>,
    planned: &Planned,
    layout: &Layout,
    selected: &[&Item],
    jobs: usize,
    cancel: &Cancel,
) -> Result<(), Error> {
    let whole: Vec<String> = layout.images()?.into_iter().flat_map(|image| image.names).collect();
    let names = selected.iter().map(|item| key_name(graph, item.id, item.key));
    let missing: Vec<String> = names.filter(|name| !whole.contains(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let scratch = tempfile::tempdir_in(layout.scratch()).map_err(Error::io("cannot write", layout.root()))?;
    let place = Utf8PathBuf::try_from(scratch.path().to_owned()).expect("it is below a path of text");
    let archives = planned.engine.save(&missing, &place, cancel);
    if cancel.is_interrupted() {
        return Err(Error::Interrupted);
    }
    for archive in archives? {
        let file = File::open(&archive).map_err(Error::io("cannot read", &archive))?;
        let images = read_archive(layout, file, Compression::default(), jobs)?;
        let named = images.into_iter().flat_map(|image| {
            let names = image.names.into_iter();
            names.map(move |name| (name, image.manifest.clone()))
        });
        layout.set_names(&named.collect::<Vec<_>>())?;
    }
    Ok(())
}
