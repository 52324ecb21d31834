use images_core::{Error, check, exit_code};

use super::Session;
use super::release::published;
use crate::arguments::Check;
use crate::environment;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Check) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let host = environment::host_options(&session.global)?;
    check::check(&graph, &selected, &host)?;
    if args.published.published {
        published(session, &graph, &selected, &host, &args.published)?;
    }
    let count = selected.len();
    session.terminal.status(
        Style::Good,
        "Checked",
        &format!("{count} image{}", if count == 1 { "" } else { "s" }),
    );
    Ok(exit_code::DONE)
}
