//! Flags of an instruction: `--name=value`, before its arguments.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/split_command.go> and
//! <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/bflag.go>.

use crate::suggestion::nearest;
use crate::word::{Part, Word};
use crate::{Problem, Span};

/// One flag.
#[derive(Debug, Clone)]
pub(crate) struct Flag {
    /// Without the dashes.
    pub(crate) name: String,
    /// The text after `=`, without quotes and escapes; its span is the value alone.
    pub(crate) value: Option<Word>,
    /// For each byte of the value, where it stands in the file.
    pub(crate) origins: Vec<usize>,
    /// The bytes of the whole flag.
    pub(crate) span: Span,
}

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// `true` or `false`, or nothing for `true`.
    Bool,
    /// One value.
    Value,
    /// A value each time that it is given.
    Values,
}

/// Splits flags off. Behind `--` alone there are only arguments.
pub(crate) fn split(part: Part<'_>) -> (Vec<Flag>, Part<'_>) {
    let mut flags = Vec::new();
    let text = part.text();
    let mut at = 0;
    loop {
        let start = text.len() - text[at..].trim_start().len();
        if !text[start..].starts_with("--") {
            return (flags, part.slice(start, text.len()).trim());
        }
        let (characters, end) = unquote(text, start);
        at = end;
        if characters.len() == 2 {
            return (flags, part.slice(end, text.len()).trim());
        }
        flags.push(flag(part, &characters, start, end));
    }
}

/// The characters of a word without quotes and backslashes, each with its offset, and where the word ends.
fn unquote(text: &str, start: usize) -> (Vec<(usize, char)>, usize) {
    let mut word = Vec::new();
    let mut quote = None;
    let mut characters = text[start..].char_indices().map(|(at, c)| (at + start, c));
    while let Some((at, c)) = characters.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => return (word, at),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (_, '\\') => word.extend(characters.next()),
            _ => word.push((at, c)),
        }
    }
    (word, text.len())
}

fn flag(part: Part<'_>, characters: &[(usize, char)], start: usize, end: usize) -> Flag {
    let body = &characters[2..];
    let equals = body.iter().position(|(_, c)| *c == '=');
    let text = |characters: &[(usize, char)]| characters.iter().map(|(_, c)| c).collect::<String>();
    let value = equals.map_or(&body[..0], |equals| &body[equals + 1..]);
    let bytes = value.iter().flat_map(|(at, c)| *at..at + c.len_utf8());
    Flag {
        name: text(&body[..equals.unwrap_or(body.len())]),
        value: equals
            .map(|equals| Word { text: text(value), span: value_span(part, value, body[equals].0 + 1, end) }),
        origins: bytes.map(|at| part.slice(at, at + 1).span().start).collect(),
        span: part.slice(start, end).span(),
    }
}

/// The bytes of a value: without the quotes where it is wholly quoted, else with everything that belongs to it.
fn value_span(part: Part<'_>, value: &[(usize, char)], start: usize, end: usize) -> Span {
    let after = |(at, c): &(usize, char)| at + c.len_utf8();
    let contiguous = value.windows(2).all(|pair| after(&pair[0]) == pair[1].0);
    match (value.first(), value.last()) {
        (Some(first), Some(last)) if contiguous => part.slice(first.0, after(last)).span(),
        _ => part.slice(start, end).span(),
    }
}

/// Checks flags against those that an instruction has.
///
/// # Errors
/// An unknown flag, one given twice, one without the value that it needs. With `newer`, an unknown flag passes.
pub(crate) fn check(flags: &[Flag], known: &[(&str, Takes)], newer: bool) -> Result<(), Problem> {
    for (index, flag) in flags.iter().enumerate() {
        let Some((_, takes)) = known.iter().find(|(name, _)| *name == flag.name) else {
            if newer {
                continue;
            }
            return Err(unknown(flag, known));
        };
        let again = flags[..index].iter().any(|other| other.name == flag.name);
        let value = flag.value.as_ref().map(|value| value.text.to_lowercase());
        let problem = match (takes, value.as_deref()) {
            (Takes::Bool | Takes::Value, _) if again => "this flag is given twice",
            (Takes::Bool, Some("")) => "a value is missing behind the `=`",
            (Takes::Bool, Some(value)) if !matches!(value, "true" | "false") => {
                "this flag takes true or false"
            }
            (Takes::Value | Takes::Values, None) => "this flag needs a value",
            _ => continue,
        };
        return Err(Problem {
            message: format!("bad flag `--{}`", flag.name),
            span: flag.span.clone(),
            label: problem.to_owned(),
            help: None,
        });
    }
    Ok(())
}

fn unknown(flag: &Flag, known: &[(&str, Takes)]) -> Problem {
    let names = known.iter().map(|(name, _)| *name);
    let help = match nearest(&flag.name, names.clone()) {
        Some(name) => format!("did you mean `--{name}`?"),
        None if known.is_empty() => "this instruction has no flags".to_owned(),
        None => {
            format!("its flags are {}", names.map(|name| format!("--{name}")).collect::<Vec<_>>().join(", "))
        }
    };
    Problem {
        message: format!("unknown flag `--{}`", flag.name),
        span: flag.span.clone(),
        label: "no builder knows this flag here".to_owned(),
        help: Some(help),
    }
}
