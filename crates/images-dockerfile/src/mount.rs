//! `RUN --mount`: comma-separated fields.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/commands_runmount.go>

use crate::flag::Flag;
use crate::word::Word;
use crate::{Problem, Span};

/// One mount, before variables are expanded.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    pub(crate) fields: Vec<Field>,
    /// The bytes of the whole flag.
    pub(crate) span: Span,
}

/// `key[=value]`
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// In lower case.
    pub(crate) key: String,
    pub(crate) value: Option<Word>,
}

impl Mount {
    /// Reads the value of a flag.
    ///
    /// # Errors
    /// Fields that are no CSV, and a variable in `from`, which docker does not expand.
    pub(crate) fn parse(flag: &Flag) -> Result<Self, Problem> {
        let text = flag.value.as_ref().map_or("", |value| value.text.as_str());
        let records = fields(text).ok_or_else(|| Problem {
            message: "the mount is not a list of comma-separated fields".to_owned(),
            span: flag.span.clone(),
            label: "a quote stands where none can".to_owned(),
            help: Some("quote a whole field, and write \"\" for a quote in it".to_owned()),
        })?;
        let fields: Vec<_> = records.into_iter().map(|record| field(flag, record)).collect();
        fields.iter().try_for_each(check_from)?;
        Ok(Self { fields, span: flag.span.clone() })
    }

    /// The last value of a key.
    pub(crate) fn value(&self, key: &str) -> Option<&Word> {
        self.last_value(&[key])
    }

    /// The last value of keys that mean the same.
    pub(crate) fn last_value(&self, keys: &[&str]) -> Option<&Word> {
        self.fields.iter().rfind(|field| keys.contains(&field.key.as_str()))?.value.as_ref()
    }
}

/// The characters of a field, each with its offset in the flag's value.
type Record = Vec<(usize, char)>;

/// Splits one line of CSV, as Go's `encoding/csv` does. `None` if it is malformed.
fn fields(text: &str) -> Option<Vec<Record>> {
    let mut records = vec![Record::new()];
    let mut characters = text.char_indices().peekable();
    let (mut quoted, mut closed) = (false, false);
    while let Some((at, c)) = characters.next() {
        let record = records.last_mut().expect("a list that starts with one record and only grows");
        match c {
            '"' if quoted && characters.next_if(|(_, next)| *next == '"').is_some() => record.push((at, '"')),
            '"' if quoted => (quoted, closed) = (false, true),
            '"' if record.is_empty() && !closed => quoted = true,
            ',' if !quoted => {
                records.push(Record::new());
                closed = false;
            }
            '"' => return None,
            _ if closed => return None,
            _ => record.push((at, c)),
        }
    }
    (!quoted).then_some(records)
}

fn field(flag: &Flag, record: Record) -> Field {
    let equals = record.iter().position(|(_, c)| *c == '=');
    let text = |part: &[(usize, char)]| part.iter().map(|(_, c)| c).collect::<String>();
    Field {
        key: text(&record[..equals.unwrap_or(record.len())]).to_lowercase(),
        value: equals.map(|equals| Word {
            text: text(&record[equals + 1..]),
            span: span(flag, &record[equals + 1..]),
        }),
    }
}

/// The bytes of the file behind a part of the flag's value.
fn span(flag: &Flag, part: &[(usize, char)]) -> Span {
    match (part.first(), part.last()) {
        (Some((first, _)), Some((last, c))) => {
            flag.origins[*first]..flag.origins[last + c.len_utf8() - 1] + 1
        }
        _ => flag.span.clone(),
    }
}

fn check_from(field: &Field) -> Result<(), Problem> {
    let value = field.value.as_ref().filter(|_| field.key == "from");
    let has_variable = |text: &str| text.split('$').skip(1).any(|after| !after.is_empty());
    match value.filter(|value| has_variable(&value.text) || value.text.contains("$$")) {
        None => Ok(()),
        Some(value) => Err(variable_in_from(value)),
    }
}

/// What docker answers to a variable in the `from` of a mount or a copy.
pub(crate) fn variable_in_from(value: &Word) -> Problem {
    Problem {
        message: "variables are not expanded in `from`".to_owned(),
        span: value.span.clone(),
        label: "docker takes this as it is written".to_owned(),
        help: Some(format!(
            "add a stage `FROM {} AS name` before this one, with its arguments declared before the first FROM, and write from=name",
            value.text
        )),
    }
}
