//! Which binaries of `[artifacts]` are the same as at a commit.
//!
//! A binary is taken for the same where all that cargo reads for it is ([`super::sources`]). Then a stand-in, whose content
//! is the hash of these sources, takes its place in the contexts of both sides, and nothing is built for the comparison.
//! Else both are built, or, where only sources are to be compared, stand-ins differ.
//!
//! cargo is called in the work tree for both sides, with the path of the manifest, so that one `.cargo/config.toml` and one
//! toolchain hold. Where these differ between the sides, no binary is known to be the same, and stand-ins differ.

use std::collections::{BTreeSet, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use images_schema::Artifacts;

use super::sources::{self, Sources};
use crate::cache_file;
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

    /// Whether a node needs one of these binaries.
    fn wants(&self, id: NodeId, bins: &BTreeSet<&str>) -> bool {
        let artifacts = self.graph.image(id).manifest.artifacts.as_ref();
        artifacts.is_some_and(|artifacts| {
            artifacts.get_ref().bins.iter().any(|bin| bins.contains(bin.get_ref().as_str()))
        })
    }
}

/// Both sides, and what is to be done about the binaries that today's images want.
struct Sides<'a> {
    new: Side<'a>,
    old: Option<Side<'a>>,
    /// Those whose sources are the same.
    same: BTreeSet<&'a str>,
    /// Those that are built on both sides.
    to_build: BTreeSet<&'a str>,
}

impl<'a> Sides<'a> {
    fn of(new: Side<'a>, old: Option<Side<'a>>, by: ArtifactsBy) -> Self {
        let wanted: BTreeSet<_> = new.wanted().map(|(_, bin)| bin).collect();
        let (mut same, mut to_build) = (BTreeSet::new(), BTreeSet::new());
        if let Some(old) = old.as_ref().filter(|old| old.sources.environment == new.sources.environment) {
            same = wanted.iter().copied().filter(|bin| is_same(&new, old, bin, by)).collect();
            if by == ArtifactsBy::Build {
                let differ = wanted.difference(&same).copied();
                to_build = differ.filter(|bin| old.wanted().any(|(_, was)| was == *bin)).collect();
            }
        }
        Self { new, old, same, to_build }
    }

    /// Puts stand-ins where no binary is built. What they say is all that they are compared by, and so holds how the
    /// binary would be built.
    fn stand_in(&self, side: &Side<'_>, folder: &Utf8Path, built: &mut Built) -> Result<(), Error> {
        for (artifacts, bin) in side.wanted().filter(|(_, bin)| !self.to_build.contains(bin)) {
            let sources = side.sources.of_bin(bin).filter(|_| self.same.contains(bin));
            let about = sources.map_or(side.word, |sources| &sources.hash);
            let text = format!("{bin} {} {about}\n", way(artifacts));
            built.insert(artifacts, bin, write(folder, &text)?);
        }
        Ok(())
    }
}

/// Finds or makes what stands for the binaries of `nodes` and of these variants of the commit.
///
/// # Errors
/// cargo fails in the work tree, or files cannot be read.
pub(super) fn binaries(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    earlier: Option<(&Graph<'_>, &[NodeId])>,
    by: ArtifactsBy,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Binaries, Error> {
    let new = Side::of(graph, nodes.to_vec(), "new")?;
    let old = earlier.map(|(graph, nodes)| Side::of(graph, nodes.to_vec(), "old")).transpose()?;
    let sides = Sides::of(new, old, by);
    let (root, cache) = (graph.workspace.root.clone(), graph.workspace.cache());
    let build = |side: &Side<'_>, manifest: Option<Utf8PathBuf>, target: &str| {
        let call = CargoCall { folder: root.clone(), manifest, target: cache.join(target) };
        let is_wanted = |bin: &str| sides.to_build.contains(bin);
        build_some(side.graph, &side.nodes, &is_wanted, &call, host, cancel, reporter)
    };
    let folder = cache.join("trees/binaries");
    let mut binaries = Binaries { new: build(&sides.new, None, "cargo")?, ..Binaries::default() };
    sides.stand_in(&sides.new, &folder, &mut binaries.new)?;
    if let Some(old) = &sides.old {
        match build(old, Some(old.graph.workspace.root.join("Cargo.toml")), "cargo-since") {
            Ok(built) => binaries.old = built,
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                let broken = old.nodes.iter().filter(|id| old.wants(**id, &sides.to_build));
                binaries.unbuilt = broken.map(|id| (*id, error.to_string())).collect();
            }
        }
        sides.stand_in(old, &folder, &mut binaries.old)?;
    }
    Ok(binaries)
}

/// Whether all that cargo reads for a binary is the same on both sides.
fn is_same(new: &Side<'_>, old: &Side<'_>, bin: &str, by: ArtifactsBy) -> bool {
    let (Some(is), Some(was)) = (new.sources.of_bin(bin), old.sources.of_bin(bin)) else { return false };
    let is_enough = by == ArtifactsBy::Sources || (is.exact && was.exact);
    is_enough && is.hash == was.hash
}

/// A file of this content, named by it.
fn write(folder: &Utf8Path, text: &str) -> Result<Utf8PathBuf, Error> {
    let path = folder.join(blake3::hash(text.as_bytes()).to_hex().as_str());
    if !path.exists() {
        cache_file::put(&path, text.as_bytes()).map_err(Error::io("cannot write", &path))?;
    }
    Ok(path)
}
