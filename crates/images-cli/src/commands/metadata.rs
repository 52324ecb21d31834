use images_core::graph::Graph;
use images_core::store::version_name;
use images_core::workspace::relative;
use images_core::{Error, exit_code};
use images_schema::message;

use super::{Session, pretty};
use crate::arguments::{BuildArgs, Metadata};

pub(super) fn run(session: &Session, args: &Metadata) -> Result<u8, Error> {
    let workspace = session.workspace(&BuildArgs { build_args: Vec::new() })?;
    let graph = session.graph(&workspace)?;
    session.terminal.data(&pretty(&describe(&graph, args.format_version)));
    Ok(exit_code::DONE)
}

fn describe(graph: &Graph<'_>, version: u32) -> message::Metadata {
    let workspace = graph.workspace;
    let images = workspace.images.iter().enumerate().map(|(at, image)| message::MetadataImage {
        name: image.name.clone(),
        manifest_path: image.source.path.to_string(),
        dockerfile_path: image.dockerfile.path.to_string(),
        context_path: relative(&image.context, &workspace.root).to_string(),
        default_member: image.is_default,
        variants: (0..image.variants.len()).map(|variant| describe_variant(graph, at, variant)).collect(),
    });
    message::Metadata {
        version,
        workspace_root: workspace.root.to_string(),
        registry: workspace.registry.clone(),
        namespace: workspace.namespace.clone(),
        images: images.collect(),
    }
}

fn describe_variant(graph: &Graph<'_>, image: usize, variant: usize) -> message::MetadataVariant {
    let id = graph.id(image, variant);
    let (image, variant) = (graph.image(id), graph.variant(id));
    let mut parents: Vec<_> = graph.node(id).parents().map(|parent| graph.spec(parent).to_string()).collect();
    let mut externals: Vec<_> = graph.node(id).externals().map(str::to_owned).collect();
    for list in [&mut parents, &mut externals] {
        list.sort();
        list.dedup();
    }
    message::MetadataVariant {
        spec: graph.spec(id).to_string(),
        version: variant.version.to_string(),
        tag: variant.tag.clone(),
        default: variant.is_default,
        reference: version_name(graph, id),
        target: image.manifest.image.target.as_ref().map(|target| target.get_ref().clone()),
        platform: variant.platform.clone(),
        args: variant.args.clone(),
        labels: variant.labels.clone(),
        parents,
        externals,
    }
}
