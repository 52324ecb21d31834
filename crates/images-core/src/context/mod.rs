//! The files that one Dockerfile can read, after `.dockerignore`.
//!
//! 1. [`read`] walks the context's folder. Only what a source of the Dockerfile can reach is entered, `.dockerignore`
//!    is applied as BuildKit does it, and each file is hashed, or known from the [`StatCache`].
//! 2. Joined files (artifacts, inputs, prepared files) are added; they may hide nothing.
//! 3. The entries are sorted and hashed: [`Context::hash`].
//! 4. [`stage()`] copies exactly these entries into a folder named by that hash, [`write_tar`] writes them as an archive.
//!    Both hash the bytes that they copy, so a file that changed since step 1 is noticed: [`StageError::Changed`].
//! 5. [`trim()`] removes stages that were not used for long.
//!
//! What an entry's hash depends on: path, kind, permission bits, content, link target. What it must not depend on:
//! times, owners, inode numbers, the place of the repository.

mod archive;
mod encoding;
mod entry;
mod error;
mod file;
mod links;
mod missing;
mod reading;
mod selection;
mod stage;
mod stat_cache;

mod trim;
mod walk;

pub use archive::write_tar;
pub use entry::{Context, Entry, EntryKind};
pub use error::{ContextError, StageError};
pub use links::Boundary;
pub use reading::{ContextRequest, EPOCH, Joined, Modes, read};
pub use stage::stage;
pub use stat_cache::StatCache;
pub(crate) use trim::discard;
pub use trim::trim;

#[cfg(test)]
mod tests;
