//! Why a command ends early.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::{EngineError, NoEngine};
use images_oci::archive::ArchiveError;
use images_oci::layout::LayoutError;
use images_oci::registry::{RegistryError, RegistryErrorKind};
use images_schema::Diagnostic;

/// Why a command ends early. A build that fails is none: it is part of what happened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user's files or words are wrong: exit code 2.
    #[error("{}", .0.first().map_or("", |diagnostic| diagnostic.message.as_str()))]
    Input(Vec<Diagnostic>),
    /// No engine answers: exit code 3.
    #[error(transparent)]
    NoEngine(#[from] NoEngine),
    /// The engine answered with an error: exit code 3.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A command on the host failed: exit code 1.
    #[error("{message}")]
    Command {
        /// What failed, and why.
        message: String,
        /// The end of what it printed.
        output: String,
        /// What to do.
        help: Option<String>,
    },
    /// A file could not be read or written: exit code 1.
    #[error("{doing} {path}: {source}")]
    Io {
        /// For example "cannot read".
        doing: &'static str,
        /// The file or folder.
        path: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An image could not be moved from one place to another: exit code 1.
    #[error("{message}")]
    Transfer {
        /// What went wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// A registry did not tell what the files ask it, each with the place that asks: exit code 1.
    #[error("{}", .0.first().map_or("", |diagnostic| diagnostic.message.as_str()))]
    Registry(Vec<Diagnostic>),
    /// Something was asked for that would break a promise: exit code 1.
    #[error("{}", .0.first().map_or("", |diagnostic| diagnostic.message.as_str()))]
    Refused(Vec<Diagnostic>),
    /// An interrupt: exit code 130.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// A function for `map_err` that adds what was done to which path.
    pub fn io(doing: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }

    /// The exit code of a command that ends with this.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) => exit_code::USAGE,
            Self::NoEngine(_) | Self::Engine(_) => exit_code::NO_ENGINE,
            Self::Command { .. }
            | Self::Io { .. }
            | Self::Transfer { .. }
            | Self::Registry(_)
            | Self::Refused(_) => exit_code::FAILED,
            Self::Interrupted => exit_code::INTERRUPTED,
        }
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        match error.kind {
            RegistryErrorKind::Interrupted => Self::Interrupted,
            _ => Self::Transfer { help: next_step(&error), message: error.message },
        }
    }
}

/// What to do about a registry's failure.
pub(crate) fn next_step(error: &RegistryError) -> Option<String> {
    let general = match error.kind {
        RegistryErrorKind::Unavailable => Some("the registry is busy or broken: try again later"),
        RegistryErrorKind::Unreachable => Some("check the registry's name and the network"),
        _ => None,
    };
    error.help.clone().or_else(|| general.map(str::to_owned))
}

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        Self::Transfer { message: error.to_string(), help: None }
    }
}

impl From<ArchiveError> for Error {
    fn from(error: ArchiveError) -> Self {
        Self::Transfer { message: error.to_string(), help: None }
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Input(vec![diagnostic])
    }
}

impl From<Box<Diagnostic>> for Error {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::Input(vec![*diagnostic])
    }
}

/// What the process ends with.
pub mod exit_code {
    /// All is done.
    pub const DONE: u8 = 0;
    /// A build, a test or a check failed.
    pub const FAILED: u8 = 1;
    /// The command line or a manifest is wrong.
    pub const USAGE: u8 = 2;
    /// No engine can do it.
    pub const NO_ENGINE: u8 = 3;
    /// An interrupt ended it.
    pub const INTERRUPTED: u8 = 130;
}

/// A child that could not be run: an interrupt, or why.
pub(crate) fn host_error(error: io::Error, doing: &'static str, path: &Utf8Path) -> Error {
    match error.kind() {
        io::ErrorKind::Interrupted => Error::Interrupted,
        _ => Error::io(doing, path)(error),
    }
}
