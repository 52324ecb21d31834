//! Where an image is, in full.

use std::fmt;

use images_dockerfile::Reference;

use super::{RegistryError, RegistryErrorKind};
use crate::model::Digest;

/// How references call Docker Hub, and where it is.
const HUB: &str = "docker.io";
const HUB_REGISTRY: &str = "registry-1.docker.io";

/// A repository of a registry, with nothing left out:
/// <https://github.com/distribution/reference/blob/main/normalize.go>.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    host: String,
    path: String,
}

/// A tag or a digest in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// A tag, which may mean another manifest tomorrow.
    Tag(String),
    /// A digest.
    Digest(Digest),
}

impl Repository {
    /// Of a reference; its tag and digest do not count.
    pub fn of(reference: &Reference) -> Self {
        let host = match reference.domain.as_deref() {
            None | Some("index.docker.io") => HUB,
            Some(domain) => domain,
        };
        let is_official = host == HUB && !reference.path.contains('/');
        let path = if is_official { format!("library/{}", reference.path) } else { reference.path.clone() };
        Self { host: host.to_owned(), path }
    }

    /// Of its text.
    ///
    /// # Errors
    /// It is no reference.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        Ok(Self::of(&parse(text)?))
    }

    /// The host with its port, as references have it: `docker.io`, `localhost:5000`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path within the registry.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is on Docker Hub.
    pub fn is_hub(&self) -> bool {
        self.host == HUB
    }

    /// The host and port that requests go to.
    pub(super) fn authority(&self) -> &str {
        if self.is_hub() { HUB_REGISTRY } else { &self.host }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)
    }
}

impl Name {
    /// What a reference means: its digest, else its tag, else `latest`.
    ///
    /// # Errors
    /// A digest that is not sha256.
    pub fn of(reference: &Reference) -> Result<Self, RegistryError> {
        match (&reference.digest, &reference.tag) {
            (Some(digest), _) => {
                digest.parse().map(Self::Digest).map_err(|error| input(format!("{reference}: {error}")))
            }
            (None, Some(tag)) => Ok(Self::Tag(tag.clone())),
            (None, None) => Ok(Self::Tag("latest".to_owned())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl From<Digest> for Name {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

fn parse(text: &str) -> Result<Reference, RegistryError> {
    Reference::parse(text).map_err(|error| {
        let failure = input(format!("`{text}`: {error}"));
        RegistryError { help: error.help, ..failure }
    })
}

fn input(message: String) -> RegistryError {
    RegistryError::new(RegistryErrorKind::Input, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_docker_hub() {
        for (text, full, authority) in [
            ("python", "docker.io/library/python", "registry-1.docker.io"),
            ("acme/python:3", "docker.io/acme/python", "registry-1.docker.io"),
            ("docker.io/python", "docker.io/library/python", "registry-1.docker.io"),
            ("index.docker.io/a/b", "docker.io/a/b", "registry-1.docker.io"),
            ("ghcr.io/python", "ghcr.io/python", "ghcr.io"),
            ("localhost:5000/a", "localhost:5000/a", "localhost:5000"),
        ] {
            let repository = Repository::parse(text).unwrap();
            assert_eq!((repository.to_string().as_str(), repository.authority()), (full, authority));
        }
        assert_eq!(Repository::parse("a b").unwrap_err().kind, RegistryErrorKind::Input);
    }

    #[test]
    fn a_digest_counts_before_a_tag_and_none_is_latest() {
        let name = |text: &str| Name::of(&Reference::parse(text).unwrap());
        let digest = Digest::of(b"");
        assert_eq!(name("a").unwrap(), Name::Tag("latest".to_owned()));
        assert_eq!(name("a:1").unwrap(), Name::Tag("1".to_owned()));
        assert_eq!(name(&format!("a:1@{digest}")).unwrap(), Name::Digest(digest));
        let long = format!("a@sha512:{}", "0".repeat(128));
        assert_eq!(name(&long).unwrap_err().kind, RegistryErrorKind::Input);
    }
}
