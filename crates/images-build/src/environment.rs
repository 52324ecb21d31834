//! What cargo and the caller tell a build script: the one place that reads the environment.

use camino::Utf8PathBuf;

/// Where a build script runs.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// The folder of the crate. Absolute.
    pub(crate) folder: Utf8PathBuf,
    /// The crate's name.
    pub(crate) name: String,
    /// The crate's version.
    pub(crate) version: String,
    /// The registry's host instead of the workspace's.
    pub(crate) registry: Option<String>,
    /// Whether docs.rs builds the documentation: there is no workspace then.
    pub(crate) is_docs_rs: bool,
    /// Where the generated file goes.
    pub(crate) out: Utf8PathBuf,
}

impl Environment {
    /// Reads it; the name of a variable that is missing, so that this is no build script.
    pub(crate) fn read() -> Result<Self, &'static str> {
        let needed = |name| read(name).ok_or(name);
        Ok(Self {
            folder: needed("CARGO_MANIFEST_DIR")?.into(),
            name: needed("CARGO_PKG_NAME")?,
            version: needed("CARGO_PKG_VERSION")?,
            registry: read("IMAGES_REGISTRY").filter(|registry| !registry.is_empty()),
            is_docs_rs: read("DOCS_RS").is_some(),
            out: needed("OUT_DIR")?.into(),
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a build script is told everything by its environment")]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
