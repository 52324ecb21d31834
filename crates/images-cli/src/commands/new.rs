use images_core::new::{self, Request};
use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::{New, Template};
use crate::environment;
use crate::terminal::{Style, Terminal};

pub(super) fn run(session: &Session, args: &New) -> Result<u8, Error> {
    let options = environment::load_options(&session.global, &[])?;
    let request = Request {
        name: args.name.clone(),
        from: Some(args.from.clone()),
        template: match args.template {
            Template::Rust => new::Template::Rust,
            Template::Python => new::Template::Python,
            Template::Plain => new::Template::Plain,
        },
        path: args.path.clone(),
    };
    let new = new::new(&options, &request, &session.cancel)?;
    if args.dry_run {
        session.terminal.data(new.edits.diff().trim_end_matches('\n'));
    } else {
        new.write()?;
    }
    tell(&new, args, session.terminal);
    Ok(exit_code::DONE)
}

fn tell(new: &new::New, args: &New, terminal: Terminal) {
    let (creating, editing) =
        if args.dry_run { ("Would create", "Would edit") } else { ("Created", "Edited") };
    for path in new.edits.paths() {
        let word = if new.edits.is_new(path) { creating } else { editing };
        terminal.status(Style::Good, word, path.as_str());
    }
    let name = &args.name;
    let text = match args.dry_run {
        true => format!("nothing is written; `{name}` would stand on {}", new.from),
        false => format!("`{name}` stands on {}; build it with `cargo xtask images build {name}`", new.from),
    };
    terminal.status(if args.dry_run { Style::Note } else { Style::Good }, "Finished", &text);
}
