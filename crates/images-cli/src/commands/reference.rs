use images_core::{Error, exit_code};
use images_dockerfile::Reference as Parsed;
use images_schema::message::FORMAT_VERSION;
use serde_json::{Value, json};

use super::{Session, pretty};
use crate::arguments::Reference;

pub(super) fn run(session: &Session, args: &Reference) -> Result<u8, Error> {
    let read: Vec<_> = args.references.iter().map(|text| (text, Parsed::parse(text))).collect();
    let code =
        if read.iter().any(|(_, parsed)| parsed.is_err()) { exit_code::USAGE } else { exit_code::DONE };
    let values: Vec<Value> = read
        .into_iter()
        .map(|(text, parsed)| match parsed {
            Ok(Parsed { domain, path, tag, digest }) => {
                json!({"text": text, "domain": domain, "path": path, "tag": tag, "digest": digest})
            }
            Err(error) => json!({"text": text, "error": error.message, "help": error.help}),
        })
        .collect();
    session.terminal.data(&pretty(&json!({"version": FORMAT_VERSION, "references": values})));
    Ok(code)
}
