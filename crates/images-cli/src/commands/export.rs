use images_core::transfer::{self, Local};
use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::{Export, ExportKind, ExportOci};
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Export) -> Result<u8, Error> {
    match &args.kind {
        ExportKind::Oci(args) => oci(session, args),
    }
}

fn oci(session: &Session, args: &ExportOci) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let (options, planned) = session.plan(&graph, &selected, &args.engine)?;
    let local = Local::gather(&graph, &planned, &options.host, &session.cancel)?;
    transfer::export(&graph, &planned, &local, &args.output)?;
    for image in &local.images {
        let spec = graph.spec(image.id);
        session.terminal.status(Style::Good, "Exported", &format!("{spec} to {}", args.output));
    }
    Ok(exit_code::DONE)
}
