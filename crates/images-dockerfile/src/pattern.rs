//! Go's `filepath.Match`, by which `COPY` and `ADD` choose files.

use crate::Problem;

/// A pattern of Go's `filepath.Match`: `*` and `?` stop at `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {}

impl Pattern {
    /// Reads a pattern; the problem's span is within `text`.
    ///
    /// # Errors
    /// A malformed pattern, as Go's `ErrBadPattern`.
    pub fn parse(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    /// Whether the whole of `path` matches.
    pub fn matches(&self, _path: &str) -> bool {
        todo!()
    }
}
