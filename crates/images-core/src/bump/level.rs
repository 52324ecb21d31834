//! From one version to the next.
//!
//! The rules for semver are cargo-release's:
//! <https://github.com/crate-ci/cargo-release/blob/master/docs/reference.md#bump-level>. A raised version has no build
//! metadata; `--to` gives one. Texts of one to three numbers with dots, with or without a `v` before them, are raised in
//! the parts that they have.

use std::cmp::Ordering;

use images_schema::{Diagnostic, Version};
use semver::{BuildMetadata, Prerelease};

/// What becomes of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Level {
    /// 1.2.3 → 2.0.0
    Major,
    /// 1.2.3 → 1.3.0
    Minor,
    /// 1.2.3 → 1.2.4, 1.2.4-rc.1 → 1.2.4
    Patch,
    /// With `rc`: 1.2.3 → 1.2.4-rc.1, 1.2.4-rc.1 → 1.2.4-rc.2
    Pre(String),
    /// This one.
    To(String),
}

impl Level {
    /// The version after `version`.
    ///
    /// # Errors
    /// The version has no such part, or the new one would be no version.
    pub fn apply(&self, version: &Version) -> Result<Version, Box<Diagnostic>> {
        let text = match (self, semver::Version::parse(version.as_str()), Numbers::parse(version.as_str())) {
            (Self::To(text), _, _) => text.clone(),
            (_, Ok(semver), _) => self.of_semver(semver)?.to_string(),
            (_, Err(_), Some(numbers)) => self.of_numbers(numbers, version)?,
            (_, Err(_), None) => return Err(Box::new(no_numbers(version))),
        };
        Version::parse(&text).map_err(|error| {
            let diagnostic = Diagnostic::error(format!("`{text}` is no version: {error}"));
            let help = "a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them";
            Box::new(diagnostic.help(help))
        })
    }

    fn of_semver(&self, mut version: semver::Version) -> Result<semver::Version, Box<Diagnostic>> {
        version.build = BuildMetadata::EMPTY;
        match self {
            Self::Pre(id) => prerelease(version, id),
            Self::Patch if !version.pre.is_empty() => {
                version.pre = Prerelease::EMPTY;
                Ok(version)
            }
            _ => {
                let [major, minor, patch] = [version.major, version.minor, version.patch];
                let parts = match self {
                    Self::Major => [major.checked_add(1), Some(0), Some(0)],
                    Self::Minor => [Some(major), minor.checked_add(1), Some(0)],
                    _ => [Some(major), Some(minor), patch.checked_add(1)],
                };
                match parts {
                    [Some(major), Some(minor), Some(patch)] => Ok(semver::Version::new(major, minor, patch)),
                    _ => Err(Box::new(Diagnostic::error(format!(
                        "no number is greater than that of `{version}`"
                    )))),
                }
            }
        }
    }

    fn of_numbers(&self, mut numbers: Numbers<'_>, version: &Version) -> Result<String, Box<Diagnostic>> {
        let at = match self {
            Self::Major => 0,
            Self::Minor => 1,
            _ => 2,
        };
        let is_pre = matches!(self, Self::Pre(_));
        let Some(part) = numbers.parts.get_mut(at).filter(|_| !is_pre) else {
            return Err(Box::new(no_part(self, version)));
        };
        *part = part.saturating_add(1);
        numbers.parts[at + 1..].fill(0);
        let parts: Vec<_> = numbers.parts.iter().map(u64::to_string).collect();
        Ok(format!("{}{}", numbers.before, parts.join(".")))
    }
}

/// The next pre-release of this name; of a release, the first one before the next patch.
fn prerelease(mut version: semver::Version, id: &str) -> Result<semver::Version, Box<Diagnostic>> {
    let (name, number) = match version.pre.as_str().split_once('.') {
        Some((name, number)) => (name, number.parse::<u64>().ok()),
        None => (version.pre.as_str(), Some(0)),
    };
    let next = match number.and_then(|number| number.checked_add(1)) {
        _ if name != id => 1,
        Some(next) => next,
        None => {
            let message = format!("`{version}` has no number behind `{name}`");
            return Err(Box::new(
                Diagnostic::error(message).help("write the next version out: --to VERSION"),
            ));
        }
    };
    let pre = Prerelease::new(&format!("{id}.{next}")).map_err(|_| {
        let message = format!("`{id}` is no name of a pre-release");
        Diagnostic::error(message).help("it is letters, digits and `-`: --pre rc")
    })?;
    if version.pre.is_empty() {
        version.patch = version.patch.saturating_add(1);
    } else if pre < version.pre {
        let message = format!("`{pre}` comes before `{}` of `{version}`", version.pre);
        return Err(Box::new(
            Diagnostic::error(message).help("choose a later name, or --patch for the release"),
        ));
    }
    version.pre = pre;
    Ok(version)
}

/// One to three numbers with dots between them.
struct Numbers<'a> {
    before: &'a str,
    parts: Vec<u64>,
}

impl<'a> Numbers<'a> {
    /// Reads `12`, `3.11`, `v1.2.3`. Leading zeros mean something that raising would lose: `24.04`.
    fn parse(text: &'a str) -> Option<Self> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        let number = |part: &str| {
            let plain = part == "0" || !part.starts_with('0');
            (plain && part.bytes().all(|c| c.is_ascii_digit())).then(|| part.parse().ok()).flatten()
        };
        let parts = digits.split('.').map(number).collect::<Option<Vec<u64>>>()?;
        (parts.len() <= 3).then_some(Self { before: &text[..text.len() - digits.len()], parts })
    }
}

fn no_numbers(version: &Version) -> Diagnostic {
    Diagnostic::error(format!(
        "`{version}` is neither semver nor plain numbers, so there is nothing to raise"
    ))
    .help("write the new version out: --to VERSION")
}

fn no_part(level: &Level, version: &Version) -> Diagnostic {
    let part = match level {
        Level::Major => "major",
        Level::Minor => "minor",
        Level::Patch => "patch",
        Level::Pre(_) | Level::To(_) => "pre-release",
    };
    Diagnostic::error(format!("`{version}` has no {part} part"))
        .help("raise a part that it has, or write the new version out: --to VERSION")
}

/// Whether `new` comes before `old`, as far as that can be told: both are semver, or both are plain numbers.
pub(super) fn is_older(new: &Version, old: &Version) -> bool {
    let parsed = |version: &Version| semver::Version::parse(version.as_str());
    match (parsed(new), parsed(old)) {
        (Ok(new), Ok(old)) => new.cmp_precedence(&old) == Ordering::Less,
        _ => {
            let numbers = |version: &Version| Numbers::parse(version.as_str()).map(|numbers| numbers.parts);
            numbers(new).zip(numbers(old)).is_some_and(|(new, old)| new < old)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(level: &Level, version: &str) -> String {
        match level.apply(&Version::parse(version).unwrap()) {
            Ok(next) => next.to_string(),
            Err(refusal) => format!("! {}", refusal.message),
        }
    }

    fn pre(id: &str, version: &str) -> String {
        next(&Level::Pre(id.to_owned()), version)
    }

    #[test]
    fn a_part_is_raised_and_the_later_ones_are_zero() {
        assert_eq!(next(&Level::Major, "1.2.3"), "2.0.0");
        assert_eq!(next(&Level::Minor, "1.2.3"), "1.3.0");
        assert_eq!(next(&Level::Patch, "1.2.3"), "1.2.4");
        assert_eq!(next(&Level::Patch, "1.2.3+git.5"), "1.2.4");
    }

    #[test]
    fn a_patch_of_a_prerelease_is_its_release() {
        assert_eq!(next(&Level::Patch, "1.2.4-rc.1"), "1.2.4");
        assert_eq!(next(&Level::Minor, "0.1.0-pre"), "0.2.0");
        assert_eq!(next(&Level::Major, "0.1.0-pre"), "1.0.0");
    }

    #[test]
    fn a_prerelease_is_counted_or_is_the_first_before_the_next_patch() {
        assert_eq!(pre("rc", "1.0.0"), "1.0.1-rc.1");
        assert_eq!(pre("rc", "1.0.1-alpha"), "1.0.1-rc.1");
        assert_eq!(pre("rc", "1.0.1-rc"), "1.0.1-rc.1");
        assert_eq!(pre("rc", "1.0.1-rc.1"), "1.0.1-rc.2");
        assert_eq!(pre("rc", "1.0.1-rc.9"), "1.0.1-rc.10");
    }

    #[test]
    fn a_prerelease_does_not_go_back() {
        assert_eq!(pre("alpha", "1.0.1-rc.1"), "! `alpha.1` comes before `rc.1` of `1.0.1-rc.1`");
        assert_eq!(pre("rc", "1.0.1-rc.x"), "! `1.0.1-rc.x` has no number behind `rc`");
        assert_eq!(pre("r_c", "1.0.0"), "! `r_c` is no name of a pre-release");
    }

    #[test]
    fn numbers_are_raised_in_the_parts_that_they_have() {
        assert_eq!(next(&Level::Minor, "3.11"), "3.12");
        assert_eq!(next(&Level::Major, "3.11"), "4.0");
        assert_eq!(next(&Level::Major, "12"), "13");
        assert_eq!(next(&Level::Patch, "v1.2.3"), "v1.2.4");
        assert_eq!(next(&Level::Patch, "3.11"), "! `3.11` has no patch part");
        assert_eq!(pre("rc", "3.11"), "! `3.11` has no pre-release part");
    }

    #[test]
    fn what_is_no_number_can_only_be_written_out() {
        let refusal =
            |text| format!("! `{text}` is neither semver nor plain numbers, so there is nothing to raise");
        assert_eq!(next(&Level::Patch, "bookworm"), refusal("bookworm"));
        assert_eq!(next(&Level::Minor, "24.04"), refusal("24.04"));
        assert_eq!(next(&Level::To("trixie".to_owned()), "bookworm"), "trixie");
        assert_eq!(next(&Level::To("1.2.3+git.5".to_owned()), "1.2.3"), "1.2.3+git.5");
        assert_eq!(
            next(&Level::To("1 2".to_owned()), "1.2.3"),
            "! `1 2` is no version: a tag cannot have ' ' here"
        );
    }

    #[test]
    fn older_is_told_where_versions_have_an_order() {
        let older =
            |new: &str, old: &str| is_older(&Version::parse(new).unwrap(), &Version::parse(old).unwrap());
        assert!(older("1.2.2", "1.2.3") && older("1.2.3-rc.1", "1.2.3") && older("3.9", "3.11"));
        assert!(!older("1.2.3", "1.2.3") && !older("2.0.0-rc.1", "1.0.0") && !older("12", "3.11"));
        assert!(!older("bookworm", "trixie"));
    }
}
