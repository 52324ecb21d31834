//! What can come next on the command line.
//!
//! Cargo completes its own commands and knows nothing behind an alias, and scripts that clap's companion makes are for the name
//! of a program, not for words behind one. So each shell gets a small script (`scripts`) that hands the words behind
//! `cargo xtask images` to the tool, which answers from the same definitions that it parses by (`walk`), and from the workspace
//! where images are named (`value`).

mod scripts;
mod value;
mod walk;

pub(crate) use scripts::of as script;
pub(crate) use value::Image;
pub(crate) use walk::complete;

/// A word that can come next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The whole word.
    pub(crate) word: String,
    /// What it is, in one line; may be empty.
    pub(crate) about: String,
}

/// What can come next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Completion {
    /// One of these.
    Words(Vec<Candidate>),
    /// A path, which a shell completes in its own way.
    Path,
}

#[cfg(test)]
mod tests;
