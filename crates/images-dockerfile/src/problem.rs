//! What is wrong in a text, and where.

use std::ops::Range;

/// Bytes of the original text, before any normalisation: a BOM and CRs count.
pub type Span = Range<usize>;

/// A problem at a place in the text that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line.
    pub message: String,
    /// The bytes that it is about.
    pub span: Span,
    /// What stands beside the span; may be empty.
    pub label: String,
    /// What was expected and what to do next.
    pub help: Option<String>,
}
