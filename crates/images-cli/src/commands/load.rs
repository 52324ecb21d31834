use images_core::transfer::{self, Local};
use images_core::{Error, exit_code};

use super::{Session, loader};
use crate::arguments::{EngineArgs, Load};
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Load) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let from = EngineArgs { engine: Some(args.engine.clone()), builder: None };
    let (options, planned) = session.plan(&graph, &selected, &from)?;
    let to = loader(args.to, &from)?;
    let local = Local::gather(&graph, &planned, &options.host, &session.cancel)?;
    transfer::load(&graph, &planned, &local, &*to, &session.cancel)?;
    for image in &local.images {
        let spec = graph.spec(image.id);
        session.terminal.status(Style::Good, "Loaded", &format!("{spec} into {}", to.kind()));
    }
    Ok(exit_code::DONE)
}
