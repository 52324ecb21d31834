//! What cargo reads for a binary, as a hash: the folders of its crate and of all crates that those take by path, the root
//! manifest, Cargo.lock.
//!
//! Code that runs while crates are compiled, files that are included from elsewhere, links and replaced crates may make
//! cargo read more than that. Then the hash is not [`BinSources::exact`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::SourceText;

use crate::Error;
use crate::graph::Graph;
use crate::workspace::{CrateIndex, Package, Workspace};

/// What cargo reads on one side.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The hash of cargo's configuration and of the choice of a toolchain.
    pub(super) environment: String,
    bins: BTreeMap<String, BinSources>,
}

/// What cargo reads for one binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BinSources {
    /// The hash of it.
    pub(super) hash: String,
    /// Whether nothing else is read.
    pub(super) exact: bool,
}

impl Sources {
    /// What is read for a binary; `None` where that cannot be told, as of a crate outside of the workspace.
    pub(super) fn of_bin(&self, bin: &str) -> Option<&BinSources> {
        self.bins.get(bin)
    }
}

/// The sources of all binaries that images of a workspace want.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn of(graph: &Graph<'_>) -> Result<Sources, Error> {
    let workspace = graph.workspace;
    let Some(crates) = &workspace.crates else { return Ok(Sources::default()) };
    let artifacts = workspace.images.iter().filter_map(|image| image.manifest.artifacts.as_ref());
    let bins: BTreeSet<_> = artifacts.flat_map(|artifacts| &artifacts.get_ref().bins).collect();
    let root = root_manifest(workspace)?;
    let lock = read(&workspace.root.join("Cargo.lock"))?;
    let mut sources = Sources { environment: environment(workspace)?, bins: BTreeMap::new() };
    let mut known = BTreeMap::new();
    for bin in bins.into_iter().map(|bin| bin.get_ref()) {
        let Some(packages) = crates.with_bin(bin).and_then(|owner| closure(crates, owner)) else { continue };
        let mut hasher = Hasher::default();
        hasher.add(root.0.as_bytes());
        hasher.add(lock.as_deref().unwrap_or_default());
        let mut exact = root.1;
        for (name, package) in packages {
            if !known.contains_key(name) {
                known.insert(name, of_package(workspace, crates, package)?);
            }
            let BinSources { hash, exact: is_exact } = &known[name];
            hasher.add(name.as_bytes());
            hasher.add(hash.as_bytes());
            exact &= is_exact;
        }
        sources.bins.insert(bin.clone(), BinSources { hash: hasher.end(), exact });
    }
    Ok(sources)
}

/// Writes lengths before bytes.
#[derive(Default)]
struct Hasher(blake3::Hasher);

impl Hasher {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn end(self) -> String {
        self.0.finalize().to_hex().to_string()
    }
}

/// The file's bytes; `None` where it is not there.
fn read(path: &Utf8Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some).map_err(Error::io("cannot read", path)),
    }
}

/// The root manifest without what it says of images, and whether it replaces no crates.
fn root_manifest(workspace: &Workspace) -> Result<(String, bool), Error> {
    let source: &SourceText = &workspace.source;
    // One with dates cannot be read in this way, and counts as it is.
    let Ok(mut manifest) = source.parse_toml::<serde_json::Value>() else {
        return Ok((source.text.to_string(), false));
    };
    if let Some(metadata) =
        manifest.pointer_mut("/workspace/metadata").and_then(|value| value.as_object_mut())
    {
        metadata.remove("images");
    }
    let replaces = ["patch", "replace"].iter().any(|table| manifest.get(table).is_some());
    Ok((manifest.to_string(), !replaces))
}

/// cargo and rustup look for these upwards; above the repository they are the same for both sides.
fn environment(workspace: &Workspace) -> Result<String, Error> {
    let mut hasher = Hasher::default();
    let folders = workspace.root.ancestors().take_while(|folder| folder.starts_with(&*workspace.repository));
    for folder in folders {
        for name in [".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"] {
            let text = read(&folder.join(name))?;
            hasher.add(&[u8::from(text.is_some())]);
            hasher.add(text.as_deref().unwrap_or_default());
        }
    }
    Ok(hasher.end())
}

/// A crate and all that it takes by path; `None` where one of them is no crate of the workspace.
fn closure<'a>(crates: &'a CrateIndex, owner: &'a str) -> Option<BTreeMap<&'a str, &'a Package>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![owner];
    while let Some(name) = waiting.pop() {
        let package = crates.package(name)?;
        if found.insert(name, package).is_none() {
            for folder in &package.by_path {
                waiting.push(crates.in_folder(folder)?);
            }
        }
    }
    Some(found)
}

fn of_package(workspace: &Workspace, crates: &CrateIndex, package: &Package) -> Result<BinSources, Error> {
    let images = workspace.images.iter();
    let of_images = images.flat_map(|image| [&image.source.path, &image.dockerfile.path]);
    let mut walk = Walk {
        crates,
        package,
        passed_over: of_images.map(|path| workspace.root.join(path)).collect(),
        hasher: Hasher::default(),
        exact: !package.runs_code,
    };
    walk.passed_over.extend([workspace.root.join("target"), workspace.repository.join(".git")]);
    walk.folder(&package.folder).map_err(Error::io("cannot read", &package.folder))?;
    Ok(BinSources { hash: walk.hasher.end(), exact: walk.exact })
}

/// Hashes a crate's folder, apart from other crates in it and from what is an image's.
struct Walk<'a> {
    crates: &'a CrateIndex,
    package: &'a Package,
    passed_over: BTreeSet<Utf8PathBuf>,
    hasher: Hasher,
    exact: bool,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Utf8Path) -> io::Result<()> {
        let mut entries = folder.read_dir_utf8()?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
        for entry in entries {
            let (path, kind) = (entry.path(), entry.file_type()?);
            if self.passed_over.contains(path) || entry.file_name().ends_with(".dockerignore") {
                continue;
            }
            if kind.is_dir() {
                if self.crates.in_folder(path).is_none() {
                    self.folder(path)?;
                }
            } else if kind.is_file() || kind.is_symlink() {
                self.file(path, kind.is_symlink())?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Utf8Path, is_link: bool) -> io::Result<()> {
        let bytes = match is_link {
            true => path.read_link_utf8()?.into_string().into_bytes(),
            false => fs::read(path)?,
        };
        let is_source = path.extension() == Some("rs");
        if is_link || (is_source && reads_elsewhere(&bytes)) {
            self.exact = false;
        }
        let relative = path.strip_prefix(&self.package.folder).unwrap_or(path);
        self.hasher.add(relative.as_str().as_bytes());
        self.hasher.add(&[u8::from(is_link)]);
        self.hasher.add(&bytes);
        Ok(())
    }
}

/// Whether a source may include a file of another folder. A path that is put together is taken for one.
fn reads_elsewhere(source: &[u8]) -> bool {
    let source = String::from_utf8_lossy(source);
    let includes =
        ["include!", "include_str!", "include_bytes!", "#[path"].iter().any(|word| source.contains(word));
    includes && ["..", "\"/", "concat!", "env!"].iter().any(|word| source.contains(word))
}
