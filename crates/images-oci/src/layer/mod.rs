//! Layers: entries, and the archives that they are written to and read from:
//! <https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md>.
//!
//! 1. [`Entry`], [`Content`], [`name`]: what a layer holds.
//! 2. [`write_tar`], [`Compression`]: how it is written; the same entries are the same bytes, everywhere.
//! 3. [`Spool`], [`Limits`], [`Packing`]: how it is read, in one pass or in any order; what is wrong is refused.

mod compression;
mod content;
mod entry;
mod error;
mod header;
pub mod name;
mod reader;
mod spool;
#[cfg(test)]
mod tests;
mod whiteout;
mod writer;
mod zstd_frames;

pub use compression::{Compression, Packing};
pub use content::{Content, StagedFile};
pub use entry::{Entry, Kind, Meta, Special};
pub use error::LayerError;
pub use reader::Limits;
pub use spool::Spool;
pub use whiteout::with_whiteouts;
pub use writer::write_tar;
