use images_core::plan::Action;
use images_core::{Error, build, exit_code};

use super::{Session, named};
use crate::arguments::{Explain, MessageFormat};
use crate::report;

pub(super) fn run(session: &Session, args: &Explain) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = named(&graph, &args.specs)?;
    let (options, detect) = session.build_options(&args.engine, None, &workspace)?;
    let reporter = report::of(MessageFormat::Human, session.terminal);
    let planned = build::plan(&graph, &selected, &options, &detect, &session.cancel, &*reporter)?;
    for item in planned.plan.items.iter().filter(|item| item.selected) {
        let spec = graph.spec(item.id);
        session.terminal.data(&match &item.action {
            Action::Fresh => format!("{spec} is fresh"),
            Action::Retag(reason) => format!("{spec} would be tagged again: {reason}"),
            Action::Build(reason) => format!("{spec} would be rebuilt: {reason}"),
        });
    }
    Ok(exit_code::DONE)
}
