//! What the reader allows, asked of the reader itself.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use crate::{Diagnostic, SourceText};

/// A key that no table has, and that resembles none.
const PROBE: &str = "zzzzzzzzzzzzzzzz";

/// A step from a value into it.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Key(String),
    Item,
}

/// A document that has this value at the end of the steps, and nothing else.
pub(super) fn document(steps: &[Step], value: &str) -> String {
    let Some((Step::Key(key), rest)) = steps.split_first() else {
        panic!("a document is a table: {steps:?}")
    };
    let value = rest.iter().rev().fold(value.to_owned(), |value, step| match step {
        Step::Key(key) => format!("{{ {key} = {value} }}"),
        Step::Item => format!("[{value}]"),
    });
    format!("{key} = {value}\n")
}

/// What the reader says of a document.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<(), Box<Diagnostic>> {
    SourceText::new("x.toml", text).parse_toml::<T>().map(drop)
}

/// The keys that the reader allows where the steps lead to; nothing where it takes no table, or one with any keys.
pub(super) fn keys<T: DeserializeOwned>(steps: &[Step]) -> Option<BTreeSet<String>> {
    let mut steps = steps.to_vec();
    steps.push(Step::Key(PROBE.to_owned()));
    let refusal = read::<T>(&document(&steps, "1")).err()?;
    (refusal.message == format!("unknown key `{PROBE}`")).then(|| {
        let help = refusal.help.expect("the keys are listed");
        let listed = help.strip_prefix("allowed here: ").expect("nothing resembles the probe");
        listed.split(", ").map(str::to_owned).collect()
    })
}
