//! What a text is compared with.

use regex_lite::Regex;
use serde::Serialize;

/// What a text is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Text {
    /// It is somewhere in the text.
    Contains(String),
    /// It is the whole text, apart from line ends at its end.
    Equals(String),
    /// It is the whole text.
    Exactly(String),
    /// A regular expression that matches somewhere in the text.
    Matches(String),
    /// A regular expression that matches nowhere in the text.
    MatchesNot(String),
}

impl Text {
    /// What is wrong with a text, where something is; `what` names it.
    pub(super) fn problem(&self, what: &str, text: &str) -> Option<String> {
        let matches = |pattern: &str| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
        match self {
            Self::Contains(part) if !text.contains(part.as_str()) => {
                Some(format!("{what} does not contain {}", quoted(part)))
            }
            Self::Equals(whole) if without_line_ends(text) != without_line_ends(whole) => {
                Some(format!("{what} is {}, not {}", quoted(without_line_ends(text)), quoted(whole)))
            }
            Self::Exactly(whole) if text != whole => {
                Some(format!("{what} is {}, not {}", quoted(text), quoted(whole)))
            }
            Self::Matches(pattern) if !matches(pattern) => {
                Some(format!("{what} has no match for `{pattern}`"))
            }
            Self::MatchesNot(pattern) if matches(pattern) => {
                Some(format!("{what} has a match for `{pattern}`, and should have none"))
            }
            _ => None,
        }
    }
}

/// All that is wrong with a text.
pub(super) fn problems<'a>(
    expected: &'a [Text],
    what: &'a str,
    text: &'a str,
) -> impl Iterator<Item = String> + 'a {
    expected.iter().filter_map(move |expected| expected.problem(what, text))
}

fn without_line_ends(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

/// At most this many characters of a text are shown within a sentence.
const SHOWN: usize = 200;

/// A text within a sentence.
pub(super) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    let shown = shown.replace("\\'", "'").replace("\\\"", "\"");
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comparison_holds_or_says_why_not() {
        let text = "Flask 3.1\nPython\n";
        let problem = |expected: Text| expected.problem("stdout", text);
        let own = str::to_owned;
        assert_eq!(problem(Text::Contains(own("3.1"))), None);
        assert_eq!(problem(Text::Contains(own("3.2"))).unwrap(), "stdout does not contain `3.2`");
        assert_eq!(problem(Text::Equals(own("Flask 3.1\nPython"))), None);
        let expected = "stdout is `Flask 3.1\\nPython`, not `Flask`";
        assert_eq!(problem(Text::Equals(own("Flask"))).unwrap(), expected);
        assert_eq!(problem(Text::Matches(own(r"^Flask \d"))), None);
        assert_eq!(problem(Text::Matches(own("^P"))).unwrap(), "stdout has no match for `^P`");
        assert_eq!(problem(Text::Matches(own("(?m)^P"))), None);
        assert_eq!(problem(Text::MatchesNot(own("^P"))), None);
        let expected = "stdout has a match for `thon`, and should have none";
        assert_eq!(problem(Text::MatchesNot(own("thon"))).unwrap(), expected);
    }

    #[test]
    fn a_long_text_is_cut_and_its_control_characters_are_named() {
        assert_eq!(quoted("a\u{1b}[1m\tit's \"b\""), "`a\\u{1b}[1m\\tit's \"b\"`");
        assert_eq!(quoted(&"x".repeat(300)), format!("`{}…`", "x".repeat(200)));
    }
}
