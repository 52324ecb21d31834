//! A workspace on disk, and what the pipeline says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_core::build::{self, BuildOptions, Planned};
use images_core::context::EPOCH;
use images_core::exec::Outcome;
use images_core::graph::{Graph, NodeId};
use images_core::lock::{self, LockMode, LockOptions, Pins};
use images_core::plan::{Action, Plan};
use images_core::selection::{self, Selection};
use images_core::workspace::{self, LoadOptions, Workspace};
use images_core::{Error, HostOptions};
use images_engine::process::Cancel;
use images_schema::Diagnostic;

use crate::fake_engine::FakeEngine;
use crate::fake_resolver::FakeResolver;
use crate::recorder::Recorder;

/// A workspace in a folder of its own, with an engine beside it.
pub(crate) struct Project {
    /// Removed at the end.
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
    pub(crate) engine: FakeEngine,
    pub(crate) options: LoadOptions,
    pub(crate) build: BuildOptions,
    pub(crate) cancel: Cancel,
    pub(crate) events: Recorder,
    pub(crate) registries: FakeResolver,
}

/// The settings that most tests use.
pub(crate) const SETTINGS: &str = "[workspace]\n[workspace.metadata.images]\nnamespace = \"acme\"\n";

impl Project {
    /// A workspace without images.
    pub(crate) fn new() -> Self {
        Self::with_settings(SETTINGS)
    }

    /// A workspace with this Cargo.toml.
    pub(crate) fn with_settings(cargo_toml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(folder.path().canonicalize().unwrap()).unwrap();
        let options = LoadOptions {
            start: root.clone(),
            manifest_path: None,
            registry: None,
            build_args: BTreeMap::new(),
            cargo: env!("CARGO").to_owned(),
            jobs: 2,
        };
        let host = HostOptions {
            cargo: env!("CARGO").to_owned(),
            rustflags: None,
            epoch: EPOCH,
            jobs: 2,
            jobs_named: true,
            stat_cache: true,
            variables: BTreeSet::new(),
        };
        let registries = FakeResolver::default();
        let lock = LockOptions { mode: LockMode::Add, resolver: Some(Arc::new(registries.clone())) };
        let project = Self {
            _folder: folder,
            root,
            engine: FakeEngine::default(),
            options,
            build: BuildOptions { host, automatic: false, keep_going: false, lock },
            cancel: Cancel::default(),
            events: Recorder::default(),
            registries,
        };
        project.write("Cargo.toml", cargo_toml);
        project
    }

    /// The root. Absolute.
    pub(crate) fn root(&self) -> Utf8PathBuf {
        self.root.clone()
    }

    /// An absolute path below the root.
    pub(crate) fn path(&self, path: &str) -> Utf8PathBuf {
        self.root().join(path)
    }

    /// Writes a file and the folders on the way to it.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }

    /// An image of version 1.0.0.
    pub(crate) fn image(&self, name: &str, dockerfile: &str) {
        self.image_with(name, "[image]\nversion = \"1.0.0\"\n", dockerfile);
    }

    /// An image with this Image.toml.
    pub(crate) fn image_with(&self, name: &str, manifest: &str, dockerfile: &str) {
        self.write(&format!("images/{name}/Image.toml"), manifest);
        self.write(&format!("images/{name}/Dockerfile"), dockerfile);
    }

    pub(crate) fn try_load(&self) -> Result<Workspace, Error> {
        workspace::load(&self.options, &self.cancel)
    }

    pub(crate) fn load(&self) -> Workspace {
        self.try_load().unwrap()
    }

    /// What is wrong with the workspace or its graph, worded.
    pub(crate) fn problems(&self) -> Vec<String> {
        match self.try_load() {
            Err(error) => told(&error),
            Ok(workspace) => match Graph::of(&workspace, 2) {
                Err(error) => told(&error),
                Ok(_) => Vec::new(),
            },
        }
    }

    /// Each variant with what its references lead to.
    pub(crate) fn edges(&self) -> Vec<String> {
        let workspace = self.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        let names = |id: NodeId| {
            let edges = graph.node(id).edges.iter().map(|edge| match &edge.target {
                images_core::graph::Target::Internal(parent) => graph.spec(*parent).to_string(),
                images_core::graph::Target::External(text) => format!("external {text}"),
            });
            edges.collect::<Vec<_>>().join(", ")
        };
        graph.ids().map(|id| format!("{} <- {}", graph.spec(id), names(id))).collect()
    }

    /// The keys of all variants, by spec.
    pub(crate) fn keys(&self) -> BTreeMap<String, String> {
        let workspace = self.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        let pins = Pins::of(&lock::read(&self.root).unwrap());
        let keyed = images_core::session::keys(
            &graph,
            &graph.order,
            pins,
            &self.build.host,
            &self.cancel,
            &Recorder::default(),
        )
        .unwrap();
        graph.ids().map(|id| (graph.spec(id).to_string(), keyed.key(id).to_string())).collect()
    }

    /// The key of one variant.
    pub(crate) fn key(&self, spec: &str) -> String {
        self.keys().remove(spec).unwrap()
    }

    /// What `specs` select; none of them is the whole workspace.
    fn with_selected<R>(&self, specs: &[&str], work: impl FnOnce(&Graph<'_>, &[NodeId]) -> R) -> R {
        let workspace = self.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        let selection = Selection {
            specs: specs.iter().map(|spec| (*spec).to_owned()).collect(),
            workspace: specs.is_empty(),
            exclude: Vec::new(),
        };
        let selected = selection::resolve(&graph, &selection, &self.root()).unwrap();
        work(&graph, &selected)
    }

    /// What `work` makes of the plan of these images and of all that they stand on.
    pub(crate) fn with_plan<R>(&self, specs: &[&str], work: impl FnOnce(&Graph<'_>, &Planned) -> R) -> R {
        self.with_selected(specs, |graph, selected| {
            let all = selection::with_parents(graph, selected);
            let detect = || self.engine.detect();
            let planned = build::plan(graph, &all, &self.build, &detect, &self.cancel, &self.events);
            work(graph, &planned.unwrap())
        })
    }

    /// The plan for `specs`, worded: `a:1.0.0 build: not in the store`.
    pub(crate) fn plan_of(&self, specs: &[&str]) -> Vec<String> {
        self.with_selected(specs, |graph, selected| {
            let detect = || self.engine.detect();
            let planned =
                build::plan(graph, selected, &self.build, &detect, &self.cancel, &self.events).unwrap();
            worded(graph, &planned.plan)
        })
    }

    /// The plan for the whole workspace.
    pub(crate) fn plan(&self) -> Vec<String> {
        self.plan_of(&[])
    }

    /// Builds `specs`.
    pub(crate) fn try_build_of(&self, specs: &[&str]) -> Result<Outcome, Error> {
        self.with_selected(specs, |graph, selected| {
            let detect = || self.engine.detect();
            build::build(graph, selected, &self.build, &detect, &self.cancel, &self.events)
        })
    }

    /// Builds the whole workspace.
    pub(crate) fn try_build(&self) -> Result<Outcome, Error> {
        self.try_build_of(&[])
    }

    /// Builds the whole workspace, and gives what was built in the order in which it started.
    pub(crate) fn built(&self) -> Vec<String> {
        let before = self.engine.builds().len();
        let outcome = self.try_build().unwrap();
        assert_eq!((outcome.failed, outcome.skipped, outcome.not_started), (0, 0, 0));
        self.engine.builds()[before..].iter().map(|sent| sent.spec.clone()).collect()
    }
}

/// A plan in words.
pub(crate) fn worded(graph: &Graph<'_>, plan: &Plan) -> Vec<String> {
    let word = |action: &Action| match action {
        Action::Fresh => "fresh".to_owned(),
        Action::Retag(reason) => format!("retag: {reason}"),
        Action::Build(reason) => format!("build: {reason}"),
    };
    let asked = |selected| if selected { "" } else { " (not asked for)" };
    let items = plan.items.iter();
    items
        .map(|item| format!("{} {}{}", graph.spec(item.id), word(&item.action), asked(item.selected)))
        .collect()
}

/// Everything that an error tells: `FILE:LINE [SPAN] MESSAGE | LABEL | HELP`, one text a problem.
pub(crate) fn told(error: &Error) -> Vec<String> {
    match error {
        Error::Input(found) | Error::Registry(found) | Error::Refused(found) => {
            found.iter().map(told_one).collect()
        }
        other => vec![format!("exit {}: {other}", other.exit_code())],
    }
}

pub(crate) fn told_one(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.snippet.as_ref().map_or(String::new(), |snippet| {
        let line = 1 + snippet.source[..snippet.span.start].matches('\n').count();
        format!("{}:{line} [{}] ", snippet.path, &snippet.source[snippet.span.clone()])
    });
    let label = diagnostic.snippet.as_ref().map_or("", |snippet| snippet.label.as_str());
    let help = diagnostic.help.as_deref().unwrap_or("");
    format!("{place}{} | {label} | {help}", diagnostic.message)
}

/// The times of a file in nanoseconds since 1970.
pub(crate) fn modified(path: &Utf8Path) -> i128 {
    use std::os::unix::fs::MetadataExt;
    let data = fs::symlink_metadata(path).unwrap();
    i128::from(data.mtime()) * 1_000_000_000 + i128::from(data.mtime_nsec())
}
