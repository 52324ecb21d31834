use images_core::bump::{self, Moved, Request, Rewritten};
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
    let files = bump.edits.paths().len();
    let files = format!("{files} file{}", if files == 1 { "" } else { "s" });
    if diff.is_empty() {
        session.terminal.status(Style::Good, "Finished", "there is nothing to edit");
        return Ok(exit_code::DONE);
    }
    session.terminal.data(diff.trim_end_matches('\n'));
    if args.execute {
        bump.edits.write()?;
        session.terminal.status(Style::Good, "Finished", &format!("{files} written"));
    } else {
        let text = format!("{files} would be written; --execute writes them");
        session.terminal.status(Style::Note, "Finished", &text);
    }
    Ok(exit_code::DONE)
}

fn tell(bump: &bump::Bump, terminal: Terminal) {
    for Moved { what, to, path } in &bump.moved {
        terminal.status(Style::Good, "Bumping", &format!("{what} to {to} ({path})"));
    }
    for Rewritten { spec, old, new } in &bump.rewritten {
        terminal.status(Style::Good, "Rewriting", &format!("{spec}: {old} to {new}"));
    }
    if !bump.left.is_empty() {
        let text =
            format!("{} stand on it and keep their versions; --cascade raises them", bump.left.join(", "));
        terminal.status(Style::Note, "Leaving", &text);
    }
}
