use images_core::bump::{self, Drift, Moved, Request, Rewritten};
use images_core::quantity::{count, listed};
use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::Bump;
use crate::environment;
use crate::terminal::{Style, Terminal};

pub(super) fn run(session: &Session, args: &Bump) -> Result<u8, Error> {
    let options = environment::load_options(&session.global, &[])?;
    let request = Request {
        specs: args.specs.clone(),
        level: args.level(),
        from: args.from.clone(),
        cascade: args.cascade_level(),
        exclude: args.exclude.clone(),
        allow_downgrade: args.allow_downgrade,
    };
    let bump = bump::bump(&options, &request, &session.cancel)?;
    tell(&bump, session.terminal);
    let diff = bump.edits.diff();
    let files = count(bump.edits.paths().len(), "file");
    if !diff.is_empty() {
        session.terminal.data(diff.trim_end_matches('\n'));
    }
    if args.execute {
        bump.edits.write()?;
    }
    let (style, text) = match args.execute {
        _ if diff.is_empty() => (Style::Good, "there is nothing to edit".to_owned()),
        true => (Style::Good, format!("{files} written")),
        false => (Style::Note, format!("{files} would be written; --execute writes them")),
    };
    session.terminal.status(style, "Finished", &text);
    match args.fix && !bump.remaining.is_empty() {
        true => Err(Error::Input(bump.remaining)),
        false => Ok(exit_code::DONE),
    }
}

/// How many images or places are named before the rest is counted.
const NAMED: usize = 8;

fn tell(bump: &bump::Bump, terminal: Terminal) {
    for Moved { what, to, path } in &bump.moved {
        terminal.status(Style::Good, "Bumping", &format!("{what} to {to} ({path})"));
    }
    for Rewritten { spec, old, new } in &bump.rewritten {
        terminal.status(Style::Good, "Rewriting", &format!("{spec}: {old} to {new}"));
    }
    for Drift { spec, reference, old, new } in &bump.drifted {
        terminal.status(Style::Note, "Moving", &format!("{spec}: {reference} selects {new} then, not {old}"));
    }
    if !bump.left.is_empty() {
        let names = listed(&bump.left, NAMED);
        let text = format!("{names} above it, with the versions that they have; --cascade raises them");
        terminal.status(Style::Note, "Leaving", &text);
    }
    for of_version in bump.mentions.chunk_by(|one, next| one.version == next.version) {
        let places: Vec<_> = of_version.iter().map(|mention| mention.place.clone()).collect();
        let text = format!("{} in {}, which is not edited", of_version[0].version, listed(&places, NAMED));
        terminal.status(Style::Note, "Leaving", &text);
    }
}
