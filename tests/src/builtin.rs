//! The built-in engine. It is no program: its images are in the OCI layout of each workspace that it builds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use images_oci::archive::read_archive;
use images_oci::layer::Compression;
use images_oci::layout::Layout;
use serde_json::Value;

use crate::archive::{Image, apply};
use crate::machine::Environment;

/// Where a workspace has its layout.
const LAYOUT: &str = "target/images/oci";
/// The annotation that holds a name:
/// <https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys>.
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The built-in engine for the workspaces in a folder.
#[derive(Debug, Clone)]
pub struct Builtin {
    /// All of the environment that the tool is to have.
    pub environment: Environment,
    /// The folder that workspaces are made in.
    pub folder: PathBuf,
}

impl Builtin {
    /// The same engine for the workspaces in an empty folder of this name.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn with_store(mut self, name: &str) -> io::Result<Self> {
        self.folder = self.folder.join("stores").join(name);
        fs::create_dir_all(&self.folder)?;
        Ok(self)
    }

    /// The layouts that there are.
    fn layouts(&self) -> Vec<PathBuf> {
        let workspaces = fs::read_dir(&self.folder).expect("the folder is ours");
        let layout = |entry: io::Result<fs::DirEntry>| entry.expect("the folder is ours").path().join(LAYOUT);
        workspaces.map(layout).filter(|layout| layout.join("index.json").is_file()).collect()
    }

    /// The layouts, for changes.
    fn opened(&self) -> impl Iterator<Item = Layout> {
        let utf8 = |path| Utf8PathBuf::from_path_buf(path).expect("temporary folders have plain names");
        let open = move |path| Layout::open(&utf8(path)).expect("the tool wrote a layout");
        self.layouts().into_iter().map(open)
    }

    /// The names of all images whose name begins so, sorted.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let entries = self.layouts().into_iter().flat_map(|layout| entries(&layout));
        let mut names: Vec<String> =
            entries.map(|(name, _)| name).filter(|name| name.starts_with(prefix)).collect();
        names.sort();
        names
    }

    /// What is in these images, by name; read without the code that wrote them.
    ///
    /// # Panics
    /// One of them is not there.
    #[track_caller]
    pub fn images(&self, names: &[String]) -> BTreeMap<String, Image> {
        let mut images = BTreeMap::new();
        for layout in self.layouts() {
            let wanted = entries(&layout).into_iter().filter(|(name, _)| names.contains(name));
            images.extend(wanted.map(|(name, manifest)| (name, image(&layout, &manifest))));
        }
        assert_eq!(images.len(), names.len(), "of {names:?} only these are there: {:?}", images.keys());
        images
    }

    /// Takes names from images; one without any is no image any more.
    ///
    /// # Panics
    /// A layout cannot be written.
    pub fn remove(&self, names: &[String]) {
        self.opened().for_each(|layout| layout.remove_names(names).expect("the layout can be written"));
    }

    /// Takes the images of an archive into the layout of the one workspace that there is.
    ///
    /// # Panics
    /// It is no archive of images.
    pub fn load(&self, archive: &Path) {
        let layout = self.opened().next().expect("a workspace was built");
        let file = File::open(archive).expect("the archive was written");
        let images = read_archive(&layout, file, Compression::Gzip, 1).expect("it is an archive of images");
        let named = |image: images_oci::archive::ArchivedImage| {
            let manifest = image.manifest;
            image.names.into_iter().map(move |name| (name, manifest.clone()))
        };
        let names: Vec<_> = images.into_iter().flat_map(named).collect();
        layout.set_names(&names).expect("the layout can be written");
    }
}

/// Names, and the descriptors of their manifests.
fn entries(layout: &Path) -> Vec<(String, Value)> {
    let index = json(&fs::read(layout.join("index.json")).expect("a layout has an index"));
    let manifests = index["manifests"].as_array().expect("an index lists manifests").iter();
    let named = |entry: &Value| Some((entry["annotations"][REF_NAME].as_str()?.to_owned(), entry.clone()));
    manifests.filter_map(named).collect()
}

fn image(layout: &Path, manifest: &Value) -> Image {
    let manifest = json(&blob(layout, manifest));
    let mut files = BTreeMap::new();
    for layer in manifest["layers"].as_array().expect("an image has layers") {
        apply(&blob(layout, layer), &mut files);
    }
    let id = manifest["config"]["digest"].as_str().expect("a descriptor has a digest").to_owned();
    Image { id, config: json(&blob(layout, &manifest["config"])), files }
}

fn blob(layout: &Path, descriptor: &Value) -> Vec<u8> {
    let digest = descriptor["digest"].as_str().expect("a descriptor has a digest");
    fs::read(layout.join("blobs").join(digest.replace(':', "/"))).expect("the blob is there")
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("the layout's JSON is sound")
}
