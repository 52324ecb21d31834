//! `.dockerignore`, with BuildKit's meaning.

use crate::Problem;

/// A parsed `.dockerignore`.
#[derive(Debug, Clone, Default)]
pub struct Ignore {}

/// What a folder matched, for its children.
#[derive(Debug, Clone, Default)]
pub struct ParentMatch {}

impl Ignore {
    /// Reads the file. An empty text ignores nothing.
    ///
    /// # Errors
    /// A bad pattern, at its span.
    pub fn parse(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        todo!()
    }

    /// Whether `path` (relative to the context's root, `/` between its parts) is excluded, and what its children
    /// inherit. `parent` is what the folder that holds it matched; the root's is the default.
    pub fn excludes(&self, _path: &str, _parent: &ParentMatch) -> (bool, ParentMatch) {
        todo!()
    }

    /// Whether the walk must enter the excluded folder `path`, because an exception may lie below it.
    pub fn enters(&self, _path: &str) -> bool {
        todo!()
    }
}
