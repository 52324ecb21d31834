use images_core::lock::{self, Outdated};
use images_core::{Error, exit_code};
use images_schema::message;

use super::update::pinned;
use super::{Session, pretty};
use crate::arguments::{self, Format};
use crate::environment;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &arguments::Outdated) -> Result<u8, Error> {
    let workspace = session.workspace(&Default::default())?;
    let graph = session.graph(&workspace)?;
    let resolver = environment::resolver(&session.global)?;
    let outdated = lock::outdated(&graph, &resolver, &session.cancel)?;
    match args.format {
        Format::Json => session.terminal.data(&pretty(&message::Outdated {
            version: message::FORMAT_VERSION,
            images: outdated.iter().map(json).collect(),
        })),
        Format::Human => outdated.iter().for_each(|Outdated { name, locked, latest }| {
            session.terminal.data(&format!("{name} {} -> {latest}", pinned(locked)));
        }),
    }
    let unlocked = lock::unlocked(&graph)?;
    for name in &unlocked {
        let text = format!("{name} is not in {}; `cargo xtask images update` adds it", lock::FILE);
        session.terminal.status(Style::Note, "Missing", &text);
    }
    if outdated.is_empty() {
        let what = if unlocked.is_empty() { "" } else { "what is in " };
        session.terminal.status(Style::Good, "Finished", &format!("{what}{} is up to date", lock::FILE));
        return Ok(exit_code::DONE);
    }
    session.terminal.status(Style::Note, "Help", "`cargo xtask images update` moves them");
    Ok(exit_code::FAILED)
}

fn json(outdated: &Outdated) -> message::OutdatedImage {
    message::OutdatedImage {
        reference: outdated.name.clone(),
        locked: outdated.locked.text().to_owned(),
        latest: outdated.latest.clone(),
    }
}
