//! What is about a manifest:
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers>, and the tag that
//! stands for it where a registry does not know that question.

use super::client::Client;
use super::error::absent_is_none;
use super::manifests::{Put, RawManifest};
use super::{Name, RegistryError, RegistryErrorKind, Repository};
use crate::model::{Descriptor, Digest, Index, Manifest, media_type};

impl Client {
    /// The manifests that are about this one, only those of an artifact type where it is given.
    ///
    /// # Errors
    /// Whatever may happen on the way; that there are none is no error.
    pub fn referrers(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let mut found = match self.asked_referrers(repository, subject, artifact_type)? {
            Some(found) => found,
            None => self.tagged_referrers(repository, subject)?.manifests,
        };
        if artifact_type.is_some() {
            found.retain(|descriptor| descriptor.artifact_type.as_deref() == artifact_type);
        }
        Ok(found)
    }

    /// `None` where the registry does not know the question.
    fn asked_referrers(
        &self,
        repository: &Repository,
        subject: Digest,
        artifact_type: Option<&str>,
    ) -> Result<Option<Vec<Descriptor>>, RegistryError> {
        let url = self.again_and_again(|| self.url(repository, &format!("referrers/{subject}")))?;
        let url = artifact_type.into_iter().fold(url, |url, kind| url.with("artifactType", kind));
        let mut found = Vec::new();
        let asked = self.pages(repository, url, |page: Index, _| found.extend(page.manifests));
        match asked {
            Ok(()) => Ok(Some(found)),
            // The specification has a plain 404 stand for an unknown question; docker's registry 2 answers so.
            Err(error) if is_unknown_question(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn tagged_referrers(&self, repository: &Repository, subject: Digest) -> Result<Index, RegistryError> {
        let Some(raw) = absent_is_none(self.manifest(repository, &fallback_tag(subject)))? else {
            return Ok(Index::new(Vec::new()));
        };
        serde_json::from_slice(&raw.bytes).map_err(|_| {
            let message = format!("{repository}:{} is no index", fallback_tag(subject));
            RegistryError::new(RegistryErrorKind::Garbled, message)
        })
    }

    /// Adds to the tag: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject>.
    pub(super) fn add_referrer(
        &self,
        repository: &Repository,
        subject: Digest,
        manifest: &RawManifest,
    ) -> Result<(), RegistryError> {
        let mut index = self.tagged_referrers(repository, subject)?;
        if index.manifests.iter().any(|known| known.digest == manifest.descriptor.digest) {
            return Ok(());
        }
        index.manifests.push(described(manifest));
        let bytes =
            serde_json::to_vec(&index).map_err(|error| RegistryError::local("an index", &error.into()))?;
        match self.put_manifest(
            repository,
            &fallback_tag(subject),
            &RawManifest::new(media_type::INDEX, bytes),
        )? {
            Put::Done { .. } => Ok(()),
            Put::Missing { error, .. } => Err(error),
        }
    }
}

/// The descriptor that says what the manifest is.
fn described(raw: &RawManifest) -> Descriptor {
    let mut descriptor = raw.descriptor.clone();
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(&raw.bytes) {
        descriptor.artifact_type = manifest.artifact_type.or(Some(manifest.config.media_type));
        descriptor.annotations = manifest.annotations;
    }
    descriptor
}

/// <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema>
fn fallback_tag(subject: Digest) -> Name {
    Name::Tag(format!("sha256-{}", subject.hex()))
}

fn is_unknown_question(error: &RegistryError) -> bool {
    error.status == Some(404)
}
