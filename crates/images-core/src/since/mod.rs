//! Comparison with a commit: what differs, and what each finding is.
//!
//! 1. `revision` reads the commit's name; `fetch` says how a clone gets a commit that it lacks.
//! 2. `tree` puts a checkout of it below `target/images/trees`, with what `submodule` finds of its submodules.
//! 3. `earlier` loads that checkout as a workspace and computes keys in it, by the same code and options as for the work
//!    tree. What cannot be read there stays unknown, and never counts as unchanged.
//! 4. `artifacts` tells which binaries of cargo's are the same, by `sources` if it can, else by building them.
//! 5. `compare` matches variants of both sides; `finding` says what became of them.
//! 6. `check` says which of these should have another version.
//!
//! The work tree is compared as it is, with what is not committed.

mod artifacts;
mod check;
mod compare;
mod earlier;
mod fetch;
mod finding;
mod revision;
mod sources;
mod submodule;
mod tree;

pub use artifacts::ArtifactsBy;
pub use check::unbumped;
pub use compare::{Comparison, SinceOptions, compare};
pub use finding::{Change, Finding, Removed};
pub use revision::Revision;
