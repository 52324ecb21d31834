//! What is in an image, read from the archive that `docker save` writes:
//! <https://github.com/moby/docker-image-spec/blob/main/spec.md>.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;
use tar::{Archive, EntryType};

use crate::file_tree::{FileTree, plain};

/// An image.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// The name of its configuration in the archive: with equal ids, the images are equal.
    pub id: String,
    /// Its configuration: labels, environment, history.
    pub config: Value,
    /// Its file system, by path without the leading slash. The root itself is left out.
    pub files: BTreeMap<String, Node>,
}

/// One entry of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Its bytes.
        content: Vec<u8>,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link to this target.
    Link(String),
}

impl Image {
    /// An image that `docker image inspect` describes, and that has no layers.
    pub fn without_files(config: Value) -> Self {
        let id = config["Id"].as_str().unwrap_or_default().to_owned();
        Self { id, config: serde_json::json!({ "config": config["Config"] }), files: BTreeMap::new() }
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.config["config"]["Labels"][name].as_str()
    }

    /// A file's text.
    ///
    /// # Panics
    /// There is no such file.
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        match self.files.get(path) {
            Some(Node::File { content, .. }) => String::from_utf8_lossy(content).into_owned(),
            other => panic!("{path}: {other:?}, of {:?}", self.files.keys()),
        }
    }
}

/// All images of an archive, by each of their names.
///
/// # Panics
/// It is not such an archive.
#[track_caller]
pub fn read(file: &Path) -> BTreeMap<String, Image> {
    let blobs = blobs(file);
    let blob = |name: &Value| {
        let name = name.as_str().expect("the manifest names files");
        blobs.get(name).unwrap_or_else(|| panic!("the archive lacks {name}"))
    };
    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("the archive's JSON is sound");
    let manifest = json(&blobs["manifest.json"]);
    let mut images = BTreeMap::new();
    for image in manifest.as_array().expect("the manifest is a list") {
        let mut files = BTreeMap::new();
        for layer in image["Layers"].as_array().expect("an image has layers") {
            apply(blob(layer), &mut files);
        }
        let id = image["Config"].as_str().expect("an image has a configuration").to_owned();
        let read = Image { id, config: json(blob(&image["Config"])), files };
        for name in image["RepoTags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            images.insert(name.to_owned(), read.clone());
        }
    }
    images
}

/// The file systems of all images of an archive, by each of their names.
///
/// # Panics
/// It is not such an archive.
#[track_caller]
pub fn trees(file: &Path) -> BTreeMap<String, FileTree> {
    let blobs = blobs(file);
    let manifest: Value =
        serde_json::from_slice(&blobs["manifest.json"]).expect("the archive's JSON is sound");
    let mut trees = BTreeMap::new();
    for image in manifest.as_array().expect("the manifest is a list") {
        let mut tree = FileTree::default();
        for layer in image["Layers"].as_array().expect("an image has layers") {
            tree.apply(blobs[layer.as_str().expect("the manifest names files")].as_slice());
        }
        for name in image["RepoTags"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            trees.insert(name.to_owned(), tree.clone());
        }
    }
    trees
}

/// The archive's files by name; a link to another file is followed.
fn blobs(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = Archive::new(File::open(file).expect("the archive was written"));
    let (mut blobs, mut links) = (BTreeMap::new(), Vec::new());
    for entry in archive.entries().expect("it is an archive") {
        let mut entry = entry.expect("the archive is whole");
        let path = entry.path().expect("the path is text").into_owned();
        if let Some(target) = entry.link_name().expect("the link is text") {
            let folder = path.parent().unwrap_or(Path::new(""));
            links.push((plain(&path), plain(&folder.join(target))));
        } else {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("the archive is whole");
            blobs.insert(plain(&path), bytes);
        }
    }
    for (name, target) in links {
        let bytes = blobs.get(&target).cloned().unwrap_or_default();
        blobs.insert(name, bytes);
    }
    blobs
}

/// A layer's tar. docker and podman save it as it is, and load it compressed as well.
fn tar(layer: &[u8]) -> Box<dyn Read + '_> {
    match layer.starts_with(&[0x1f, 0x8b]) {
        true => Box::new(GzDecoder::new(layer)),
        false => Box::new(layer),
    }
}

/// Puts a layer on top of a file system.
pub(crate) fn apply(layer: &[u8], files: &mut BTreeMap<String, Node>) {
    for entry in Archive::new(tar(layer)).entries().expect("a layer is an archive") {
        let mut entry = entry.expect("the layer is whole");
        let path = plain(&entry.path().expect("the path is text"));
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if let Some(removed) = name.strip_prefix(".wh.") {
            let gone = if folder.is_empty() { removed.to_owned() } else { format!("{folder}/{removed}") };
            files.retain(|file, _| *file != gone && !file.starts_with(&format!("{gone}/")));
            continue;
        }
        let node = match entry.header().entry_type() {
            EntryType::Directory => Node::Folder,
            EntryType::Symlink => {
                let target = entry.link_name().expect("the target is text").unwrap_or_default();
                Node::Link(target.to_string_lossy().into_owned())
            }
            EntryType::Link => {
                let target = entry.link_name().expect("the target is text").unwrap_or_default();
                files.get(&plain(&target)).cloned().expect("a hard link's target comes first")
            }
            _ => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).expect("the layer is whole");
                Node::File { content, executable: entry.header().mode().unwrap_or(0) & 0o100 != 0 }
            }
        };
        if !path.is_empty() {
            files.insert(path, node);
        }
    }
}
