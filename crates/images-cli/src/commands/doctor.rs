use images_core::Error;
use images_core::doctor::{self as core, Check, Diagnosis, DoctorOptions, Status};
use images_core::workspace::{self, LoadOptions, Workspace};
use images_oci::registry;
use images_schema::{SourceText, message};

use super::{Session, pretty};
use crate::arguments::{Doctor, Format};
use crate::terminal::Style;
use crate::{environment, render};

pub(super) fn run(session: &Session, args: &Doctor) -> Result<u8, Error> {
    let load = environment::load_options(&session.global, &[])?;
    let workspace = workspace::load(&load, &session.cancel);
    let options = options(session, args, &load, workspace.as_ref().ok())?;
    let graph = workspace.as_ref().map(|workspace| session.graph(workspace));
    let graph = match &graph {
        Ok(graph) => graph.as_ref(),
        Err(error) => Err(*error),
    };
    let diagnosis = core::examine(graph, &options, &session.cancel)?;
    if let Err(error) = graph {
        session.terminal.error(&render::error(error));
    }
    match args.format {
        Format::Json => session.terminal.data(&pretty(&json(&diagnosis))),
        Format::Human => tell(session, &diagnosis),
    }
    Ok(diagnosis.exit_code())
}

fn options(
    session: &Session,
    args: &Doctor,
    load: &LoadOptions,
    workspace: Option<&Workspace>,
) -> Result<DoctorOptions, Error> {
    let nothing = SourceText::new("Cargo.toml", String::new());
    let setting = workspace.and_then(|workspace| workspace.engine.as_ref());
    let source = workspace.map_or(&nothing, |workspace| &workspace.source);
    let host = environment::host_options(&session.global)?;
    let registry = match args.online {
        true => once(environment::asking(&session.global, &args.plain_http)?),
        false => environment::registry_options(&[], host.jobs),
    };
    let cache = workspace::cache_folder(load).ok();
    Ok(DoctorOptions {
        choice: environment::engine_choice(&args.engine, setting, source)?,
        engines: environment::engine_options(&args.engine),
        registry,
        online: args.online,
        host,
        root: cache.and_then(|cache| cache.ancestors().nth(2).map(ToOwned::to_owned)),
    })
}

/// Whoever asks how things are wants to know it now.
fn once(mut registry: registry::Options) -> registry::Options {
    registry.retries.count = 0;
    registry
}

fn tell(session: &Session, diagnosis: &Diagnosis) {
    diagnosis.checks.iter().for_each(|check| session.terminal.data(&lines(check)));
    let count = |status| diagnosis.checks.iter().filter(|check| check.status == status).count();
    let (errors, warnings) = (count(Status::Error), count(Status::Warning));
    let found = match (errors, warnings) {
        (0, 0) => String::new(),
        (0, warnings) => format!("; warnings: {warnings}"),
        (errors, 0) => format!("; errors: {errors}"),
        (errors, warnings) => format!("; errors: {errors}, warnings: {warnings}"),
    };
    let (style, text) = match diagnosis.engine {
        _ if !diagnosis.is_readable => (Style::Bad, "the workspace cannot be read".to_owned()),
        None => (Style::Bad, "no engine can do what the workspace needs".to_owned()),
        Some(_) if errors > 0 => (Style::Bad, "something that the workspace needs is missing".to_owned()),
        Some(engine) => (Style::Good, format!("builds can work, by {engine}")),
    };
    session.terminal.status(style, "Finished", &format!("{text}{found}"));
}

/// A line for what was found, and one for each thing to do.
fn lines(check: &Check) -> String {
    let code = match check.status {
        Status::Ok => "1;32",
        Status::Warning => "1;33",
        Status::Error => "1;31",
    };
    let Check { subject, message, .. } = check;
    let first = format!("\x1b[{code}m{:>7}\x1b[0m {subject}: {message}", check.status.name());
    check.fixes.iter().fold(first, |lines, fix| format!("{lines}\n        fix: {fix}"))
}

fn json(diagnosis: &Diagnosis) -> message::Doctor {
    let check = |check: &Check| message::DoctorCheck {
        kind: check.kind,
        subject: check.subject.clone(),
        status: check.status.name(),
        message: check.message.clone(),
        fixes: check.fixes.clone(),
    };
    message::Doctor {
        version: message::FORMAT_VERSION,
        engine: diagnosis.engine.map(|engine| engine.to_string()),
        exit_code: diagnosis.exit_code(),
        checks: diagnosis.checks.iter().map(check).collect(),
    }
}
