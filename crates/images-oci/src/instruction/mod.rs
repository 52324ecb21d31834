//! What the instructions of a Dockerfile mean for an image's configuration and its files, as BuildKit has it.
//!
//! 1. [`Command`] reads an instruction as it is written: its form, its flags, the words that are not expanded yet.
//! 2. [`StageState`] takes commands in order: each changes the configuration, adds to the history, and may ask for a
//!    change of files, an [`Operation`].
//!
//! What is not known, or needs a container or a network, is a [`Refusal`] at its place.

mod command;
mod duration;
mod go_text;
mod health;
mod ports;
mod refusal;
mod signal;
mod stage;
#[cfg(test)]
mod tests;
mod transfer;
mod variables;

pub use command::{Command, CommandLine, Pair};
pub use go_text::timestamp;
pub use refusal::Refusal;
pub use stage::{HISTORY_COMMENT, Operation, StageState, Surroundings};
pub use transfer::{Document, Transfer, TransferWords};
pub use variables::Variables;
