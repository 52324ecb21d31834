//! Single values: texts with placeholders, regular expressions, times.

use std::time::Duration;

use images_schema::{Spanned, TextTable};
use regex_lite::Regex;

use super::Reader;
use crate::Error;
use crate::test::definition::Text;

impl Reader<'_> {
    pub(super) fn duration(&self, written: &Spanned<String>) -> Result<Duration, Error> {
        duration(written.get_ref()).ok_or_else(|| {
            let message = format!("`{}` is no time", written.get_ref());
            self.refused(written.span(), message, "not a time", "for example `500ms`, `30s` or `2m`")
        })
    }

    pub(super) fn texts(&self, written: Option<&Spanned<TextTable>>) -> Result<Vec<Text>, Error> {
        let Some(written) = written else { return Ok(Vec::new()) };
        let TextTable { contains, equals, matches } = written.get_ref();
        let fill = |text: &String| self.filled(&Spanned::new(written.span(), text.clone()));
        let mut texts = Vec::new();
        texts.extend(contains.as_ref().map(fill).transpose()?.map(Text::Contains));
        texts.extend(equals.as_ref().map(fill).transpose()?.map(Text::Equals));
        if let Some(pattern) = matches {
            let (pattern, span) = (pattern.get_ref(), pattern.span());
            pattern_problem(pattern).map_or(Ok(()), |why| {
                let message = format!("`{pattern}` is no regular expression");
                Err(self.refused(span, message, why, "https://docs.rs/regex-lite tells the syntax"))
            })?;
            texts.push(Text::Matches(pattern.clone()));
        }
        if texts.is_empty() {
            let help = "give it `contains`, `equals` or `matches`";
            return Err(self.refused(written.span(), "nothing to compare with", "empty", help));
        }
        Ok(texts)
    }

    pub(super) fn words(&self, words: &[Spanned<String>]) -> Result<Vec<String>, Error> {
        words.iter().map(|word| self.filled(word)).collect()
    }

    pub(super) fn filled(&self, written: &Spanned<String>) -> Result<String, Error> {
        let filled = self.source.filled(written, |word| match word {
            "name" => Some(self.name),
            "version" => Some(self.variant.version.as_str()),
            "variant" => Some(&self.variant.tag),
            word => self.variant.args.get(word).map(String::as_str),
        });
        Ok(filled?)
    }
}

/// Why a text is no regular expression.
pub(in crate::test) fn pattern_problem(pattern: &str) -> Option<String> {
    Regex::new(pattern).err().map(|error| error.to_string())
}

/// A number with `ms`, `s` or `m`.
fn duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u32 = digits.parse().ok().filter(|number| *number > 0)?;
    let unit = match unit {
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return None,
    };
    Some(unit * number)
}
