//! Versions, the tags that they become, and requirements on them.

use std::cmp::Ordering;
use std::fmt;

/// The longest tag that a registry takes, in bytes.
/// <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests>
const MAX_TAG: usize = 128;

/// A version: semver, or any text that can be a tag, for images that follow an upstream's numbering.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version {
    text: String,
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionError {
    /// Nothing.
    Empty,
    /// Longer than a tag may be.
    TooLong,
    /// A character that a tag cannot hold, or not at its start.
    Character(char),
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a version cannot be empty"),
            Self::TooLong => write!(f, "a tag has at most {MAX_TAG} characters"),
            Self::Character(c) => write!(f, "a tag cannot have {c:?} here"),
        }
    }
}

/// The tag that `version` and `suffix` make: `+`, which no tag can hold, becomes `_`.
///
/// # Errors
/// The result is no legal tag.
pub fn tag_text(version: &Version, suffix: &str) -> Result<String, VersionError> {
    let tag = format!("{}{suffix}", version.text).replace('+', "_");
    check_tag(&tag)?;
    Ok(tag)
}

fn check_tag(tag: &str) -> Result<(), VersionError> {
    let first = tag.chars().next().ok_or(VersionError::Empty)?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !word(first) {
        return Err(VersionError::Character(first));
    }
    if let Some(c) = tag.chars().find(|&c| !word(c) && c != '.' && c != '-') {
        return Err(VersionError::Character(c));
    }
    if tag.len() > MAX_TAG { Err(VersionError::TooLong) } else { Ok(()) }
}

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// The text can be no tag, not even with `+` written as `_`.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        check_tag(&text.replace('+', "_"))?;
        Ok(Self { text: text.to_owned() })
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a pre-release by semver: `1.2.3-rc.1`.
    pub fn is_prerelease(&self) -> bool {
        semver::Version::parse(&self.text).is_ok_and(|version| !version.pre.is_empty())
    }

    /// Which is the newer: a release before a pre-release of any number, semver by its own order, other texts by
    /// their runs of digits as numbers.
    pub fn newer(&self, other: &Self) -> Ordering {
        let by_number = match (semver::Version::parse(&self.text), semver::Version::parse(&other.text)) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            _ => natural(&self.text, &other.text),
        };
        other.is_prerelease().cmp(&self.is_prerelease()).then(by_number)
    }

    /// Whether it is newer, and not only by the alphabet: of `bookworm` and `trixie` neither is.
    pub fn is_surely_newer(&self, other: &Self) -> bool {
        let is_semver = |version: &Self| semver::Version::parse(&version.text).is_ok();
        let have_order = (is_semver(self) && is_semver(other)) || differ_in_a_number(&self.text, &other.text);
        have_order && self.newer(other) == Ordering::Greater
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Compares texts with their runs of digits as numbers: `9` before `12`, `3.9` before `3.11`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a.first(), b.first()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let ((n, rest_a), (m, rest_b)) = (digits(a), digits(b));
                match n.len().cmp(&m.len()).then_with(|| n.cmp(m)) {
                    Ordering::Equal => (a, b) = (rest_a, rest_b),
                    unequal => return unequal,
                }
            }
            (Some(x), Some(y)) if x == y => (a, b) = (&a[1..], &b[1..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

/// Whether texts first differ in a number, or in that one has a further number.
fn differ_in_a_number(a: &str, b: &str) -> bool {
    let same = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let is_digit = |text: &str, at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    // Of 1 and 12 both begin alike.
    let is_longer = (is_digit(a, same) || is_digit(b, same)) && same > 0 && is_digit(a, same - 1);
    let has_more = |text: &str| text.as_bytes().get(same) == Some(&b'.') && is_digit(text, same + 1);
    match (a.len() == same, b.len() == same) {
        (false, false) => is_longer || (is_digit(a, same) && is_digit(b, same)),
        (true, _) => is_digit(b, same) || has_more(b),
        (_, true) => is_digit(a, same) || has_more(a),
    }
}

/// The leading digits without leading zeros, and what follows.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit()).unwrap_or(text.len());
    let zeros = text[..end].iter().take_while(|&&c| c == b'0').count();
    (&text[zeros..end], &text[end..])
}

/// What a reference's or a spec's tag asks of a member's variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement<'a> {
    /// No tag or `latest`: the default variant, unless one is tagged so.
    Default,
    /// This tag, or the newest version that it is a prefix of.
    Tag(&'a str),
}

impl<'a> Requirement<'a> {
    /// What a tag means.
    pub fn of(tag: Option<&'a str>) -> Self {
        match tag {
            None | Some("latest") => Self::Default,
            Some(tag) => Self::Tag(tag),
        }
    }
}

/// A variant, as far as a tag can select it.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// Its version.
    pub version: &'a Version,
    /// What is added to the version in the tag.
    pub suffix: &'a str,
    /// Its tag.
    pub tag: &'a str,
    /// Whether a reference without a tag means it.
    pub is_default: bool,
}

/// Which of an image's variants a tag means: the exact tag first, else the newest version that it is a prefix of, with
/// the same suffix; no tag or `latest` means the default variant.
pub fn select<'a>(variants: impl Iterator<Item = Choice<'a>> + Clone, tag: Option<&str>) -> Option<usize> {
    let numbered = variants.enumerate();
    let exact = tag.and_then(|tag| numbered.clone().find(|(_, variant)| variant.tag == tag));
    let found = exact.or_else(|| match Requirement::of(tag) {
        Requirement::Default => numbered.clone().find(|(_, variant)| variant.is_default),
        Requirement::Tag(tag) => numbered
            .filter(|(_, variant)| {
                tag.strip_suffix(&variant.suffix.replace('+', "_"))
                    .is_some_and(|prefix| variant.version.has_prefix(prefix))
            })
            .max_by(|(_, a), (_, b)| a.suffix.len().cmp(&b.suffix.len()).then(a.version.newer(b.version))),
    });
    found.map(|(at, _)| at)
}

impl Version {
    /// Whether `prefix` followed by `suffix` means this version: `3.11` means 3.11.2, and so does `3`; `3.1` does
    /// not. A pre-release is never meant by a prefix.
    pub fn has_prefix(&self, prefix: &str) -> bool {
        let release = self.text.split('+').next().unwrap_or(&self.text);
        let Some(rest) = release.strip_prefix(prefix) else { return false };
        !prefix.is_empty()
            && !self.is_prerelease()
            && rest.starts_with('.')
            && rest[1..].split('.').all(|part| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit()))
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{Version, VersionError, tag_text};

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn a_tag_is_the_version_and_the_suffix_with_plus_as_underscore() {
        assert_eq!(tag_text(&version("1.2.3+git.5"), "-slim").unwrap(), "1.2.3_git.5-slim");
        assert_eq!(tag_text(&version("bookworm"), "").unwrap(), "bookworm");
        assert_eq!(tag_text(&version("1"), "-a b"), Err(VersionError::Character(' ')));
    }

    #[test]
    fn what_no_tag_can_hold_is_no_version() {
        assert_eq!(Version::parse(""), Err(VersionError::Empty));
        assert_eq!(Version::parse(".1"), Err(VersionError::Character('.')));
        assert_eq!(Version::parse("1/2"), Err(VersionError::Character('/')));
        assert_eq!(Version::parse(&"1".repeat(129)), Err(VersionError::TooLong));
        assert!(Version::parse(&"1".repeat(128)).is_ok());
    }

    #[test]
    fn newer_goes_by_numbers_and_puts_releases_before_prereleases() {
        let newer = |a: &str, b: &str| version(a).newer(&version(b));
        assert_eq!(newer("3.11.2", "3.9.16"), Ordering::Greater);
        assert_eq!(newer("12", "9"), Ordering::Greater);
        assert_eq!(newer("3.11", "3.11.0"), Ordering::Less);
        assert_eq!(newer("2.0.0-rc.1", "1.0.0"), Ordering::Less);
        assert_eq!(newer("2.0.0-rc.1", "2.0.0-rc.2"), Ordering::Less);
        assert_eq!(newer("1.0.0", "1.0.0"), Ordering::Equal);
        assert_eq!(newer("007", "7"), Ordering::Equal);
    }

    #[test]
    fn names_have_no_order_and_numbers_have() {
        let newer = |a: &str, b: &str| version(a).is_surely_newer(&version(b));
        for (new, old) in [
            ("1.1.0", "1.0.0"),
            ("1.0.0", "2.0.0-rc.1"),
            ("13", "12"),
            ("12", "9"),
            ("3.11", "3.9"),
            ("1.0", "0.9"),
            ("1.2.1", "1.2"),
            ("1.12-x", "1.1-x"),
            ("13-trixie", "12-bookworm"),
            ("2024-02-01", "2024-01-15"),
        ] {
            assert_eq!((newer(new, old), newer(old, new)), (true, false), "{new} {old}");
        }
        for (a, b) in [
            ("trixie", "forky"),
            ("edge", "stable"),
            ("a", "a-slim"),
            ("12a", "12b"),
            ("12", "12"),
            ("bookworm", "12"),
        ] {
            assert_eq!((newer(a, b), newer(b, a)), (false, false), "{a} {b}");
        }
    }

    #[test]
    fn a_prefix_ends_at_a_dot_and_never_means_a_prerelease() {
        assert!(version("3.11.2").has_prefix("3.11"));
        assert!(version("3.11.2").has_prefix("3"));
        assert!(version("v1.2.3").has_prefix("v1"));
        assert!(version("1.2.3+build").has_prefix("1.2"));
        assert!(!version("3.11.2").has_prefix("3.1"));
        assert!(!version("3.11.2").has_prefix("3.11.2"));
        assert!(!version("3.11.2").has_prefix(""));
        assert!(!version("3.12.0-rc.1").has_prefix("3.12"));
        assert!(!version("3.12.x").has_prefix("3.12"));
    }
}
