//! What registries say that a name means now.

use std::fmt;

use images_dockerfile::Reference;
use images_engine::process::Cancel;
use images_engine::threads;
use images_oci::model::{Descriptor, Digest, ImageConfig, Index, Manifest, media_type};
use images_oci::registry::{self, Client, Name, RawManifest, RegistryError, Repository};

/// What a name means in its registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The digest of the index; of the manifest where there is no index.
    pub digest: Digest,
    /// The platforms that it is for, sorted: `linux/amd64`.
    pub platforms: Vec<String>,
}

/// Asks registries.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// What each name means now, in the order of the names.
    fn resolve(&self, references: &[Reference], cancel: &Cancel) -> Vec<Result<Resolved, RegistryError>>;
}

/// Asks by the client of the tool's own.
#[derive(Debug, Clone)]
pub struct RegistryResolver(pub registry::Options);

impl Resolver for RegistryResolver {
    fn resolve(&self, references: &[Reference], cancel: &Cancel) -> Vec<Result<Resolved, RegistryError>> {
        let client = Client::new(self.0.clone(), cancel.clone());
        threads::map(self.0.jobs, references, |reference| ask(&client, reference))
    }
}

fn ask(client: &Client, reference: &Reference) -> Result<Resolved, RegistryError> {
    let repository = Repository::of(reference);
    let manifest = client.manifest(&repository, &Name::of(reference)?)?;
    let mut platforms = match media_type::is_index(&manifest.descriptor.media_type) {
        true => of_index(&manifest),
        false => of_image(client, &repository, &manifest)?,
    };
    platforms.sort();
    platforms.dedup();
    Ok(Resolved { digest: manifest.descriptor.digest, platforms })
}

/// Attestations are there by the platform `unknown/unknown`:
/// <https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md>.
fn of_index(manifest: &RawManifest) -> Vec<String> {
    let Ok(index) = serde_json::from_slice::<Index>(&manifest.bytes) else { return Vec::new() };
    let platforms = index.manifests.iter().filter_map(|image| image.platform.as_ref());
    platforms.filter(|platform| platform.os != "unknown").map(ToString::to_string).collect()
}

fn of_image(
    client: &Client,
    repository: &Repository,
    manifest: &RawManifest,
) -> Result<Vec<String>, RegistryError> {
    let Ok(Manifest { config, .. }) = serde_json::from_slice(&manifest.bytes) else { return Ok(Vec::new()) };
    let config = read_config(client, repository, &config)?;
    let variant = config.variant.map(|variant| format!("/{variant}")).unwrap_or_default();
    Ok(match config.architecture.is_empty() {
        true => Vec::new(),
        false => vec![format!("{}/{}{variant}", config.os, config.architecture)],
    })
}

/// A configuration that cannot be read says nothing of platforms; the engine is left to speak of it.
fn read_config(
    client: &Client,
    repository: &Repository,
    config: &Descriptor,
) -> Result<ImageConfig, RegistryError> {
    let mut bytes = Vec::new();
    if config.size <= registry::MANIFEST_LIMIT {
        client.blob(repository, config, &mut bytes)?;
    }
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}
