//! JSON schemas of what this crate reads, for editors.
//!
//! They are made of the reader's own types by their tests (`made`), which fail where a file is not what would be made, or
//! says anything else than the reader does. What a build of this crate compiles is the text alone.
//!
//! The dialect is draft 7, for what most editors read TOML with: Taplo and Even Better TOML promise draft 4, take a schema's own
//! `$schema` for its dialect, and drop whatever stands beside a `$ref`
//! (<https://taplo.tamasfe.dev/configuration/developing-schemas.html>). So there are no references in them.

#[cfg(test)]
mod made;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod validator;

/// Of Image.toml.
pub const IMAGE: &str = include_str!("../../schemas/image.json");
/// Of a root Cargo.toml, as far as images are concerned: `[workspace.metadata.images]`.
pub const WORKSPACE: &str = include_str!("../../schemas/workspace.json");
/// Of Images.lock.
pub const LOCK: &str = include_str!("../../schemas/lock.json");
