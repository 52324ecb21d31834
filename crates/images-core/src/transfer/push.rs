//! Images go to the workspace's registry.

use images_engine::process::Cancel;
use images_oci::layout::Layout;
use images_oci::model::{Descriptor, Digest};
use images_oci::registry::{self, Client, Push, Repository};
use images_schema::Diagnostic;

use super::{Local, LocalImage, about, index, sbom};
use crate::build::Planned;
use crate::graph::{Graph, NodeId};
use crate::store::{repository_name, version_name};
use crate::{Error, HostOptions};

/// How to push.
#[derive(Debug, Clone)]
pub struct PushOptions {
    /// How to speak to registries.
    pub registry: registry::Options,
    /// Whether a bill of materials goes with images that have `[artifacts]`.
    pub sbom: bool,
}

/// An image that is in the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedImage {
    /// The variant: `NAME:TAG`; of an index, the version that its variants share.
    pub spec: String,
    /// Its name there, with its tag.
    pub reference: String,
    /// The digest of its manifest or index.
    pub digest: Digest,
    /// How many blobs were sent.
    pub uploaded: usize,
    /// Their size in bytes.
    pub bytes: u64,
    /// How many blobs were there already, or came from another repository of the registry.
    pub present: usize,
    /// The digest of the bill of materials that went with it.
    pub sbom: Option<Digest>,
}

/// Sends images to the workspace's registry, each under its version's tag, parents first; blobs that are there are not sent.
/// Variants of one version for several platforms get an index together. `report` hears of each when it is there.
///
/// # Errors
/// The workspace has no registry, an image is not to be published, or the registry does not take it.
pub fn push(
    graph: &Graph<'_>,
    planned: &Planned,
    host: &HostOptions,
    options: &PushOptions,
    cancel: &Cancel,
    report: &dyn Fn(&PushedImage),
) -> Result<(), Error> {
    check(graph, planned)?;
    let local = Local::gather(graph, planned, host, cancel)?;
    let client = Client::new(options.registry.clone(), cancel.clone());
    let pusher = Pusher { graph, client: &client, layout: &local.layout };
    for image in &local.images {
        let mut pushed = pusher.push(image.id, &image.manifest)?;
        if options.sbom {
            pushed.sbom = pusher.push_sbom(image, host, cancel)?;
        }
        report(&pushed);
    }
    for shared in index::of(graph, &local)? {
        report(&pusher.push_index(&shared)?);
    }
    Ok(())
}

fn check(graph: &Graph<'_>, planned: &Planned) -> Result<(), Error> {
    check_registry(graph)?;
    let selected = planned.plan.items.iter().filter(|item| item.selected);
    let private: Vec<_> = selected.filter_map(|item| private(graph, item.id)).collect();
    if private.is_empty() { Ok(()) } else { Err(Error::Input(private)) }
}

/// A workspace without a registry publishes nothing.
pub(crate) fn check_registry(graph: &Graph<'_>) -> Result<(), Error> {
    if graph.workspace.registry.is_some() {
        return Ok(());
    }
    let diagnostic = Diagnostic::error("the workspace has no registry to push to");
    let help = "set `registry = \"ghcr.io\"` under [workspace.metadata.images], or `--registry`";
    Err(diagnostic.help(help).into())
}

/// What is wrong with publishing an image that is not to be published.
pub(crate) fn private(graph: &Graph<'_>, id: NodeId) -> Option<Diagnostic> {
    let image = graph.image(id);
    let publish = image.manifest.image.publish.as_ref()?;
    let message = format!("`{}` is not published", graph.spec(id));
    let diagnostic = image.source.error(publish.span(), message, "this says so");
    (!publish.get_ref()).then(|| diagnostic.help("remove it, or leave the image out with `--exclude`"))
}

/// The repositories of those that an image stands on: the registry may have its lower layers there.
pub(crate) fn elsewhere(graph: &Graph<'_>, id: NodeId) -> Result<Vec<Repository>, Error> {
    let own = repository_name(graph, id);
    let mut names: Vec<_> = graph.node(id).parents().map(|parent| repository_name(graph, parent)).collect();
    names.sort();
    names.dedup();
    names.retain(|name| *name != own);
    names.iter().map(|name| Ok(Repository::parse(name)?)).collect()
}

struct Pusher<'a> {
    graph: &'a Graph<'a>,
    client: &'a Client,
    layout: &'a Layout,
}

impl Pusher<'_> {
    fn push(&self, id: NodeId, manifest: &Descriptor) -> Result<PushedImage, Error> {
        let reference = version_name(self.graph, id);
        self.send(self.graph.spec(id).to_string(), reference, self.graph.spec(id).tag, id, manifest)
    }

    fn push_index(&self, shared: &index::Shared) -> Result<PushedImage, Error> {
        let root = self.layout.put(images_oci::model::media_type::INDEX, &shared.bytes)?;
        let name = &self.graph.image(shared.id).name;
        let reference = format!("{}:{}", repository_name(self.graph, shared.id), shared.tag);
        self.send(format!("{name}:{}", shared.tag), reference, &shared.tag, shared.id, &root)
    }

    fn send(
        &self,
        spec: String,
        reference: String,
        tag: &str,
        id: NodeId,
        root: &Descriptor,
    ) -> Result<PushedImage, Error> {
        let repository = Repository::parse(&repository_name(self.graph, id))?;
        let push = Push {
            source: self.layout,
            root,
            repository: &repository,
            tags: &[tag.to_owned()],
            elsewhere: &elsewhere(self.graph, id)?,
        };
        let pushed = registry::push_image(self.client, &push)?;
        Ok(PushedImage {
            spec,
            reference,
            digest: pushed.digest,
            uploaded: pushed.uploaded,
            bytes: pushed.bytes,
            present: pushed.present + pushed.mounted,
            sbom: None,
        })
    }

    fn push_sbom(
        &self,
        image: &LocalImage,
        host: &HostOptions,
        cancel: &Cancel,
    ) -> Result<Option<Digest>, Error> {
        let Some(document) = sbom::of(self.graph, image.id, host, cancel)? else { return Ok(None) };
        let root = about::attach(self.layout, &image.manifest, sbom::CYCLONEDX, &document)?;
        let repository = Repository::parse(&repository_name(self.graph, image.id))?;
        about::push(self.client, self.layout, &repository, &root).map(Some)
    }
}
