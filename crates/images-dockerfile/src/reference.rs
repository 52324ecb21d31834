//! Image references, by the distribution grammar.

use std::fmt;

/// An image reference as it is written: nothing is added, nothing is normalised.
///
/// Grammar: <https://github.com/distribution/reference/blob/main/reference.go>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The registry's host with its port, where one is written: `ghcr.io`, `localhost:5000`.
    pub domain: Option<String>,
    /// The repository within the registry: `acme/python`.
    pub path: String,
    /// The text after `:`.
    pub tag: Option<String>,
    /// The text after `@`, with its algorithm.
    pub digest: Option<String>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// Whatever docker refuses, with the part that is wrong.
    pub fn parse(_text: &str) -> Result<Self, ReferenceError> {
        todo!()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
