use images_core::check::Findings;
use images_core::lock::Pins;
use images_core::quantity::count;
use images_core::{Error, check, lock, policy, since, workspace};

use super::Session;
use super::release::published;
use crate::arguments::Check;
use crate::environment;
use crate::report::findings;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Check) -> Result<u8, Error> {
    let options = environment::load_options(&session.global, &args.args.build_args)?;
    let mut found = Findings::default();
    let checked = match gather(session, args, &options, &mut found) {
        Err(Error::Input(problems) | Error::Registry(problems)) => {
            found.extend(problems);
            0
        }
        other => other?,
    };
    let root = workspace::root_in_repository(&options).unwrap_or_default();
    findings::report(args.message_format, &found, &root, session.terminal);
    if found.errors().next().is_none() {
        session.terminal.status(Style::Good, "Checked", &count(checked, "image"));
    }
    Ok(found.exit_code())
}

/// Checks what is selected, and gives its number. What ends a check is in the error, all else among the findings.
fn gather(
    session: &Session,
    args: &Check,
    options: &workspace::LoadOptions,
    found: &mut Findings,
) -> Result<usize, Error> {
    let workspace = workspace::load(options, &session.cancel)?;
    found.extend(workspace.warnings.iter().cloned());
    let graph = session.graph(&workspace)?;
    let selected = args.selection.resolve(&graph)?;
    found.extend(lock::findings(&graph, &selected, session.global.lock.is_locked())?);
    let host = environment::host_options(&session.global)?;
    let pins = Pins::of(&lock::read(&workspace.root)?);
    found.extend(policy::check(&graph, &selected, &pins));
    check::check(&graph, &selected, &host)?;
    if let Some(revision) = &args.since {
        let comparison = session.since(&graph, &selected, revision, &args.how, &args.args)?;
        found.extend(since::unbumped(&graph, &comparison, revision)?);
    }
    if args.published.published {
        found.extend(published(session, &graph, &selected, &host, &args.published)?);
    }
    Ok(selected.len())
}
