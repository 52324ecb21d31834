//! Image.toml, workspace settings and message types.
//!
//! This crate does no I/O: text goes in, values with spans come out.

mod diagnostic;

pub use diagnostic::{Diagnostic, Severity, Snippet};
