use images_core::lock::{self, Change, UpdateOptions};
use images_core::{Error, exit_code, quantity};
use images_schema::{Diagnostic, Pin};

use super::Session;
use crate::arguments::Update;
use crate::environment;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Update) -> Result<u8, Error> {
    let workspace = session.workspace(&Default::default())?;
    let graph = session.graph(&workspace)?;
    let (_, detect) = session.build_options(&args.engine, None, &workspace)?;
    let resolver = environment::resolver(&session.global)?;
    let is_locked = session.global.lock.is_locked();
    let options = UpdateOptions {
        references: args.references.clone(),
        precise: args.precise.clone(),
        dry_run: args.dry_run || is_locked,
    };
    let changes = lock::update(&graph, &options, &resolver, &detect, &session.cancel)?;
    changes.iter().for_each(|change| tell(session, change));
    let count = changes.len();
    if is_locked && count > 0 {
        let diagnostic = Diagnostic::error(format!("{count} of the pins in {} would change", lock::FILE));
        return Err(diagnostic.help("--locked forbids it; run this without --locked").into());
    }
    let images = quantity::count(count, "image");
    match (count, args.dry_run) {
        (0, _) => session.terminal.status(Style::Good, "Finished", &format!("{} is up to date", lock::FILE)),
        (_, true) => {
            let said = format!("{images} would be moved; {} stays as it is", lock::FILE);
            session.terminal.status(Style::Note, "Finished", &said);
        }
        (_, false) => {
            session.terminal.status(Style::Good, "Finished", &format!("{images} in {}", lock::FILE));
        }
    }
    Ok(exit_code::DONE)
}

/// What changed is data: it goes to stdout.
fn tell(session: &Session, change: &Change) {
    let Change { name, old, new } = change;
    let line = match (old, new) {
        (None, Some(new)) => format!("add {name} {}", pinned(new)),
        (Some(old), Some(new)) => format!("move {name} {} -> {}", pinned(old), pinned(new)),
        (Some(old), None) => format!("remove {name} {}", pinned(old)),
        (None, None) => return,
    };
    session.terminal.data(&line);
}

/// A pin, in words.
pub(super) fn pinned(pin: &Pin) -> String {
    match pin {
        Pin::Digest(digest) => digest.clone(),
        Pin::Id(id) => format!("local image {id}"),
    }
}
