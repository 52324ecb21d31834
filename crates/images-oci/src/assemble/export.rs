//! From a built stage to an image in the layout.

use images_engine::threads;

use super::stage::{BuiltStage, StageLayer};
use super::{AssembleError, AssembleRequest, Assembled, Workshop};
use crate::layout::{Layer, LayoutError};
use crate::model::{ImageConfig, Manifest, media_type};
use crate::tree::Tree;

/// Writes the layers that are not there, several at once, then what refers to them, and the names last.
pub(super) fn image(
    request: &AssembleRequest<'_>,
    workshop: &Workshop<'_>,
    stage: BuiltStage,
    created: &str,
    log: &mut String,
) -> Result<Assembled, AssembleError> {
    let BuiltStage { state, tree, layers: planned } = stage;
    // A thread for a layer that is there already would cost more than it does.
    let new = planned.iter().filter(|layer| matches!(layer, StageLayer::Planned(_))).count();
    let written = threads::map(request.jobs.min(new), &planned, |layer| match layer {
        _ if workshop.cancel.is_interrupted() => Err(AssembleError::Interrupted),
        StageLayer::Stored(layer) => Ok(Layer::clone(layer)),
        StageLayer::Planned(entries) => Ok(workshop.layout.layer(entries, request.compression)?),
    });
    let layers = written.into_iter().collect::<Result<Vec<Layer>, _>>()?;
    for layer in &layers {
        log.push_str(&format!("layer {} ({} bytes)\n", layer.descriptor.digest, layer.descriptor.size));
    }
    let config = finished(state.config, request, &layers, created);
    let manifest = manifest(workshop, &config, &layers)?;
    let names: Vec<_> = request.names.iter().map(|name| (name.clone(), manifest.clone())).collect();
    if workshop.cancel.is_interrupted() {
        return Err(AssembleError::Interrupted);
    }
    workshop.layout.set_names(&names)?;
    remember(workshop, &layers, &tree);
    log.push_str(&format!("manifest {}\n", manifest.digest));
    request.names.iter().for_each(|name| log.push_str(&format!("named {name}\n")));
    Ok(Assembled { manifest })
}

/// The next image on this one need not read its layers.
fn remember(workshop: &Workshop<'_>, layers: &[Layer], tree: &Tree) {
    workshop.trees.remember(layers, tree);
}

fn finished(
    mut config: ImageConfig,
    request: &AssembleRequest<'_>,
    layers: &[Layer],
    created: &str,
) -> ImageConfig {
    config.created = Some(created.to_owned());
    config.rootfs.kind = "layers".to_owned();
    config.rootfs.diff_ids = layers.iter().map(|layer| layer.diff_id).collect();
    config.config.labels.extend(request.labels.clone());
    config
}

fn manifest(
    workshop: &Workshop<'_>,
    config: &ImageConfig,
    layers: &[Layer],
) -> Result<crate::model::Descriptor, LayoutError> {
    let layout = workshop.layout;
    let described = layout.put_document(media_type::CONFIG, config)?;
    let layers = layers.iter().map(|layer| layer.descriptor.clone()).collect();
    let mut manifest = Manifest::new(described, layers);
    manifest.annotations = config.config.annotations();
    layout.put_document(media_type::MANIFEST, &manifest)
}
