//! What a stage starts from.

use images_dockerfile::{Reference, ReferenceKind, Resolution, Span};

use super::stage::{BuiltStage, StageLayer};
use super::{AssembleError, Course, Workshop};
use crate::instruction::{Refusal, StageState};
use crate::layout::{Layer, Layout, LayoutError};
use crate::model::{Descriptor, ImageConfig, Platform, media_type};
use crate::registry::select;
use crate::tree::Tree;

/// The frontends whose meaning the built-in engine has.
const FRONTENDS: [&str; 2] = ["docker/dockerfile", "docker/dockerfile-upstream"];

/// The platform of this machine: images are Linux ones, and the architecture has Go's name.
pub(super) fn machine_platform() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        other => other,
    };
    let (os, architecture) = ("linux".to_owned(), architecture.to_owned());
    Platform { os, architecture, os_version: None, variant: None }
}

/// The same platform, as the reader of Dockerfiles has it.
pub(super) fn named(platform: &Platform) -> images_dockerfile::Platform {
    let Platform { os, architecture, variant, .. } = platform.clone();
    images_dockerfile::Platform { os, architecture, variant }
}

/// Reads `os/architecture[/variant]`. `None` for what is none.
pub(crate) fn platform(text: &str) -> Option<Platform> {
    let parts: Vec<&str> = text.split('/').collect();
    let (os, architecture, variant) = match parts.as_slice() {
        [os, architecture] => (os, architecture, None),
        [os, architecture, variant] => (os, architecture, Some((*variant).to_owned())),
        _ => return None,
    };
    let (os, architecture) = ((*os).to_owned(), (*architecture).to_owned());
    Some(Platform { os, architecture, os_version: None, variant })
}

/// Another frontend than docker's own means something else by the instructions.
pub(super) fn check_frontend(resolution: &Resolution) -> Result<(), Refusal> {
    let frontend = resolution.references.iter().find(|reference| reference.kind == ReferenceKind::Syntax);
    let Some(frontend) = frontend else { return Ok(()) };
    let Reference { domain, path, .. } = &frontend.reference;
    let is_hub = domain.as_deref().is_none_or(|domain| matches!(domain, "docker.io" | "index.docker.io"));
    if is_hub && FRONTENDS.contains(&path.as_str()) {
        return Ok(());
    }
    let message = format!("the built-in engine has no frontend {}", frontend.reference);
    Err(Refusal::unsupported(frontend.span.clone(), message, "docker's BuildKit"))
}

/// An image in the layout.
pub(super) struct StoredBase {
    pub(super) config: ImageConfig,
    pub(super) layers: Vec<Layer>,
}

/// The stage before its first instruction.
pub(super) fn stage(
    course: &Course<'_>,
    index: usize,
    built: &[Option<BuiltStage>],
) -> Result<BuiltStage, AssembleError> {
    let stage = &course.resolution.stages[index];
    let platform = match &stage.platform {
        None => course.platform.clone(),
        Some(text) => platform(text).ok_or_else(|| {
            Refusal::wrong(stage.span.clone(), format!("`{text}` is no platform"))
                .help("write os/architecture: linux/amd64")
        })?,
    };
    let based = match stage.base_stage {
        Some(base) => built[base].as_ref().map(BuiltStage::child),
        None if stage.base == "scratch" => Some(BuiltStage::scratch(&platform)),
        None => None,
    };
    let based = match based {
        Some(based) => based,
        None => of_image(course, &stage.base, &platform, &stage.span)?,
    };
    refuse_triggers(&based.state, &stage.base, &stage.span)?;
    Ok(based)
}

fn of_image(
    course: &Course<'_>,
    base: &str,
    platform: &Platform,
    span: &Span,
) -> Result<BuiltStage, AssembleError> {
    let reference = Reference::parse(base).map_err(|error| Refusal::wrong(span.clone(), error.message))?;
    let StoredBase { config, layers } = stored(course, &reference, platform, span)?;
    let is_other =
        (config.os.as_str(), config.architecture.as_str()) != (&platform.os, &platform.architecture);
    if is_other && !config.architecture.is_empty() {
        let message = format!("{base} is for {}/{}, not for {platform}", config.os, config.architecture);
        return Err(Refusal::wrong(span.clone(), message).help("choose a base for the platform").into());
    }
    let tree = tree(course, &layers)?;
    let layers = layers.into_iter().map(StageLayer::stored).collect();
    Ok(BuiltStage { state: StageState::of_image(config), tree, layers })
}

/// An image's file system.
pub(super) fn tree(course: &Course<'_>, layers: &[Layer]) -> Result<Tree, AssembleError> {
    Ok(course.workshop.trees.of(layers)?)
}

/// Finds an image in the layout, else outside of it. One that is not whole any more, or not there for this platform, is
/// not in the layout.
pub(super) fn stored(
    course: &Course<'_>,
    reference: &Reference,
    platform: &Platform,
    span: &Span,
) -> Result<StoredBase, AssembleError> {
    let Workshop { layout, externals, cancel, .. } = *course.workshop;
    let found = names(reference).iter().find_map(|name| layout.resolve(name).transpose()).transpose()?;
    let lost = match found.map(|descriptor| whole(layout, &descriptor, reference, platform, span)) {
        Some(Ok(base)) => return Ok(base),
        Some(Err(error)) if !is_lost(&error) || is_own(reference) => return Err(error),
        lost => lost,
    };
    let pulled = externals.pull(reference, platform, cancel).map_err(|unavailable| {
        // Why it has to be pulled at all comes first.
        let message = match &lost {
            Some(Err(error)) => format!("{error}; {}", unavailable.message),
            _ => unavailable.message,
        };
        Refusal::wrong(span.clone(), message).help(unavailable.help)
    })?;
    whole(layout, &pulled, reference, platform, span)
}

/// The image behind a descriptor, with all its blobs.
fn whole(
    layout: &Layout,
    descriptor: &Descriptor,
    reference: &Reference,
    platform: &Platform,
    span: &Span,
) -> Result<StoredBase, AssembleError> {
    let descriptor = of_platform(layout, descriptor, platform)?.ok_or_else(|| LayoutError::Platform {
        name: reference.to_string(),
        platform: platform.to_string(),
    })?;
    let manifest = layout.manifest(&descriptor)?;
    let config = layout.config(&manifest.config)?;
    if config.rootfs.diff_ids.len() != manifest.layers.len() {
        let message =
            format!("the image {reference} has other layers in its manifest than in its configuration");
        return Err(Refusal::wrong(span.clone(), message).into());
    }
    if let Some(absent) = manifest.layers.iter().find(|layer| !layout.has(layer)) {
        // Tells why.
        layout.read_blob(absent)?;
    }
    let pairs = config.rootfs.diff_ids.iter().zip(manifest.layers.into_iter().map(as_oci));
    let layers = pairs.map(|(diff_id, descriptor)| Layer { diff_id: *diff_id, descriptor }).collect();
    Ok(StoredBase { config, layers })
}

/// Whether a pull may bring what is missing.
fn is_lost(error: &AssembleError) -> bool {
    use LayoutError::{Absent, Damaged, Platform};
    matches!(error, AssembleError::Layout(Absent { .. } | Damaged { .. } | Platform { .. }))
}

/// Whether only this tool gives such names, so that nobody else has the image.
fn is_own(reference: &Reference) -> bool {
    reference.domain.as_deref() == Some("localhost")
        && reference.tag.as_deref().is_some_and(|tag| tag.starts_with("key-"))
}

/// A layer of docker's own type under the name that the OCI has for the same bytes: an OCI manifest has no others.
fn as_oci(layer: Descriptor) -> Descriptor {
    let is_docker = layer.media_type == media_type::DOCKER_LAYER_GZIP;
    let media_type = if is_docker { media_type::LAYER_GZIP.to_owned() } else { layer.media_type };
    Descriptor { media_type, ..layer }
}

/// How a layout may name it: as it is written, and with what docker would add.
fn names(reference: &Reference) -> Vec<String> {
    let tagged = Reference {
        tag: reference.tag.clone().or_else(|| reference.digest.is_none().then(|| "latest".to_owned())),
        ..reference.clone()
    };
    let path = match tagged.path.contains('/') {
        true => tagged.path.clone(),
        false => format!("library/{}", tagged.path),
    };
    let hub = Reference { domain: Some("docker.io".to_owned()), path, ..tagged.clone() };
    let mut names = vec![reference.to_string(), tagged.to_string()];
    names.extend(tagged.domain.is_none().then(|| hub.to_string()));
    names.dedup();
    names
}

/// The manifest itself, or the one of an index that is for the platform.
fn of_platform(
    layout: &Layout,
    descriptor: &Descriptor,
    platform: &Platform,
) -> Result<Option<Descriptor>, LayoutError> {
    if !media_type::is_index(&descriptor.media_type) {
        return Ok(Some(descriptor.clone()));
    }
    Ok(select(&layout.index(descriptor)?, platform).ok().cloned())
}

fn refuse_triggers(state: &StageState, base: &str, span: &Span) -> Result<(), Refusal> {
    let Some(trigger) = state.config.config.on_build.first() else { return Ok(()) };
    let message = format!("the built-in engine does not run the ONBUILD of {base}: {trigger}");
    Err(Refusal::unsupported(span.clone(), message, "docker, podman and buildah"))
}
