//! `[artifacts]`: what cargo builds on the host for a context. cargo is called once for all binaries that share a
//! profile and a target.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use cargo_metadata::Message;
use images_engine::process::{Cancel, Child, Output};
use images_schema::{Artifacts, Spanned, did_you_mean};

use super::announced;
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::workspace::{CrateIndex, Image};
use crate::{Error, HostOptions};

/// The linker flag for static binaries: it works with the targets that every toolchain ships.
/// <https://rust-lang.github.io/rfcs/1721-crt-static.html>
const STATIC: &str = "target-feature=+crt-static";

/// How a group of binaries is built.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Settings {
    profile: String,
    target: Option<String>,
    is_static: bool,
}

impl Settings {
    fn of(artifacts: &Artifacts) -> Self {
        Self {
            profile: artifacts.profile.clone().unwrap_or_else(|| "release".to_owned()),
            target: artifacts.target.clone(),
            is_static: artifacts.is_static,
        }
    }
}

/// Where the built binaries are.
#[derive(Debug, Default)]
pub(crate) struct Built(BTreeMap<(Settings, String), Utf8PathBuf>);

impl Built {
    /// The path of one binary.
    pub(crate) fn path(&self, artifacts: &Artifacts, bin: &str) -> Option<Utf8PathBuf> {
        self.0.get(&(Settings::of(artifacts), bin.to_owned())).cloned()
    }
}

impl Built {
    /// Says where a binary is.
    pub(crate) fn insert(&mut self, artifacts: &Artifacts, bin: &str, path: Utf8PathBuf) {
        self.0.insert((Settings::of(artifacts), bin.to_owned()), path);
    }
}

/// How the binaries of an image are built, apart from their sources: equal texts mean equal ways.
pub(crate) fn way(artifacts: &Artifacts) -> String {
    let Settings { profile, target, is_static } = Settings::of(artifacts);
    format!("{profile:?} {target:?} {is_static}")
}

/// Where cargo is called.
#[derive(Debug, Clone)]
pub(crate) struct CargoCall {
    /// The folder, whose configuration and toolchain hold.
    pub(crate) folder: Utf8PathBuf,
    /// The workspace's manifest, if it is not the folder's own.
    pub(crate) manifest: Option<Utf8PathBuf>,
    /// Its target folder, so that neither other flags nor another cargo's lock are in the way.
    pub(crate) target: Utf8PathBuf,
}

/// Builds the binaries of all `nodes`.
///
/// # Errors
/// A binary that no crate has, or cargo's own error.
pub(super) fn build(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Built, Error> {
    let folder = graph.workspace.root.clone();
    let call = CargoCall { folder, manifest: None, target: graph.workspace.cache().join("cargo") };
    build_some(graph, nodes, &|_| true, &call, host, cancel, reporter)
}

/// Builds those binaries of `nodes` whose names are wanted.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_some(
    graph: &Graph<'_>,
    nodes: &[NodeId],
    is_wanted: &dyn Fn(&str) -> bool,
    call: &CargoCall,
    host: &HostOptions,
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<Built, Error> {
    let mut groups: BTreeMap<Settings, BTreeSet<(String, String)>> = BTreeMap::new();
    for &id in nodes {
        let image = graph.image(id);
        let Some(artifacts) = &image.manifest.artifacts else { continue };
        for bin in artifacts.get_ref().bins.iter().filter(|bin| is_wanted(bin.get_ref())) {
            let group = groups.entry(Settings::of(artifacts.get_ref())).or_default();
            group.insert((owner(graph, image, bin)?, bin.get_ref().clone()));
        }
    }
    let mut built = Built::default();
    for (settings, bins) in groups {
        let names: Vec<_> = bins.iter().map(|(_, bin)| bin.as_str()).collect();
        let what = format!("cargo build of {}", names.join(", "));
        let paths = announced(reporter, &what, || cargo_build(&settings, &bins, call, host, cancel))?;
        for (bin, path) in paths {
            built.0.insert((settings.clone(), bin), path);
        }
    }
    Ok(built)
}

/// Checks a node's binaries without building them.
///
/// # Errors
/// A binary that no crate has.
pub(super) fn check(graph: &Graph<'_>, id: NodeId) -> Result<(), Error> {
    let image = graph.image(id);
    let mut bins = image.manifest.artifacts.iter().flat_map(|artifacts| &artifacts.get_ref().bins);
    bins.try_for_each(|bin| owner(graph, image, bin).map(|_| ()))
}

/// The crate that has this binary.
fn owner(graph: &Graph<'_>, image: &Image, bin: &Spanned<String>) -> Result<String, Error> {
    let crates = graph.workspace.crates.as_ref();
    if let Some(name) = crates.and_then(|crates| crates.with_bin(bin.get_ref())) {
        return Ok(name.to_owned());
    }
    let bins: Vec<_> = crates.into_iter().flat_map(CrateIndex::bins).collect();
    let message = format!("no crate of this workspace has a binary `{}`", bin.get_ref());
    let diagnostic = image.source.error(bin.span(), message, "no such binary");
    Err(diagnostic
        .help(match did_you_mean(bin.get_ref(), bins.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are: {}", bins.join(", ")),
        })
        .into())
}

fn cargo_build(
    settings: &Settings,
    bins: &BTreeSet<(String, String)>,
    call: &CargoCall,
    host: &HostOptions,
    cancel: &Cancel,
) -> Result<BTreeMap<String, Utf8PathBuf>, Error> {
    let root = &call.folder;
    let child = Child {
        program: host.cargo.clone(),
        args: arguments(settings, bins, call, host),
        env: environment(settings, host),
        cwd: Some(root.clone()),
        output: Output::Capture,
    };
    let ended = child.run(cancel).map_err(|error| crate::host_error(error, "cannot run cargo in", root))?;
    if cancel.is_interrupted() {
        return Err(Error::Interrupted);
    }
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let failed = |help: &str| Error::Command {
        message: "cargo build failed".to_owned(),
        output: stderr.trim_end().to_owned(),
        help: Some(help.to_owned()),
    };
    if ended.code != Some(0) {
        return Err(failed("an image's [artifacts] are built before it"));
    }
    let mut paths = BTreeMap::new();
    for message in Message::parse_stream(&ended.stdout[..]) {
        if let Ok(Message::CompilerArtifact(artifact)) = message
            && let Some(path) = artifact.executable
        {
            paths.insert(artifact.target.name, path);
        }
    }
    match bins.iter().find(|(_, bin)| !paths.contains_key(bin)) {
        Some(_) => Err(failed("cargo did not say where the binary is")),
        None => Ok(paths),
    }
}

fn arguments(
    settings: &Settings,
    bins: &BTreeSet<(String, String)>,
    call: &CargoCall,
    host: &HostOptions,
) -> Vec<String> {
    let mut args = vec!["build".to_owned(), "--message-format=json-render-diagnostics".to_owned()];
    args.push(format!("--profile={}", settings.profile));
    args.push(format!("--target-dir={}", call.target));
    args.extend(call.manifest.iter().map(|manifest| format!("--manifest-path={manifest}")));
    if let Some(target) = settings.target.as_deref().or(settings.is_static.then_some("host-tuple")) {
        args.push(format!("--target={target}"));
    }
    if settings.is_static && host.rustflags.is_none() {
        args.push(format!("--config=target.'cfg(all())'.rustflags=['-C','{STATIC}']"));
    }
    for (package, bin) in bins {
        args.push(format!("--package={package}"));
        args.push(format!("--bin={bin}"));
    }
    args
}

/// `RUSTFLAGS` wins over every configuration, so where it is set the flag has to join it.
/// <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>
fn environment(settings: &Settings, host: &HostOptions) -> BTreeMap<String, String> {
    match &host.rustflags {
        Some(flags) if settings.is_static => {
            let joined = format!("{flags} -C {STATIC}");
            BTreeMap::from([("RUSTFLAGS".to_owned(), joined.trim_start().to_owned())])
        }
        _ => BTreeMap::new(),
    }
}
