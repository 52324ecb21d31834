use images_core::{Error, exit_code};
use images_schema::json_schema;

use super::Session;
use crate::arguments::{Schema, SchemaOf};

/// It needs no workspace.
pub(super) fn run(session: &Session, args: &Schema) -> Result<u8, Error> {
    let schema = match args.of {
        SchemaOf::Image => json_schema::IMAGE,
        SchemaOf::Workspace => json_schema::WORKSPACE,
        SchemaOf::Lock => json_schema::LOCK,
    };
    session.terminal.data(schema.trim_end());
    Ok(exit_code::DONE)
}
