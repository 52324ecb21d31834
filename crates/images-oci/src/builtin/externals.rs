//! Images from registries.

use camino::Utf8PathBuf;
use images_dockerfile::Reference;
use images_engine::process::Cancel;

use crate::assemble::{Externals, Unavailable};
use crate::layout::{Layout, LayoutError};
use crate::model::{Descriptor, Platform};
use crate::registry::{Client, Name, Options, RegistryError, Repository, pull_image};

/// Brings images from their registries into a layout, where they get their name: as with docker, a tag that was pulled once
/// means the same image until somebody removes it. The name of an index stays the index's, so that it means an image for
/// each platform.
#[derive(Debug, Clone)]
pub struct RegistryExternals {
    /// The layout's folder.
    pub layout: Utf8PathBuf,
    /// How to speak to registries.
    pub registry: Options,
}

impl Externals for RegistryExternals {
    fn pull(
        &self,
        reference: &Reference,
        platform: &Platform,
        cancel: &Cancel,
    ) -> Result<Descriptor, Unavailable> {
        let layout = Layout::open_or_create(&self.layout).map_err(|error| unusable(reference, &error))?;
        let client = Client::new(self.registry.clone(), cancel.clone());
        let unavailable = |error: RegistryError| unavailable(reference, error);
        let name = Name::of(reference).map_err(unavailable)?;
        let pulled = pull_image(&client, &Repository::of(reference), &name, platform, &layout);
        let named = pulled.map_err(unavailable)?.named;
        layout
            .set_names(&[(reference.to_string(), named.clone())])
            .map_err(|error| unusable(reference, &error))?;
        Ok(named)
    }
}

fn unavailable(reference: &Reference, error: RegistryError) -> Unavailable {
    let help = error.help.unwrap_or_else(|| {
        "check the name and the network, or name an engine that has the image: docker, podman, buildah"
            .to_owned()
    });
    Unavailable { message: format!("cannot pull {reference}: {}", error.message), help }
}

fn unusable(reference: &Reference, error: &LayoutError) -> Unavailable {
    let help = "see to it that the folder can be written".to_owned();
    Unavailable { message: format!("cannot keep {reference}: {error}"), help }
}
