//! What goes wrong between us and a registry.

use std::io;

use super::transport::Url;

/// A failure, told in one message.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct RegistryError {
    /// What sort of failure it is.
    pub kind: RegistryErrorKind,
    /// The status of the answer, where one was the reason.
    pub status: Option<u16>,
    /// What went wrong. It contains no credential.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// What sort of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryErrorKind {
    /// The registry said that there is no such thing: 404 with an error document of the specification.
    Absent,
    /// The registry wants (other) credentials: 401 and 403.
    Denied,
    /// It refused the request for another reason.
    Refused,
    /// It was tried as often as allowed, and the registry stayed busy or broken.
    Unavailable,
    /// It could not be reached, or the connection broke each time.
    Unreachable,
    /// What came is no answer of a registry.
    Garbled,
    /// What came is not what its digest or size says.
    Mismatch,
    /// The manifest names blobs that the registry does not have.
    BlobUnknown,
    /// No image of an index is for the platform.
    Platform,
    /// What the client was given cannot be used: a name, a file of credentials, a certificate, a proxy.
    Input,
    /// The side of the caller failed: reading what is sent, or writing what comes.
    Local,
    /// There was an interrupt.
    Interrupted,
}

impl RegistryError {
    pub(super) fn new(kind: RegistryErrorKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, message: message.into(), help: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn of_kind(self, kind: RegistryErrorKind) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn garbled(url: &Url, what: impl std::fmt::Display) -> Self {
        Self::new(RegistryErrorKind::Garbled, format!("{url} answered with {what}"))
    }

    pub(super) fn local(what: &str, error: &io::Error) -> Self {
        Self::new(RegistryErrorKind::Local, format!("{what}: {error}"))
    }

    pub(super) fn interrupted() -> Self {
        Self::new(RegistryErrorKind::Interrupted, "interrupted")
    }

    /// Whether this says that there is no such thing.
    pub fn is_absent(&self) -> bool {
        self.kind == RegistryErrorKind::Absent
    }
}

/// `Ok(None)` for what is absent.
pub(super) fn absent_is_none<T>(result: Result<T, RegistryError>) -> Result<Option<T>, RegistryError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error),
    }
}
