//! Built images leave their engine's store.
//!
//! 1. [`Local::gather`] refuses what is not built, and finds the rest in a layout: the built-in engine's own, or one that
//!    the other engines' images are saved into.
//! 2. [`push()`] sends them to the registry, parents first; [`load()`] puts them into another engine; [`export()`] writes
//!    them into a folder or a file.

pub(crate) mod about;
mod export;
pub(crate) mod index;
mod load;
mod local;
pub(crate) mod push;
pub(crate) mod sbom;

pub use export::export;
pub use load::load;
pub(crate) use local::refuse_stale;
pub use local::{Local, LocalImage};
pub use push::{PushOptions, PushedImage, push};
