use std::time::Instant;

use images_core::build as core;
use images_core::{Error, exit_code};

use super::{Session, report::after_build};
use crate::arguments::Build;
use crate::report::RunReporter;

pub(super) fn run(session: &Session, args: &Build) -> Result<u8, Error> {
    let reporter = session.reporter(args.message_format);
    let result = build(session, args, &*reporter);
    if let Err(Error::Input(diagnostics)) = &result {
        diagnostics.iter().for_each(|diagnostic| reporter.diagnostic(diagnostic));
    }
    result
}

fn build(session: &Session, args: &Build, reporter: &dyn RunReporter) -> Result<u8, Error> {
    let started = Instant::now();
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let (mut options, detect) = session.build_options(&args.engine, Some(&args.compression), &workspace)?;
    options.keep_going = args.keep_going;
    let outcome = core::build(&graph, &selected, &options, &detect, &session.cancel, reporter)?;
    if args.timings {
        after_build(session, &workspace.cache(), outcome.built + outcome.failed > 0)?;
    }
    reporter.finish(&outcome, started.elapsed());
    Ok(match outcome.failed {
        0 => exit_code::DONE,
        failed if failed == outcome.unsupported => exit_code::NO_ENGINE,
        _ => exit_code::FAILED,
    })
}
