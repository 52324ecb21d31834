//! Image.toml, workspace settings and the diagnostics that speak of them.
//!
//! This crate does no I/O: text goes in, values with spans come out. How an image expands into variants is decided here, for
//! whoever can tell what folders and crates there are; what else values mean together with other files, in `images-core`.

mod diagnostic;
mod expansion;
pub mod json_schema;
mod lock;
mod manifest;
mod members;
pub mod message;
mod placeholder;
mod policy;
mod references;
mod rule;
mod settings;
mod spanned;
mod suggestion;
mod test_table;
mod text;
mod version;

pub use diagnostic::{Diagnostic, Severity, Snippet};
pub use expansion::{Outline, Versions, expand};
pub use lock::{Lock, LockedImage, Pin};
pub use manifest::{
    Artifacts, Described, Field, ImageTable, InputTable, Manifest, Matrix, Modes, PrepareTable, SecretTable,
    VariantTable, VersionSource,
};
pub use members::{Candidates, DEFAULT_MEMBERS, PathGlob, candidates, normal};
pub use placeholder::{PlaceholderError, fill};
pub use policy::Policy;
pub use references::References;
pub use rule::Rule;
pub use settings::{ImageDefaults, PackageDefaults, RootManifest, Settings};
pub use spanned::Spanned;
pub use suggestion::did_you_mean;
pub use test_table::{
    ConfigTable, ExpectTable, FileKind, FileTable, HttpExpectTable, HttpTable, Id, TestTable, TextTable,
};
pub use text::SourceText;
pub use version::{Choice, Requirement, Version, VersionError, select, tag_text};
