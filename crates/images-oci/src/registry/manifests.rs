//! Manifests and indexes:
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests>,
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests>.

use serde::Deserialize;

use super::client::{Answer, Ask, Client, Source, Trouble};
use super::error::absent_is_none;
use super::transport::{Payload, Url};
use super::{Name, RegistryError, RegistryErrorKind, Repository};
use crate::model::{Descriptor, Digest, Manifest, media_type};

/// The largest manifest in bytes, as registries have it.
pub const MANIFEST_LIMIT: u64 = 4 << 20;

/// A manifest or index as the registry has it: its digest is that of these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawManifest {
    /// Media type, digest and size.
    pub descriptor: Descriptor,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What became of a manifest that was sent.
pub(super) enum Put {
    /// It is there; whether the registry knows what it is about.
    Done { knows_subject: bool },
    /// The registry lacks blobs of it, perhaps these.
    Missing { error: RegistryError, digests: Vec<Digest> },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Typed {
    media_type: Option<String>,
}

impl RawManifest {
    /// Of bytes that are to be sent.
    pub fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        Self { descriptor: Descriptor::of(media_type, &bytes), bytes }
    }
}

impl Client {
    /// A manifest or index, by tag or digest.
    ///
    /// # Errors
    /// There is none ([`RegistryErrorKind::Absent`]); it is larger than [`MANIFEST_LIMIT`], of another media type than
    /// OCI's and docker's, or not what the digest says; and whatever may happen on the way.
    pub fn manifest(&self, repository: &Repository, name: &Name) -> Result<RawManifest, RegistryError> {
        self.again_and_again(|| {
            let ask = self.manifest_ask("GET", repository, name, None)?;
            let answer = self.try_to_ask(&ask)?;
            if answer.status() != 200 {
                return Err(self.refusal(answer, repository).error.into());
            }
            self.read_manifest(answer, name)
        })
    }

    fn read_manifest(&self, answer: Answer, name: &Name) -> Result<RawManifest, Trouble> {
        let Answer { head, body, url } = answer;
        let bytes = body.bytes(MANIFEST_LIMIT).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => too_large(&url).into(),
            _ => Trouble::from(self.transport.failure(&url, &error)),
        })?;
        let digest = Digest::of(&bytes);
        if let Name::Digest(asked) = name {
            check(&url, "a manifest", digest, &asked.to_string())?;
        }
        check_field(&url, "a manifest", digest, head.field("docker-content-digest"))?;
        let kind = media_type_of(head.field("content-type"), &bytes);
        let kind = kind.filter(|kind| media_type::is_manifest(kind) || media_type::is_index(kind));
        let Some(kind) = kind else {
            return Err(RegistryError::garbled(&url, "what is neither a manifest nor an index").into());
        };
        Ok(RawManifest { descriptor: Descriptor::new(&kind, digest, bytes.len() as u64), bytes })
    }

    /// The digest of a manifest or index; `None` where the registry says that there is none.
    ///
    /// # Errors
    /// Anything else than these two.
    pub fn manifest_digest(
        &self,
        repository: &Repository,
        name: &Name,
    ) -> Result<Option<Digest>, RegistryError> {
        let answer = self.again_and_again(|| {
            let ask = self.manifest_ask("HEAD", repository, name, None)?;
            self.try_to_ask(&ask)
        })?;
        let digest = answer.head.field("docker-content-digest").and_then(|digest| digest.parse().ok());
        match (answer.status(), digest, name) {
            (200, Some(digest), Name::Tag(_)) => Ok(Some(digest)),
            (200, Some(digest), Name::Digest(asked)) if digest == *asked => Ok(Some(digest)),
            // An answer to HEAD has no document that says why, so the same is asked with one.
            _ => {
                Ok(absent_is_none(self.manifest(repository, name))?
                    .map(|manifest| manifest.descriptor.digest))
            }
        }
    }

    /// Sends a manifest or index, and returns its digest. What it points at must be there.
    ///
    /// # Errors
    /// The registry refuses it; it lacks blobs of it ([`RegistryErrorKind::BlobUnknown`]); it says another digest.
    pub fn push_manifest(
        &self,
        repository: &Repository,
        name: &Name,
        manifest: &RawManifest,
    ) -> Result<Digest, RegistryError> {
        match self.put_manifest(repository, name, manifest)? {
            Put::Done { knows_subject } => {
                self.note_subject(repository, manifest, knows_subject)?;
                Ok(manifest.descriptor.digest)
            }
            Put::Missing { error, .. } => Err(error),
        }
    }

    /// Where the registry does not note itself what a manifest is about, a tag has to.
    pub(super) fn note_subject(
        &self,
        repository: &Repository,
        manifest: &RawManifest,
        knows_subject: bool,
    ) -> Result<(), RegistryError> {
        match subject(manifest) {
            Some(subject) if !knows_subject => self.add_referrer(repository, subject, manifest),
            _ => Ok(()),
        }
    }

    pub(super) fn put_manifest(
        &self,
        repository: &Repository,
        name: &Name,
        manifest: &RawManifest,
    ) -> Result<Put, RegistryError> {
        let digest = manifest.descriptor.digest;
        if let Name::Digest(asked) = name
            && *asked != digest
        {
            let message = format!("a manifest with digest {digest} cannot be sent as {asked}");
            return Err(RegistryError::new(RegistryErrorKind::Mismatch, message));
        }
        let source = || {
            let bytes = manifest.bytes.as_slice();
            Ok(Payload { reader: Box::new(bytes), length: bytes.len() as u64 })
        };
        let answer = self.again_and_again(|| {
            let mut ask = self.manifest_ask("PUT", repository, name, Some(&source))?;
            ask.fields.push(("Content-Type", manifest.descriptor.media_type.clone()));
            self.try_to_ask(&ask)
        })?;
        if matches!(answer.status(), 200..300) {
            check_field(&answer.url, "a digest", digest, answer.head.field("docker-content-digest"))?;
            let knows_subject = answer.head.field("oci-subject").is_some();
            answer.drain();
            return Ok(Put::Done { knows_subject });
        }
        let refusal = self.refusal(answer, repository);
        match refusal.error.kind {
            RegistryErrorKind::BlobUnknown => {
                Ok(Put::Missing { error: refusal.error, digests: refusal.unknown })
            }
            _ => Err(refusal.error),
        }
    }

    fn manifest_ask<'a>(
        &self,
        method: &'static str,
        repository: &'a Repository,
        name: &Name,
        payload: Option<&'a Source<'a>>,
    ) -> Result<Ask<'a>, Trouble> {
        let url = self.url(repository, &format!("manifests/{name}"))?;
        let accept =
            [media_type::INDEX, media_type::MANIFEST, media_type::DOCKER_INDEX, media_type::DOCKER_MANIFEST];
        let scope = if method == "PUT" { repository.push_scope() } else { repository.pull_scope() };
        Ok(Ask { method, url, repository, scope, fields: vec![("Accept", accept.join(", "))], payload })
    }

    /// `/v2/REPOSITORY/REST` of the registry.
    pub(super) fn url(&self, repository: &Repository, rest: &str) -> Result<Url, Trouble> {
        let origin = self.home(repository)?;
        Ok(Url { origin, target: format!("/v2/{}/{rest}", repository.path()) })
    }
}

impl Repository {
    /// <https://distribution.github.io/distribution/spec/auth/scope/>
    pub(super) fn pull_scope(&self) -> String {
        format!("repository:{}:pull", self.path())
    }

    pub(super) fn push_scope(&self) -> String {
        format!("repository:{}:pull,push", self.path())
    }
}

/// The manifest that this one is about.
fn subject(manifest: &RawManifest) -> Option<Digest> {
    let manifest: Manifest = serde_json::from_slice(&manifest.bytes).ok()?;
    Some(manifest.subject?.digest)
}

/// What the document says of itself counts before the header field, which some registries fill in carelessly.
fn media_type_of(field: Option<&str>, bytes: &[u8]) -> Option<String> {
    let typed: Typed = serde_json::from_slice(bytes).ok()?;
    let field = field.map(|field| field.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    typed.media_type.or(field)
}

fn too_large(url: &Url) -> RegistryError {
    RegistryError::garbled(url, format!("a manifest of more than {MANIFEST_LIMIT} bytes"))
        .of_kind(RegistryErrorKind::Mismatch)
}

/// What a registry says in `Docker-Content-Digest` must be true.
pub(super) fn check_field(
    url: &Url,
    what: &str,
    digest: Digest,
    field: Option<&str>,
) -> Result<(), RegistryError> {
    match field.map(str::trim) {
        // The header may be of another algorithm.
        Some(field) if field.starts_with("sha256:") || !field.contains(':') => {
            check(url, what, digest, field)
        }
        _ => Ok(()),
    }
}

fn check(url: &Url, what: &str, digest: Digest, expected: &str) -> Result<(), RegistryError> {
    if digest.to_string() == expected {
        return Ok(());
    }
    let what = format!("{what} with digest {digest}, where {} was said", expected.escape_debug());
    Err(RegistryError::garbled(url, what).of_kind(RegistryErrorKind::Mismatch))
}
