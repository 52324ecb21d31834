//! What the built-in engine makes of a case.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::read::GzDecoder;
use images_dockerfile::Sources;
use images_engine::process::Cancel;
use images_engine::{BuildFailure, BuildRequest, Engine};
use images_oci::builtin::{Builtin, BuiltinOptions};
use images_oci::layer::Compression;
use images_tests::file_tree::FileTree;
use serde_json::Value;

use crate::case::Case;
use crate::docker::{Image, Results};
use crate::{bases, context};

/// Builds the bases and the case in a layout of its own.
pub(crate) fn build(case: &Case, results: &Results) -> Result<Image, String> {
    let layout = Layout::new()?;
    let filled = |text: &str| text.replace("{base}", &results.names[0]).replace("{entry}", &results.names[1]);
    let of_results = |name: &str| utf8(&results.folder.path().join(name));
    for (name, text) in results.names.iter().zip([bases::BASE, bases::ENTRY]) {
        if case.dockerfile.contains('{') {
            let base = Case { dockerfile: filled(text), ..Case::default() };
            layout.build(&base, name, &of_results("rootfs")?)?;
        }
    }
    let filled = Case { dockerfile: filled(&case.dockerfile), ..case.clone() };
    layout.build(&filled, "localhost/case:1", &of_results("context")?)?;
    layout.read("localhost/case:1")
}

/// A layout in a temporary folder, and the engine that fills it.
pub(crate) struct Layout {
    folder: tempfile::TempDir,
    root: Utf8PathBuf,
    engine: Builtin,
}

impl Layout {
    pub(crate) fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let root = utf8(folder.path())?;
        let options = BuiltinOptions {
            layout: root.join("oci"),
            epoch: 315_532_800,
            jobs: 2,
            registry: None,
            compression: Compression::Gzip,
        };
        Ok(Self { folder, root, engine: Builtin::new(options, Vec::new()) })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self) -> Utf8PathBuf {
        self.root.join("oci")
    }

    /// The context of the cases, made beside the layout.
    pub(crate) fn context(&self) -> Result<Utf8PathBuf, String> {
        let path = self.root.join("context");
        context::make(path.as_std_path()).map_err(|error| error.to_string())?;
        Ok(path)
    }

    pub(crate) fn build(&self, case: &Case, name: &str, context: &Utf8Path) -> Result<(), String> {
        let dockerfile = self.root.join("Dockerfile");
        fs::write(&dockerfile, &case.dockerfile).map_err(|error| error.to_string())?;
        let request = BuildRequest {
            context,
            entries: None,
            dockerfile: &dockerfile,
            tags: &[name.to_owned()],
            args: &case.args,
            labels: &BTreeMap::new(),
            target: case.target.as_deref(),
            platform: None,
            secrets: &[],
            never_pull: true,
            sources: &Sources::All,
            size: 0,
            files: 0,
            features: &[],
            log: &self.root.join("log"),
        };
        match self.engine.build(&request, &Cancel::default()) {
            Ok(_) => Ok(()),
            Err(BuildFailure::Failed { message, line }) => Err(format!("{message} (line {line:?})")),
            Err(BuildFailure::Refused { message, line, help }) => {
                Err(format!("{message} (line {line}; {help})"))
            }
            Err(other) => Err(other.to_string()),
        }
    }

    /// Reads an image without the code that wrote it.
    pub(crate) fn read(&self, name: &str) -> Result<Image, String> {
        let layout = self.path();
        let index = json(&layout.join("index.json"))?;
        let manifests = index["manifests"].as_array().ok_or("index.json has manifests")?;
        let named = |entry: &&Value| entry["annotations"]["org.opencontainers.image.ref.name"] == name;
        let manifest = manifests.iter().find(named).ok_or("the image has its name")?;
        let manifest = json(&blob(&layout, manifest))?;
        let config = json(&blob(&layout, &manifest["config"]))?;
        let mut files = FileTree::default();
        for layer in manifest["layers"].as_array().ok_or("a manifest has layers")? {
            let file = File::open(blob(&layout, layer)).map_err(|error| error.to_string())?;
            files.apply(GzDecoder::new(file));
        }
        let author = config["author"].as_str().unwrap_or_default().to_owned();
        Ok(Image { config: config["config"].clone(), author, files })
    }
}

fn utf8(path: &Path) -> Result<Utf8PathBuf, String> {
    Utf8PathBuf::from_path_buf(path.to_owned()).map_err(|path| format!("{} is no text", path.display()))
}

fn blob(layout: &Utf8Path, descriptor: &Value) -> Utf8PathBuf {
    let digest = descriptor["digest"].as_str().unwrap_or_default();
    layout.join("blobs").join(digest.replace(':', "/"))
}

fn json(path: &Utf8Path) -> Result<Value, String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{path}: {error}"))
}
