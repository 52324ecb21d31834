//! Dockerfiles, `.dockerignore` files and image references: text goes in, values with spans come out.
//!
//! This crate does no I/O and depends on nothing but the standard library.

mod dockerfile;
mod ignore;
mod pattern;
mod problem;
mod reference;
mod resolution;
mod rewrite;

pub use dockerfile::{Dockerfile, Feature, FeatureUse};
pub use ignore::{Ignore, ParentMatch};
pub use pattern::Pattern;
pub use problem::{Problem, Span};
pub use reference::{Reference, ReferenceError};
pub use resolution::{
    ImageReference, Inputs, Platform, ReferenceKind, Resolution, SecretUse, Source, SourceKind, Sources,
    Stage,
};
pub use rewrite::{Replacement, rewrite};
