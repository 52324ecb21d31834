//! Versions of engines, as they print them.

use std::fmt;

/// A version: what a program prints of it, as far as it consists of digits and dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version(String);

impl Version {
    /// The first word that starts like a version: `20.10.24+dfsg1`, `podman version 4.3.1`, `… buildx v0.13.1 …`.
    pub(crate) fn find(text: &str) -> Option<Self> {
        let numbers = |word: &str| {
            let word = word.trim_start_matches('v');
            let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
            let number = word[..end].trim_end_matches('.');
            number.contains('.').then(|| Self(number.to_owned()))
        };
        text.split_whitespace().find_map(numbers)
    }

    /// Whether it is this release or a later one.
    pub(crate) fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.0.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let own = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        own >= (major, minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    fn found(text: &str) -> Option<String> {
        Version::find(text).map(|version| version.to_string())
    }

    #[test]
    fn versions_are_found_in_what_engines_print() {
        assert_eq!(found("20.10.24+dfsg1").as_deref(), Some("20.10.24"));
        assert_eq!(found("podman version 4.3.1\n").as_deref(), Some("4.3.1"));
        assert_eq!(found("buildah version 1.28.2 (image-spec 1.1.0-rc2)").as_deref(), Some("1.28.2"));
        assert_eq!(found("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3").as_deref(), Some("0.13.1"));
        assert_eq!(found("github.com/docker/buildx v0.12.0 542e5d8").as_deref(), Some("0.12.0"));
        assert_eq!(found("24.0.0-beta.1").as_deref(), Some("24.0.0"));
        assert_eq!(found("version unknown 7"), None);
    }

    #[test]
    fn releases_are_compared_as_numbers() {
        let version = Version::find("20.10.24").unwrap();
        assert!(version.is_at_least(20, 10) && version.is_at_least(19, 99) && version.is_at_least(9, 0));
        assert!(!version.is_at_least(20, 11) && !version.is_at_least(23, 0));
    }
}
