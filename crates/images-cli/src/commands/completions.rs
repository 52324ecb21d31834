use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::Completions;
use crate::completion;

/// It needs no workspace.
pub(super) fn run(session: &Session, args: &Completions) -> Result<u8, Error> {
    session.terminal.data(completion::script(args.shell).trim_end());
    Ok(exit_code::DONE)
}
