//! One pattern of a `.dockerignore`: how it is matched.
//!
//! Docker turns a pattern into a regular expression of Go, with a few shortcuts, and its users see that in the
//! corners: `[*]` is not a class of one star, `\d` is a digit. So the same text is made here, and the few
//! constructs that can be in it are compiled.
//!
//! Rules: <https://github.com/moby/patternmatcher/blob/main/patternmatcher.go> (`compile`) and
//! <https://pkg.go.dev/regexp/syntax>.

use crate::ignore_regex::IgnoreRegex;

/// How a pattern matches a path.
#[derive(Debug, Clone)]
pub(crate) enum IgnorePattern {
    /// The path itself.
    Exact(String),
    /// What starts like this (`dir/**`).
    Prefix(String),
    /// What ends like this (`**/name`).
    Suffix(String),
    Regex(IgnoreRegex),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Prefix,
    Suffix,
    Regex,
}

impl IgnorePattern {
    /// Compiles a cleaned pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(pattern: &str) -> Result<Self, &'static str> {
        let (kind, regex) = translate(pattern);
        Ok(match kind {
            Kind::Exact => Self::Exact(pattern.to_owned()),
            Kind::Prefix => Self::Prefix(pattern.strip_suffix("**").unwrap_or(pattern).to_owned()),
            Kind::Suffix => Self::Suffix(pattern.strip_prefix("**").unwrap_or(pattern).to_owned()),
            Kind::Regex => Self::Regex(IgnoreRegex::parse(&regex)?),
        })
    }

    /// Whether the path matches; that a folder above it may is not looked at.
    pub(crate) fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Self::Suffix(suffix) => path.ends_with(suffix.as_str()) || suffix.strip_prefix('/') == Some(path),
            Self::Regex(regex) => regex.matches(path),
        }
    }
}

/// The regular expression, without the `^` at its start, and whether a shortcut does as well.
fn translate(pattern: &str) -> (Kind, String) {
    let mut regex = String::new();
    let mut kind = Kind::Exact;
    let mut characters = pattern.chars().peekable();
    let mut first = true;
    while let Some(c) = characters.next() {
        match c {
            '*' if characters.next_if_eq(&'*').is_some() => {
                // `**/` is `**`.
                characters.next_if_eq(&'/');
                kind = match (first, characters.peek(), kind) {
                    (true, ..) => Kind::Suffix,
                    (false, None, Kind::Exact) => Kind::Prefix,
                    _ => Kind::Regex,
                };
                regex.push_str(if characters.peek().is_some() { "(.*/)?" } else { ".*" });
            }
            '*' => {
                regex.push_str("[^/]*");
                kind = Kind::Regex;
            }
            '?' => {
                regex.push_str("[^/]");
                kind = Kind::Regex;
            }
            '.' | '+' | '(' | ')' | '|' | '{' | '}' | '$' => regex.extend(['\\', c]),
            '\\' => {
                regex.push('\\');
                regex.extend(characters.next());
                kind = Kind::Regex;
            }
            _ => {
                regex.push(c);
                if matches!(c, '[' | ']') {
                    kind = Kind::Regex;
                }
            }
        }
        first = false;
    }
    regex.push('$');
    (kind, regex)
}
