use images_core::plan::Action;
use images_core::{Error, exit_code};

use super::{Session, named};
use crate::arguments::Explain;

pub(super) fn run(session: &Session, args: &Explain) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = named(&graph, &args.specs)?;
    let (_, planned) = session.plan(&graph, &selected, &args.engine)?;
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
