//! What the end-to-end tests stand on: the engines of this machine, started where that is needed, and workspaces to
//! build with them.
//!
//! 1. [`flavour`]: which engines there are, as data, and why the others are not there.
//! 2. [`engine`]: one of them that is a program, ready to use, in an environment of its own; [`builtin`]: the one that
//!    is none; [`subject`]: either.
//! 3. [`server`], [`daemon`], [`registry`]: what is started for them, and stopped at the end.
//! 4. [`fake_registry`]: a registry in this process, which does wrong when it is told to.
//! 5. [`archive`], [`file_tree`]: what is in an image.
//! 6. [`workspace`]: a workspace in a temporary folder, and the tool's answers about it; [`checkout`]: with git.
//! 7. [`filters`], [`trials`]: which tests a command line means, and what a test is.

// A test starts processes and reads its environment itself: the product's ways of doing so are what it tests.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

pub mod archive;
pub mod builtin;
pub mod checkout;
pub mod daemon;
pub mod engine;
pub mod fake_registry;
pub mod file_tree;
pub mod filters;
pub mod flavour;
pub mod machine;
pub mod program;
pub mod random_tree;
pub mod registry;
pub mod server;
pub mod subject;
pub mod trials;
pub mod workspace;
