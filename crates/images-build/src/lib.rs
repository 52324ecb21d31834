//! For `build.rs`: the names, versions and references of a workspace's container images, at compile time.
//!
//! It reads Image.toml files and Cargo.toml files, and nothing else: no engine, no network, no cargo.
//!
//! ```no_run
//! // build.rs
//! images_build::emit();
//! ```
//!
//! The crate then has, for the image in its own folder, the `env!` values `IMAGE_NAME`, `IMAGE_VERSION`, `IMAGE_TAG`,
//! `IMAGE_REPOSITORY` and `IMAGE_REFERENCE`, and for every image of the workspace what
//! `include!(concat!(env!("OUT_DIR"), "/images.rs"));` at the crate's root brings: a module `images` with one constant an
//! image, `images::FLASK.reference()`, and the macro `images::reference!("flask:3.11")`, which does not compile where no
//! image is meant.
//!
//! `images_build::emit().exact();` adds the image that was built last: `images::FLASK.exact()`.
//!
//! Outside of a workspace with images (a package, a vendored copy, docs.rs) all values are empty and nothing fails.

mod cargo_manifest;
mod crates;
mod environment;
mod exact;
mod failure;
mod folders;
mod generated;
mod member;
mod own;
mod root;
mod script;

pub use script::{Emit, Emitted};

/// As [`Emit::emit`] without any option.
pub fn emit() -> Emitted {
    Emit::new().emit()
}

#[cfg(test)]
mod tests;
