//! Image.toml, workspace settings and the diagnostics that speak of them.
//!
//! This crate does no I/O: text goes in, values with spans come out. What a value means together with other files
//! (which folder, which crate, which variant) is decided in `images-core`.

mod diagnostic;
mod lock;
mod manifest;
pub mod message;
mod placeholder;
mod policy;
mod rule;
mod settings;
mod suggestion;
mod test_table;
mod text;
mod version;

pub use diagnostic::{Diagnostic, Severity, Snippet};
pub use lock::{Lock, LockedImage, Pin};
pub use manifest::{
    Artifacts, Described, Field, ImageTable, InputTable, Manifest, Matrix, Modes, PrepareTable, SecretTable,
    VariantTable, VersionSource,
};
pub use placeholder::{PlaceholderError, fill};
pub use policy::Policy;
pub use rule::Rule;
pub use settings::{ImageDefaults, PackageDefaults, RootManifest, Settings};
pub use suggestion::did_you_mean;
pub use test_table::{
    ConfigTable, ExpectTable, FileKind, FileTable, HttpExpectTable, HttpTable, Id, TestTable, TextTable,
};
pub use text::SourceText;
pub use toml::Spanned;
pub use version::{Requirement, Version, VersionError, tag_text};
