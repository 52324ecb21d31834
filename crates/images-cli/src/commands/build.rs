use std::time::Instant;

use images_core::{Error, build, exit_code};

use super::{Session, report::after_build};
use crate::arguments::Build;
use crate::report;

pub(super) fn run(session: &Session, args: &Build) -> Result<u8, Error> {
    let started = Instant::now();
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let (mut options, detect) = session.build_options(&args.engine, &workspace)?;
    options.keep_going = args.keep_going;
    let reporter = report::of(args.message_format, session.terminal);
    let outcome = build::build(&graph, &selected, &options, &detect, &session.cancel, &*reporter)?;
    if args.timings {
        after_build(session, &workspace.cache(), outcome.built + outcome.failed > 0)?;
    }
    reporter.finish(&outcome, started.elapsed());
    Ok(if outcome.is_success() { exit_code::DONE } else { exit_code::FAILED })
}
