use std::fs;

use camino::Utf8Path;
use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::{Images, Man};
use crate::man;
use crate::terminal::Style;

/// It needs no workspace.
pub(super) fn run(session: &Session, args: &Man) -> Result<u8, Error> {
    let Some(folder) = &args.folder else {
        session.terminal.data(man::one(Images::as_command()).trim_end());
        return Ok(exit_code::DONE);
    };
    fs::create_dir_all(folder).map_err(Error::io("cannot create", folder))?;
    let pages = man::each(Images::as_command());
    for (name, page) in &pages {
        write(&folder.join(name), page)?;
    }
    session.terminal.status(Style::Good, "Finished", &format!("{} pages written to {folder}", pages.len()));
    Ok(exit_code::DONE)
}

/// By a file beside it that takes its place.
fn write(path: &Utf8Path, page: &str) -> Result<(), Error> {
    let new = path.with_extension(format!("new.{}", std::process::id()));
    fs::write(&new, page).and_then(|()| fs::rename(&new, path)).map_err(|error| {
        let _ = fs::remove_file(&new);
        Error::io("cannot write", path)(error)
    })
}
