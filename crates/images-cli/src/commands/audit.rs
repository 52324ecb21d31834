use images_core::audit;
use images_core::selection::with_parents;
use images_core::{Error, exit_code};

use super::{Session, pretty};
use crate::arguments::{Audit, AuditFormat};
use crate::audit as words;

pub(super) fn run(session: &Session, args: &Audit) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let all = with_parents(&graph, &selected);
    let (options, planned) = session.plan(&graph, &all, &args.engine)?;
    let audit = audit::audit(&graph, &planned, options.host.jobs, &session.cancel)?;
    let text = match args.format {
        AuditFormat::Human => words::text(&audit),
        AuditFormat::Json => pretty(&words::json(&audit)),
        AuditFormat::Html => words::page(&audit, &workspace.namespace),
    };
    match &args.output {
        Some(path) => std::fs::write(path, text + "\n").map_err(Error::io("cannot write", path))?,
        None => session.terminal.data(&text),
    }
    Ok(exit_code::DONE)
}
