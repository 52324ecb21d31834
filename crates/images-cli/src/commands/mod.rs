//! The commands, each thin: arguments → options → one call into core → report.

mod affected;
mod audit;
mod build;
mod bump;
mod check;
mod clean;
mod complete;
mod completions;
mod context;
mod dockerfile;
mod doctor;
mod explain;
mod export;
mod gc;
mod init;
mod list;
mod load;
mod man;
mod matrix;
mod metadata;
mod new;
mod outdated;
mod plan;
mod push;
mod reference;
mod release;
mod report;
mod run;
mod schema;
mod test;
mod tree;
mod update;
mod watch;

use std::process::ExitCode;

use images_core::Error;
use images_core::build::{self as core, BuildOptions, Detected, Planned};
use images_core::graph::{Graph, NodeId};
use images_core::selection::{self, Selection};
use images_core::workspace::{self, Workspace};
use images_engine::process::Cancel;
use images_engine::{Engine, EngineChoice, EngineKind, NoEngine};
use images_oci::builtin::{BuiltinOptions, detect};
use images_schema::Diagnostic;

use crate::arguments::{
    BuildArgs, Command, CompressionArgs, EngineArgs, Global, Images, Loader, MessageFormat, SelectionArgs,
};
use crate::environment;
use crate::render;
use crate::report::{self as reporter, RunReporter};
use crate::terminal::Terminal;

/// What every command has at hand.
struct Session {
    global: Global,
    terminal: Terminal,
    cancel: Cancel,
}

/// Runs a command to its exit code.
pub(crate) fn run(images: Images) -> ExitCode {
    let Images { command, global } = images;
    let session = Session { terminal: Terminal::of(&global), global, cancel: Cancel::default() };
    let cancel = session.cancel.clone();
    // Without a handler an interrupt ends this process at once, as it would by default.
    let _ = ctrlc::set_handler(move || cancel.interrupt());
    let result = match *command {
        Command::Build(args) => build::run(&session, &args),
        Command::Plan(args) => plan::run(&session, &args),
        Command::List(args) => list::run(&session, &args),
        Command::Tree(args) => tree::run(&session, &args),
        Command::Explain(args) => explain::run(&session, &args),
        Command::Metadata(args) => metadata::run(&session, &args),
        Command::Context(args) => context::run(&session, &args),
        Command::Dockerfile(args) => dockerfile::run(&session, &args),
        Command::Reference(args) => reference::run(&session, &args),
        Command::Check(args) => check::run(&session, &args),
        Command::Audit(args) => audit::run(&session, &args),
        Command::Update(args) => update::run(&session, &args),
        Command::Outdated(args) => outdated::run(&session, &args),
        Command::Bump(args) => bump::run(&session, &args),
        Command::Init(args) => init::run(&session, &args),
        Command::Test(args) => test::run(&session, &args),
        Command::Affected(args) => affected::run(&session, &args),
        Command::Matrix(args) => matrix::run(&session, &args),
        Command::Run(args) => run::run(&session, &args),
        Command::Watch(args) => watch::run(&session, &args),
        Command::Push(args) => push::run(&session, &args),
        Command::Release(args) => release::run(&session, &args),
        Command::Load(args) => load::run(&session, &args),
        Command::Export(args) => export::run(&session, &args),
        Command::Report(args) => report::run(&session, &args),
        Command::Gc(args) => gc::run(&session, &args),
        Command::Clean(args) => clean::run(&session, &args),
        Command::Doctor(args) => doctor::run(&session, &args),
        Command::New(args) => new::run(&session, &args),
        Command::Schema(args) => schema::run(&session, &args),
        Command::Completions(args) => completions::run(&session, &args),
        Command::Man(args) => man::run(&session, &args),
        Command::Complete(args) => complete::run(&session, &args),
    };
    let code = result.unwrap_or_else(|error| {
        session.terminal.error(&render::error(&error));
        error.exit_code()
    });
    ExitCode::from(code)
}

impl Session {
    /// Loads the workspace and says what is unusual in it.
    fn workspace(&self, args: &BuildArgs) -> Result<Workspace, Error> {
        let options = environment::load_options(&self.global, &args.build_args)?;
        let workspace = workspace::load(&options, &self.cancel)?;
        workspace.warnings.iter().for_each(|warning| self.terminal.diagnostic(warning));
        Ok(workspace)
    }

    /// How a run is told. Where there is no workspace, the run says so.
    fn reporter(&self, format: MessageFormat) -> Box<dyn RunReporter> {
        reporter::of(format, self.terminal, || {
            let options = environment::load_options(&self.global, &[]);
            options.and_then(|options| workspace::root_in_repository(&options)).unwrap_or_default()
        })
    }

    fn graph<'a>(&self, workspace: &'a Workspace) -> Result<Graph<'a>, Error> {
        Graph::of(workspace, environment::host_options(&self.global)?.jobs)
    }

    /// Plans what is selected, and tells how it would be built.
    fn plan(
        &self,
        graph: &Graph<'_>,
        selected: &[NodeId],
        engine: &EngineArgs,
    ) -> Result<(BuildOptions, Planned), Error> {
        let (options, detect) = self.build_options(engine, None, graph.workspace)?;
        let reporter = reporter::human(self.terminal);
        let planned = core::plan(graph, selected, &options, &detect, &self.cancel, &*reporter)?;
        Ok((options, planned))
    }

    /// How to build, and on what. A command that builds nothing has no word about compression, and leaves Images.lock.
    fn build_options(
        &self,
        args: &EngineArgs,
        compression: Option<&CompressionArgs>,
        workspace: &Workspace,
    ) -> Result<(BuildOptions, impl Fn() -> Detected + Sync + use<>), Error> {
        let choice = environment::engine_choice(args, workspace.engine.as_ref(), &workspace.source)?;
        let engine_options = environment::engine_options(args);
        let host = environment::host_options(&self.global)?;
        let builtin = BuiltinOptions {
            layout: workspace.cache().join("oci"),
            epoch: host.epoch,
            jobs: host.jobs,
            registry: (!self.global.lock.is_offline()).then(|| environment::registry_options(&[], host.jobs)),
            compression: environment::compression(
                compression,
                workspace.compression.as_ref(),
                &workspace.source,
            )?,
        };
        let lock = environment::lock_options(&self.global, compression.is_some())?;
        let automatic = choice == EngineChoice::Auto;
        let options = BuildOptions { host, automatic, keep_going: false, lock };
        Ok((options, move || detect(choice, &engine_options, &builtin)))
    }
}

/// The first of docker and podman that answers, or the one that is asked for.
///
/// # Errors
/// It does not answer, or none does.
fn loader(to: Option<Loader>, engine: &EngineArgs) -> Result<Box<dyn Engine>, Error> {
    let kinds = match to {
        Some(Loader::Docker) => vec![EngineKind::Docker],
        Some(Loader::Podman) => vec![EngineKind::Podman],
        None => vec![EngineKind::Docker, EngineKind::Podman],
    };
    let options = environment::engine_options(engine);
    let mut tried = Vec::new();
    for kind in kinds {
        match images_engine::detect(EngineChoice::Only(kind), &options) {
            Ok((engine, _)) => return Ok(engine),
            Err(NoEngine { tried: more }) => tried.extend(more),
        }
    }
    Err(NoEngine { tried }.into())
}

impl SelectionArgs {
    fn resolve(&self, graph: &Graph<'_>) -> Result<Vec<NodeId>, Error> {
        let selection =
            Selection { specs: self.specs.clone(), workspace: self.workspace, exclude: self.exclude.clone() };
        selection::resolve(graph, &selection, &environment::current_folder()?)
    }
}

/// The variants that specs name; all of them where there are no specs.
fn named(graph: &Graph<'_>, specs: &[String]) -> Result<Vec<NodeId>, Error> {
    if specs.is_empty() {
        return Ok(graph.ids().collect());
    }
    let mut ids = Vec::new();
    for spec in specs {
        ids.extend(selection::named(graph, spec)?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The variant that a spec names; of an image with several variants, the default one.
fn one(graph: &Graph<'_>, spec: &str) -> Result<NodeId, Error> {
    let ids = named(graph, &[spec.to_owned()])?;
    let default = ids.iter().find(|id| graph.variant(**id).is_default);
    let chosen = default.or(ids.first()).copied();
    chosen.ok_or_else(|| Diagnostic::error(format!("`{spec}` names no image")).into())
}

/// JSON with a line's end at its own.
fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("these types have string keys and no failing parts")
}
