use std::fs;
use std::time::Instant;

use images_core::test::{self as core, Outcome, TestOptions, TestOutcome};
use images_core::{Error, exit_code};

use super::{Session, loader};
use crate::arguments::Test;
use crate::junit;
use crate::report::RunReporter;

pub(super) fn run(session: &Session, args: &Test) -> Result<u8, Error> {
    let reporter = session.reporter(args.message_format);
    let result = test(session, args, &*reporter);
    if let Err(Error::Input(diagnostics)) = &result {
        diagnostics.iter().for_each(|diagnostic| reporter.diagnostic(diagnostic));
    }
    result
}

fn test(session: &Session, args: &Test, reporter: &dyn RunReporter) -> Result<u8, Error> {
    let started = Instant::now();
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let (mut build, detect) = session.build_options(&args.engine, Some(&args.compression), &workspace)?;
    build.keep_going = args.keep_going;
    let options = TestOptions { build, no_build: args.no_build, rerun: args.rerun };
    let loader = || loader(None, &args.engine);
    let outcome = core::run(&graph, &selected, &options, (&detect, &loader), &session.cancel, reporter)?;
    if let Some(file) = &args.junit {
        let text = junit::document(&outcome.results, started.elapsed());
        fs::write(file, text).map_err(Error::io("cannot write", file))?;
    }
    if let Some(built) = outcome.build.as_ref().filter(|built| !built.is_success()) {
        reporter.finish(built, started.elapsed());
    }
    reporter.tested(&outcome, started.elapsed());
    Ok(code(&outcome))
}

fn code(outcome: &TestOutcome) -> u8 {
    let failed = outcome.count(|outcome| matches!(outcome, Outcome::Failed(_)));
    match &outcome.build {
        _ if failed > 0 => exit_code::FAILED,
        Some(built) if built.failed > 0 && built.failed == built.unsupported => exit_code::NO_ENGINE,
        Some(built) if built.failed > 0 => exit_code::FAILED,
        _ => exit_code::DONE,
    }
}
