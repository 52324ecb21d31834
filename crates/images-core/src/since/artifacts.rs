//! Which binaries of `[artifacts]` are the same as at a commit.
//!
//! A binary is taken for the same where all that cargo reads for it is ([`super::sources`]). Then a stand-in, whose content
//! is the hash of these sources, takes its place in the contexts of both sides, and nothing is built for the comparison.
//! Else both are built, or, where only sources are to be compared, stand-ins differ.
//!
//! cargo is called in the work tree for both sides, with the path of the manifest, so that one `.cargo/config.toml` and one
//! toolchain hold. Where these differ between the sides, no binary is known to be the same, and stand-ins differ.

use std::collections::{BTreeSet, HashMap};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use images_schema::Artifacts;

use super::sources::{self, Sources};
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::joined::{Built, CargoCall, build_some, way};
use crate::{Error, HostOptions};

/// How binaries are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactsBy {
    /// Where sources differ, both are built and their bytes compared.
    Build,
    /// Where sources differ, binaries count as different.
    Sources,
}

/// The binaries of both sides.
#[derive(Default)]
pub(super) struct Binaries {
    /// Those of the work tree.
    pub(super) new: Built,
    /// Those of the commit.
    pub(super) old: Built,
    /// Variants of the commit whose binaries could not be built, and why.
    pub(super) unbuilt: HashMap<NodeId, String>,
}

/// One side of the comparison.
struct Side<'a> {
    graph: &'a Graph<'a>,
    nodes: Vec<NodeId>,
    sources: Sources,
    /// What the stand-ins of binaries say that are not known to be the same.
    word: &'static str,
}

impl<'a> Side<'a> {
    fn of(graph: &'a Graph<'a>, nodes: Vec<NodeId>, word: &'static str) -> Result<Self, Error> {
        let nodes: Vec<_> =
            nodes.into_iter().filter(|id| graph.image(*id).manifest.artifacts.is_some()).collect();
        let sources = if nodes.is_empty() { Sources::default() } else { sources::of(graph)? };
        Ok(Self { graph, nodes, sources, word })
    }

    fn wanted(&self) -> impl Iterator<Item = (&'a Artifacts, &'a str)> {
        let artifacts = self.nodes.iter().filter_map(|id| self.graph.image(*id).manifest.artifacts.as_ref());
        artifacts.flat_map(|artifacts| {
            let artifacts = artifacts.get_ref();
            artifacts.bins.iter().map(move |bin| (artifacts, bin.get_ref().as_str()))
        })
    }

    fn has(&self, bin: &str) -> bool {
        self.wanted().any(|(_, name)| name == bin)
    }
}

/// Finds or makes what stands for the binaries of `nodes` and of all variants of the commit.
///
/// # Errors
/// cargo fails in the work tree, or files cannot be read.
pub(super) fn binaries(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    earlier: Option<&Graph<'_>>,
    by: ArtifactsBy,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Binaries, Error> {
    let new = Side::of(graph, nodes.to_vec(), "new")?;
    let old = earlier.map(|graph| Side::of(graph, graph.ids().collect(), "old")).transpose()?;
    let same: BTreeSet<_> =
        new.wanted().map(|(_, bin)| bin).filter(|bin| is_same(&new, old.as_ref(), bin, by)).collect();
    let may_build =
        |old: &Side<'_>| by == ArtifactsBy::Build && new.sources.environment == old.sources.environment;
    let to_build: BTreeSet<_> = match &old {
        Some(old) if may_build(old) => {
            new.wanted().map(|(_, bin)| bin).filter(|bin| !same.contains(bin) && old.has(bin)).collect()
        }
        _ => BTreeSet::new(),
    };
    let folder = graph.workspace.cache().join("trees/binaries");
    let mut binaries = Binaries::default();
    let is_wanted = |bin: &str| to_build.contains(bin);
    let build = |side: &Side<'_>, call: &CargoCall| {
        build_some(side.graph, &side.nodes, &is_wanted, call, host, cancel, reporter)
    };
    let root = graph.workspace.root.clone();
    let call = CargoCall { folder: root, manifest: None, target: graph.workspace.cache().join("cargo") };
    binaries.new = build(&new, &call)?;
    if let Some(old) = &old {
        let manifest = Some(old.graph.workspace.root.join("Cargo.toml"));
        let target = graph.workspace.cache().join("cargo-since");
        match build(old, &CargoCall { manifest, target, ..call }) {
            Ok(built) => binaries.old = built,
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                let broken = old.nodes.iter().filter(|id| {
                    let artifacts = old.graph.image(**id).manifest.artifacts.as_ref();
                    artifacts.is_some_and(|artifacts| {
                        artifacts.get_ref().bins.iter().any(|bin| is_wanted(bin.get_ref()))
                    })
                });
                binaries.unbuilt = broken.map(|id| (*id, error.to_string())).collect();
            }
        }
        stand_in(old, &same, &to_build, &folder, &mut binaries.old)?;
    }
    stand_in(&new, &same, &to_build, &folder, &mut binaries.new)?;
    Ok(binaries)
}

/// Whether all that cargo reads for a binary is the same on both sides.
fn is_same(new: &Side<'_>, old: Option<&Side<'_>>, bin: &str, by: ArtifactsBy) -> bool {
    let Some(old) = old else { return false };
    let (Some(is), Some(was)) = (new.sources.of_bin(bin), old.sources.of_bin(bin)) else { return false };
    let is_enough = by == ArtifactsBy::Sources || (is.exact && was.exact);
    is_enough && is.hash == was.hash && new.sources.environment == old.sources.environment
}

/// Puts stand-ins where no binary is built. What they say is all that they are compared by, and so holds how the binary
/// would be built.
fn stand_in(
    side: &Side<'_>,
    same: &BTreeSet<&str>,
    to_build: &BTreeSet<&str>,
    folder: &Utf8Path,
    built: &mut Built,
) -> Result<(), Error> {
    for (artifacts, bin) in side.wanted().filter(|(_, bin)| !to_build.contains(bin)) {
        let sources = side.sources.of_bin(bin).filter(|_| same.contains(bin));
        let about = sources.map_or(side.word, |sources| &sources.hash);
        let text = format!("{bin} {} {about}\n", way(artifacts));
        built.insert(artifacts, bin, write(folder, &text)?);
    }
    Ok(())
}

/// A file of this content, named by it.
fn write(folder: &Utf8Path, text: &str) -> Result<Utf8PathBuf, Error> {
    let path = folder.join(blake3::hash(text.as_bytes()).to_hex().as_str());
    if !path.exists() {
        fs::create_dir_all(folder).map_err(Error::io("cannot create", folder))?;
        let file =
            tempfile::NamedTempFile::new_in(folder).map_err(Error::io("cannot create a file in", folder))?;
        fs::write(file.path(), text).map_err(Error::io("cannot write", &path))?;
        file.persist(&path).map_err(|error| Error::io("cannot write", &path)(error.error))?;
    }
    Ok(path)
}
