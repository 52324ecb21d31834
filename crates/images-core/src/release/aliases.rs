//! Tags that follow an image from version to version, and which of them a version may take over.
//!
//! | alias | follows | of |
//! |---|---|---|
//! | `1.2` and the suffix | the newest released 1.2.x of that suffix | semver releases |
//! | `1` and the suffix | the newest released 1.x.y of that suffix | semver releases |
//! | `latest` | the default variant | releases |
//! | each of `[image] aliases`, and the suffix | the default variant of that suffix, else the newest | releases |
//!
//! None of them ever follows a pre-release, goes back to an older version, or is put where a version has its own tag.

use std::cmp::Ordering;

use images_schema::Version;

/// A version with what its tag adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Offer<'a> {
    pub(super) version: &'a Version,
    pub(super) suffix: &'a str,
    pub(super) is_default: bool,
    /// Whether it is released now; otherwise the workspace only knows of it.
    pub(super) is_selected: bool,
}

/// Which versions compete for an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Minor(u64, u64),
    Major(u64),
    All,
}

/// An alias that a version claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// The tag.
    pub(super) tag: String,
    /// The place of its version among the offers.
    pub(super) offer: usize,
    /// The released tag that keeps it from being moved, where there is one.
    pub(super) rival: Option<String>,
}

/// The aliases of the versions that are released now.
///
/// `offers` are all versions that the workspace has of an image, `custom` its further aliases, and `released` the tags that
/// the registry has.
pub(super) fn claims(offers: &[Offer<'_>], custom: &[&str], released: &[String]) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for (at, offer) in offers.iter().enumerate().filter(|(_, offer)| offer.is_selected) {
        if offer.version.is_prerelease() {
            continue;
        }
        for (tag, line) in names(offers, offer, custom) {
            let is_own = offers.iter().any(|other| tag_of(other) == tag);
            if is_own || claims.iter().any(|claim| claim.tag == tag) {
                continue;
            }
            claims.push(Claim { rival: rival(offers, offer, line, released), offer: at, tag });
        }
    }
    claims
}

fn tag_of(offer: &Offer<'_>) -> String {
    format!("{}{}", offer.version, offer.suffix).replace('+', "_")
}

/// The aliases that this one claims before its siblings.
fn names(offers: &[Offer<'_>], offer: &Offer<'_>, custom: &[&str]) -> Vec<(String, Line)> {
    let mut names = Vec::new();
    if let Some(version) = number(offer.version.as_str()) {
        let lines = [
            (format!("{}.{}", version.major, version.minor), Line::Minor(version.major, version.minor)),
            (version.major.to_string(), Line::Major(version.major)),
        ];
        let is_newest = |line: &Line| {
            offers.iter().all(|other| {
                !other.is_selected
                    || other.suffix != offer.suffix
                    || !number(other.version.as_str()).is_some_and(|number| line.has(&number))
                    || other.version.newer(offer.version) != Ordering::Greater
            })
        };
        let own = lines.into_iter().filter(|(_, line)| is_newest(line));
        names.extend(own.map(|(name, line)| (format!("{name}{}", offer.suffix), line)));
    }
    if offer.is_default {
        names.push(("latest".to_owned(), Line::All));
    }
    if leads(offers, offer) {
        names.extend(custom.iter().map(|name| (format!("{name}{}", offer.suffix), Line::All)));
    }
    names
}

/// Whether the aliases of its suffix are its own: it is the default, or there is none of that suffix and it is the newest.
fn leads(offers: &[Offer<'_>], offer: &Offer<'_>) -> bool {
    let mut siblings = offers.iter().filter(|other| other.suffix == offer.suffix);
    match siblings.clone().find(|other| other.is_default) {
        Some(default) => default == offer,
        None => siblings.all(|other| {
            other.version.is_prerelease() || other.version.newer(offer.version) != Ordering::Greater
        }),
    }
}

/// A semver release.
fn number(text: &str) -> Option<semver::Version> {
    semver::Version::parse(text).ok().filter(|version| version.pre.is_empty())
}

impl Line {
    fn has(self, version: &semver::Version) -> bool {
        match self {
            Self::Minor(major, minor) => (version.major, version.minor) == (major, minor),
            Self::Major(major) => version.major == major,
            Self::All => true,
        }
    }
}

/// The newest tag in the registry that has a better right to the alias.
///
/// What the workspace itself has beside the default variant is no rival of it: that it is not the default was decided here.
fn rival(offers: &[Offer<'_>], offer: &Offer<'_>, line: Line, released: &[String]) -> Option<String> {
    let mut highest = number(offer.version.as_str())?;
    if line == Line::All {
        let siblings = offers.iter().filter(|other| other.suffix == offer.suffix);
        highest = siblings.filter_map(|other| number(other.version.as_str())).max()?.max(highest);
    }
    let of_suffix = |tag: &String| {
        let (version, suffix) = split(offers, tag)?;
        (suffix == offer.suffix && line.has(&version)).then(|| (version, tag.clone()))
    };
    let newest = released.iter().filter_map(of_suffix).max()?;
    (newest.0 > highest).then_some(newest.1)
}

/// A tag as a version and the longest of the image's suffixes that leaves a release.
fn split<'a>(offers: &[Offer<'a>], tag: &str) -> Option<(semver::Version, &'a str)> {
    let mut suffixes: Vec<&str> = offers.iter().map(|offer| offer.suffix).chain([""]).collect();
    suffixes.sort_by_key(|suffix| std::cmp::Reverse(suffix.len()));
    suffixes.into_iter().find_map(|suffix| {
        let version = number(&tag.strip_suffix(suffix)?.replacen('_', "+", 1))?;
        Some((version, suffix))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `VERSION SUFFIX FLAGS`, with `d` for the default one and `-` for one that is not released now.
    fn moved(offers: &[&str], custom: &[&str], released: &[&str]) -> Vec<String> {
        let read: Vec<(Version, &str, &str)> = offers
            .iter()
            .map(|text| {
                let words: Vec<&str> = text.split('|').collect();
                (Version::parse(words[0]).unwrap(), words[1], words[2])
            })
            .collect();
        let offers: Vec<Offer<'_>> = read
            .iter()
            .map(|(version, suffix, flags)| Offer {
                version,
                suffix,
                is_default: flags.contains('d'),
                is_selected: !flags.contains('-'),
            })
            .collect();
        let released: Vec<String> = released.iter().map(|tag| (*tag).to_owned()).collect();
        let claims = claims(&offers, custom, &released);
        let told = claims.iter().map(|claim| match &claim.rival {
            None => format!("{} → {}", claim.tag, tag_of(&offers[claim.offer])),
            Some(rival) => format!("{} stays for {rival}", claim.tag),
        });
        told.collect()
    }

    #[test]
    fn the_first_release_gets_all_of_them() {
        let expected = ["1.2 → 1.2.3", "1 → 1.2.3", "latest → 1.2.3"];
        assert_eq!(moved(&["1.2.3||d"], &[], &[]), expected);
        assert_eq!(moved(&["1.2.3||d"], &[], &["1.2.2", "0.9.0", "latest", "1"]), expected);
    }

    #[test]
    fn an_older_patch_moves_only_the_alias_of_its_minor_version() {
        assert_eq!(
            moved(&["1.0.5||d"], &[], &["1.0.4", "1.1.0"]),
            ["1.0 → 1.0.5", "1 stays for 1.1.0", "latest stays for 1.1.0"]
        );
        assert_eq!(
            moved(&["1.9.0||d"], &[], &["1.10.0", "2.0.0"]),
            ["1.9 → 1.9.0", "1 stays for 1.10.0", "latest stays for 2.0.0"]
        );
    }

    #[test]
    fn a_prerelease_neither_gets_nor_holds_an_alias() {
        assert_eq!(moved(&["2.0.0-rc.1||d"], &["stable"], &[]), Vec::<String>::new());
        assert_eq!(
            moved(&["1.0.0||d"], &[], &["1.0.1-rc.1", "2.0.0-rc.1"]),
            ["1.0 → 1.0.0", "1 → 1.0.0", "latest → 1.0.0"]
        );
    }

    #[test]
    fn suffixes_are_told_apart() {
        assert_eq!(
            moved(&["1.0.0||d", "1.0.0|-slim|"], &[], &["1.1.0-slim", "1.0.0-beta"]),
            [
                "1.0 → 1.0.0",
                "1 → 1.0.0",
                "latest → 1.0.0",
                "1.0-slim → 1.0.0-slim",
                "1-slim stays for 1.1.0-slim"
            ]
        );
        assert_eq!(
            moved(&["1.0.0||d", "1.0.0|_x|"], &[], &["1.1.0_x"])[..3],
            ["1.0 → 1.0.0", "1 → 1.0.0", "latest → 1.0.0"],
            "the longest suffix counts, not a build number"
        );
    }

    #[test]
    fn several_versions_share_out_their_aliases() {
        let all = ["3.9.16||", "3.11.2||d", "3.11.1||"];
        assert_eq!(moved(&all, &[], &[]), ["3.9 → 3.9.16", "3.11 → 3.11.2", "3 → 3.11.2", "latest → 3.11.2"]);
    }

    #[test]
    fn the_default_variant_has_latest_although_a_sibling_is_newer() {
        let siblings = ["3.11.2||d", "3.13.5||-"];
        assert_eq!(moved(&siblings, &[], &["3.13.4"])[2], "latest → 3.11.2");
        assert_eq!(moved(&siblings, &[], &["3.14.0"])[2], "latest stays for 3.14.0");
    }

    #[test]
    fn what_is_not_semver_has_only_what_its_manifest_says() {
        assert_eq!(
            moved(&["12||", "13||d"], &["stable"], &[]),
            ["latest → 13", "stable → 13"],
            "twelve and thirteen are their own tags"
        );
        assert_eq!(moved(&["bookworm||d"], &[], &["trixie"]), ["latest → bookworm"]);
    }

    #[test]
    fn an_alias_is_never_put_over_a_versions_own_tag() {
        assert_eq!(moved(&["1.2.3||d", "1||-"], &[], &[]), ["1.2 → 1.2.3", "latest → 1.2.3"]);
    }

    #[test]
    fn further_aliases_have_the_suffix_and_one_owner() {
        assert_eq!(
            moved(&["1.0.0||d", "2.0.0||", "1.0.0|-slim|"], &["edge"], &[]),
            [
                "1.0 → 1.0.0",
                "1 → 1.0.0",
                "latest → 1.0.0",
                "edge → 1.0.0",
                "2.0 → 2.0.0",
                "2 → 2.0.0",
                "1.0-slim → 1.0.0-slim",
                "1-slim → 1.0.0-slim",
                "edge-slim → 1.0.0-slim"
            ]
        );
        assert_eq!(moved(&["1.0.0||d-", "0.9.0||"], &["edge"], &[]), ["0.9 → 0.9.0", "0 → 0.9.0"]);
    }
}
