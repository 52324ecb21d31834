use images_core::{Error, check, exit_code, since};
use images_schema::{Diagnostic, Severity};

use super::Session;
use crate::arguments::Check;
use crate::environment;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Check) -> Result<u8, Error> {
    let workspace = session.workspace(&args.args)?;
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    let host = environment::host_options(&session.global)?;
    check::check(&graph, &selected, &host)?;
    if let Some(revision) = &args.since {
        let comparison = session.since(&graph, &selected, revision, &args.how, &args.args)?;
        session.fail_on(since::unbumped(&graph, &comparison, revision)?)?;
    }
    let count = selected.len();
    session.terminal.status(
        Style::Good,
        "Checked",
        &format!("{count} image{}", if count == 1 { "" } else { "s" }),
    );
    Ok(exit_code::DONE)
}

impl Session {
    /// Says warnings, and fails with errors.
    fn fail_on(&self, found: Vec<Diagnostic>) -> Result<(), Error> {
        let (errors, warnings): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
        warnings.iter().for_each(|warning| self.terminal.diagnostic(warning));
        if errors.is_empty() { Ok(()) } else { Err(Error::Check(errors)) }
    }
}
