use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use images_core::quantity::{count, listed};
use images_core::watch::{self, Places, Watch};
use images_core::workspace::{self, Workspace};
use images_core::{Error, exit_code};

use super::{Session, build, test};
use crate::arguments::Watch as Args;
use crate::environment;
use crate::render;
use crate::terminal::Style;

/// Builds and tests, waits for a change, and does so again until an interrupt. Changes are collected from before the files are
/// read, so none is missed while something is built.
pub(super) fn run(session: &Session, args: &Args) -> Result<u8, Error> {
    let mut places = watch::places(&load(session, args)?);
    loop {
        let watch = Watch::start(&places)?;
        match round(session, args) {
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => session.terminal.error(&render::error(&error)),
            Ok(_) => {}
        }
        session.terminal.status(Style::Note, "Watching", &watching(&places));
        let changed = match watch.wait(&session.cancel) {
            // This is how a watch ends, so it is no error.
            Err(Error::Interrupted) => return Ok(exit_code::INTERRUPTED),
            changed => changed?,
        };
        session.terminal.status(Style::Note, "Changed", &names(&changed));
        // What cannot be loaded is told of by the next round, and watched as before.
        if let Ok(workspace) = load(session, args) {
            places = watch::places(&workspace);
        }
    }
}

fn load(session: &Session, args: &Args) -> Result<Workspace, Error> {
    let options = environment::load_options(&session.global, &args.args.build_args)?;
    workspace::load(&options, &session.cancel)
}

/// One build; and where nothing failed, the tests.
fn round(session: &Session, args: &Args) -> Result<u8, Error> {
    let code = build::run(session, &args.build())?;
    if code != exit_code::DONE || args.no_test {
        return Ok(code);
    }
    test::run(session, &args.test())
}

fn watching(places: &Places) -> String {
    format!("{} for changes; Ctrl-C ends it", count(places.watched.len(), "folder"))
}

/// How many files are named before the rest is counted.
const NAMED: usize = 3;

fn names(changed: &BTreeSet<Utf8PathBuf>) -> String {
    listed(&changed.iter().collect::<Vec<_>>(), NAMED)
}
