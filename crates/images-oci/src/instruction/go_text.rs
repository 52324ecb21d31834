//! Texts as Go's `fmt` and `time` write them, for histories.

use std::fmt::Write as _;

/// `%q` of a text: <https://pkg.go.dev/strconv#Quote>.
pub(super) fn quoted(text: &str) -> String {
    let mut result = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => result.extend(['\\', c]),
            _ => push(&mut result, c),
        }
    }
    result.push('"');
    result
}

/// `%q` of a list of texts.
pub(super) fn quoted_list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" "))
}

/// `%q` of a number: the character that it stands for.
pub(super) fn quoted_number(number: i64) -> String {
    let c = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut result = String::from("'");
    match c {
        '\'' | '\\' => result.extend(['\\', c]),
        _ => push(&mut result, c),
    }
    result.push('\'');
    result
}

fn push(result: &mut String, c: char) {
    let named = ['\u{7}', '\u{8}', '\u{c}', '\n', '\r', '\t', '\u{b}'].iter().zip("abfnrtv".chars());
    if let Some((_, name)) = named.into_iter().find(|(known, _)| **known == c) {
        result.extend(['\\', name]);
    } else if c < ' ' || c == '\u{7f}' {
        // Writing to a text does not fail.
        let _ = write!(result, "\\x{:02x}", u32::from(c));
    } else if c.is_control() {
        let _ = write!(result, "\\u{:04x}", u32::from(c));
    } else {
        result.push(c);
    }
}

/// Seconds since 1970 as RFC 3339 in UTC: `1980-01-01T00:00:00Z`.
///
/// The calendar is counted from March, so that a leap day ends its year:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
pub fn timestamp(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_go_does() {
        assert_eq!(quoted("a\"b\\c\n\t\u{1}\u{7f}é\u{85}"), "\"a\\\"b\\\\c\\n\\t\\x01\\x7fé\\u0085\"");
        assert_eq!(quoted_list(&["a b".to_owned(), String::new()]), "[\"a b\" \"\"]");
        let numbers = [0, 3, 10, 39, 65].map(quoted_number);
        assert_eq!(numbers, ["'\\x00'", "'\\x03'", "'\\n'", "'\\''", "'A'"]);
    }

    #[test]
    fn times_are_written_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (315_532_800, "1980-01-01T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(timestamp(seconds), text);
        }
    }
}
