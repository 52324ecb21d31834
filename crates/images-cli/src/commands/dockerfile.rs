use images_core::{Error, exit_code};

use super::Session;
use crate::arguments::Dockerfile;

pub(super) fn run(_session: &Session, _args: &Dockerfile) -> Result<u8, Error> {
    Ok(exit_code::DONE)
}
