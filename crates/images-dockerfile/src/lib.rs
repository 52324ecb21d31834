//! Dockerfiles, `.dockerignore` files and image references: text goes in, values with spans come out.
//!
//! This crate does no I/O and depends on nothing but the standard library.

mod problem;
mod reference;

// A Dockerfile's text, from lines to instructions.
mod directive;
mod dockerfile;
mod flag;
mod heredoc;
mod instruction;
mod json_array;
mod logical_line;
mod mount;
mod word;
mod written;

// Its meaning for one target.
mod configuration;
mod context_source;
mod expander;
mod resolution;
mod resolve;
mod scope;
mod shell_pattern;
mod shell_word;
mod stage_graph;

mod rewrite;

mod ignore;
mod ignore_pattern;
mod ignore_regex;
mod pattern;
mod suggestion;

pub use configuration::{Configuration, User};
pub use context_source::is_remote;
pub use dockerfile::{Arg, Dockerfile, Document, Feature, FeatureUse, Instruction};
pub use expander::Expander;
pub use ignore::{Ignore, ParentMatch};
pub use pattern::Pattern;
pub use problem::{Problem, Span};
pub use reference::{Reference, ReferenceError};
pub use resolution::{
    ImageReference, Inputs, Platform, ReferenceKind, Resolution, SecretUse, Source, SourceKind, Sources,
    Stage,
};
pub use rewrite::{Replacement, rewrite};
pub use word::Word;
pub use written::{Written, WrittenFlag};

/// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
