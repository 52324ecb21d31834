//! The engines: which there are, why the others are not, and which of them a build would take.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use images_dockerfile::{Feature, FeatureUse};
use images_engine::{BuildFailure, Engine, EngineChoice, EngineError, EngineKind, NoEngine, detect};

use super::{Check, DoctorOptions, Status};
use crate::graph::Graph;
use crate::quantity::listed;

/// The engines that are programs, in the order in which `auto` tries them.
const PROGRAMS: [EngineKind; 3] = [EngineKind::Docker, EngineKind::Podman, EngineKind::Buildah];

/// How many images are named before the rest is counted.
const NAMED: usize = 5;

/// What became of the engines.
pub(super) struct Engines {
    pub(super) checks: Vec<Check>,
    /// The one that a build would take, if it can do what the workspace needs.
    pub(super) chosen: Option<EngineKind>,
    /// The folders that answering engines keep images in.
    pub(super) folders: Vec<(EngineKind, Utf8PathBuf)>,
}

/// Asks each engine.
pub(super) fn look(graph: Option<&Graph<'_>>, options: &DoctorOptions) -> Engines {
    let asked: Vec<_> = PROGRAMS
        .into_iter()
        .map(|kind| (kind, detect(EngineChoice::Only(kind), &options.engines).map(|(engine, _)| engine)))
        .collect();
    let answering = asked.iter().find(|(_, asked)| asked.is_ok()).map(|(kind, _)| *kind);
    let taken = match options.choice {
        EngineChoice::Only(kind) => kind,
        EngineChoice::Auto => answering.unwrap_or(EngineKind::Builtin),
    };
    let mut engines = Engines { checks: Vec::new(), chosen: None, folders: Vec::new() };
    for (kind, asked) in asked {
        match asked {
            Ok(engine) => engines.answers(graph, engine.as_ref(), kind == taken),
            Err(NoEngine { tried }) => {
                engines.checks.extend(tried.iter().map(|error| silent(error, kind == taken)));
            }
        }
    }
    engines.builtin(graph, taken == EngineKind::Builtin);
    engines
}

impl Engines {
    /// One that answers.
    fn answers(&mut self, graph: Option<&Graph<'_>>, engine: &dyn Engine, is_taken: bool) {
        let kind = engine.kind();
        let described = engine.describe().and_then(|description| Ok((description, engine.storage()?)));
        let (description, storage) = match described {
            Ok(described) => described,
            Err(error) => return self.checks.push(silent(&error, is_taken)),
        };
        let who = if storage.is_rootless { "without root" } else { "as root" };
        let message = format!("{description}, {} in {}, {who}", storage.driver, storage.folder);
        let check = Check::new("engine", kind.to_string(), Status::Ok, message + taken(is_taken));
        self.checks.push(could_be_better(check, engine, &storage.driver));
        self.folders.push((kind, storage.folder));
        if !is_taken {
            return;
        }
        let unable = graph.map(|graph| unsupported(graph, engine)).unwrap_or_default();
        if unable.is_empty() {
            self.chosen = Some(kind);
        }
        self.checks.extend(unable);
    }

    /// The one that is always there, and runs no programs.
    fn builtin(&mut self, graph: Option<&Graph<'_>>, is_taken: bool) {
        let unable = graph.map(with_run).unwrap_or_default();
        let check = |status, message: String| Check::new("engine", "builtin", status, message);
        let what = "always there; it does all but RUN";
        if unable.is_empty() {
            let message = format!("{what}{}", taken(is_taken));
            self.checks.push(check(Status::Ok, message));
            if is_taken {
                self.chosen = Some(EngineKind::Builtin);
            }
            return;
        }
        let message = format!("{what}, which {}", needs(&unable));
        self.checks.push(match is_taken {
            true => check(Status::Error, message)
                .fix("install docker, podman or buildah, or start the one that is there"),
            false => check(Status::Ok, message),
        });
    }
}

fn taken(is_taken: bool) -> &'static str {
    if is_taken { "; builds take it" } else { "" }
}

/// Warns of an engine that works, but poorly.
fn could_be_better(mut check: Check, engine: &dyn Engine, driver: &str) -> Check {
    // Mounts are what the first BuildKit had, so whoever lacks them is the legacy builder.
    let mount = FeatureUse { feature: Feature::Mount, span: 0..0 };
    if let Err(BuildFailure::Unsupported { help, .. }) = engine.check(&[mount]) {
        check.status = Status::Warning;
        check.message += "; this builder has no mounts, secrets and heredocs";
        check = check.fix(help);
    }
    if driver == "vfs" {
        check.status = Status::Warning;
        check.message += "; vfs copies every layer as a whole";
        check = check.fix("use the driver overlay; without root it may need fuse-overlayfs");
    }
    check
}

/// One that does not answer. That it is not installed matters only if it was asked for.
fn silent(error: &EngineError, is_taken: bool) -> Check {
    let check = |status, message: String| Check::new("engine", error.engine.clone(), status, message);
    if error.is_absent() && !is_taken {
        return check(Status::Ok, "not installed, and not needed".to_owned());
    }
    let status = if is_taken { Status::Error } else { Status::Warning };
    let silent = check(status, error.message.clone());
    error.help.iter().fold(silent, |check, help| check.fix(help.clone()))
}

/// What the engine's builder cannot do that Dockerfiles use: a check for each way out.
fn unsupported(graph: &Graph<'_>, engine: &dyn Engine) -> Vec<Check> {
    let mut ways: Vec<(String, String, BTreeSet<String>)> = Vec::new();
    for id in graph.ids() {
        let features: &[FeatureUse] = &graph.node(id).resolution.features;
        if let Err(BuildFailure::Unsupported { builder, help, .. }) = engine.check(features) {
            let spec = graph.spec(id).to_string();
            match ways.iter_mut().find(|(_, other, _)| *other == help) {
                Some((_, _, specs)) => drop(specs.insert(spec)),
                None => ways.push((builder, help, BTreeSet::from([spec]))),
            }
        }
    }
    let check = |(builder, help, specs): (String, String, BTreeSet<String>)| {
        let specs: Vec<String> = specs.into_iter().collect();
        let message = format!("{builder} cannot do what {}", needs(&specs));
        Check::new("engine", engine.kind().to_string(), Status::Error, message).fix(help)
    };
    ways.into_iter().map(check).collect()
}

/// The variants that run programs while they are built.
fn with_run(graph: &Graph<'_>) -> Vec<String> {
    let runs = |id: &crate::graph::NodeId| {
        let stages = &graph.node(*id).resolution.stages;
        let is_needed =
            |stage: Option<usize>| stage.is_some_and(|at| stages.get(at).is_some_and(|stage| stage.needed));
        let mut instructions = graph.image(*id).parsed.instructions().iter();
        instructions.any(|instruction| instruction.keyword == "RUN" && is_needed(instruction.stage))
    };
    graph.ids().filter(runs).map(|id| graph.spec(id).to_string()).collect()
}

fn needs(specs: &[String]) -> String {
    let verb = if specs.len() == 1 { "needs" } else { "need" };
    format!("{} {verb}", listed(specs, NAMED))
}
