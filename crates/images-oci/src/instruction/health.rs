//! `HEALTHCHECK`.
//!
//! <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/instructions/parse.go> (`parseHealthcheck`)

use images_dockerfile::{Word, Written};

use super::{Refusal, duration, go_text};
use crate::model::Healthcheck;

/// The shortest time that docker takes, in nanoseconds.
const SHORTEST: i64 = 1_000_000;

/// Reads the instruction.
///
/// # Errors
/// A time or a number that is none.
pub(super) fn read(written: &Written, command: Option<Vec<Word>>) -> Result<Healthcheck, Refusal> {
    let is_none = written.words.first().is_some_and(|word| word.text.eq_ignore_ascii_case("NONE"));
    if is_none {
        return Ok(Healthcheck { test: Some(vec!["NONE".to_owned()]), ..Healthcheck::default() });
    }
    let test = match command {
        Some(words) => {
            std::iter::once("CMD".to_owned()).chain(words.into_iter().map(|word| word.text)).collect()
        }
        None => vec!["CMD-SHELL".to_owned(), shell_command(written)],
    };
    let mut check = Healthcheck { test: Some(test), ..Healthcheck::default() };
    for flag in &written.flags {
        let Some(value) = flag.value.as_ref().filter(|value| !value.text.is_empty()) else { continue };
        let target = match flag.name.as_str() {
            "interval" => &mut check.interval,
            "timeout" => &mut check.timeout,
            "start-period" => &mut check.start_period,
            "start-interval" => &mut check.start_interval,
            "retries" => {
                check.retries = retries(value)?;
                continue;
            }
            name => return Err(Refusal::wrong(flag.span.clone(), format!("unknown flag `--{name}`"))),
        };
        *target = time(value)?;
    }
    Ok(check)
}

/// What follows `CMD`.
fn shell_command(written: &Written) -> String {
    let text = written.arguments.text.as_str();
    let first = written.words.first().map_or(0, |word| word.text.len());
    text[first..].trim_start().to_owned()
}

fn time(value: &Word) -> Result<i64, Refusal> {
    let wrong = |message: &str| Refusal::wrong(value.span.clone(), format!("`{}` {message}", value.text));
    let help = "write a number with ms, s, m or h behind it: 30s";
    match duration::parse(&value.text) {
        None => Err(wrong("is no time").help(help)),
        Some(0) => Ok(0),
        Some(time) if time < SHORTEST => Err(wrong("is less than a millisecond").help(help)),
        Some(time) => Ok(time),
    }
}

fn retries(value: &Word) -> Result<i64, Refusal> {
    let number = value.text.parse::<i32>().ok().filter(|number| *number >= 0);
    number.map(i64::from).ok_or_else(|| {
        Refusal::wrong(value.span.clone(), format!("`{}` is no number of retries", value.text))
            .help("write a whole number, 0 or more")
    })
}

/// `%q` of docker's structure.
pub(super) fn history(check: &Healthcheck) -> String {
    let time = |nanoseconds| go_text::quoted(&duration::format(nanoseconds));
    format!(
        "HEALTHCHECK &{{{} {} {} {} {} {}}}",
        go_text::quoted_list(check.test.as_deref().unwrap_or_default()),
        time(check.interval),
        time(check.timeout),
        time(check.start_period),
        time(check.start_interval),
        go_text::quoted_number(check.retries),
    )
}
