use images_core::clean::{self as core, CleanOptions, Cleaned};
use images_core::quantity::{count, size};
use images_core::workspace::{self, relative};
use images_core::{Error, exit_code};
use images_schema::message;

use super::{Session, pretty};
use crate::arguments::{Clean, Format};
use crate::environment;
use crate::report as reporter;
use crate::terminal::Style;

pub(super) fn run(session: &Session, args: &Clean) -> Result<u8, Error> {
    let cache = workspace::cache_folder(&environment::load_options(&session.global, &[])?)?;
    let options = CleanOptions { cache, store: args.store, execute: !args.dry_run };
    let reporter = reporter::human(session.terminal);
    let cleaned = core::clean(&options, &session.cancel, &*reporter)?;
    let message = message(&cleaned, &options);
    match args.format {
        Format::Json => session.terminal.data(&pretty(&message)),
        Format::Human => tell(session, &message),
    }
    Ok(exit_code::DONE)
}

fn tell(session: &Session, message: &message::Clean) {
    let terminal = &session.terminal;
    if !message.executed || terminal.verbose {
        for entry in &message.paths {
            terminal.data(&format!("{} ({}, {})", entry.path, count(entry.files, "file"), size(entry.bytes)));
        }
    }
    let total = format!("{}, {} total", count(message.files, "file"), size(message.bytes));
    match message.executed {
        true => terminal.status(Style::Good, "Removed", &total),
        false => terminal.status(Style::Note, "Summary", &format!("{total}; nothing was removed")),
    }
}

fn message(cleaned: &[Cleaned], options: &CleanOptions) -> message::Clean {
    let root = options.cache.ancestors().nth(2).unwrap_or(&options.cache);
    let path = |entry: &Cleaned| message::CleanedPath {
        path: relative(&entry.path, root).to_string(),
        files: entry.size.files,
        bytes: entry.size.bytes,
    };
    message::Clean {
        version: message::FORMAT_VERSION,
        executed: options.execute,
        paths: cleaned.iter().map(path).collect(),
        files: cleaned.iter().map(|entry| entry.size.files).sum(),
        bytes: cleaned.iter().map(|entry| entry.size.bytes).sum(),
    }
}
