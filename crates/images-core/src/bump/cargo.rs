//! What cargo needs when versions of crates move: requirements on them that would not be met any more, and Cargo.lock.
//!
//! As cargo-release's `dependent-version = "fix"`, a requirement that is still met stays as it is:
//! <https://github.com/crate-ci/cargo-release/blob/master/docs/reference.md#dependent-version>.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::SourceText;
use semver::{Op, VersionReq};
use toml::de::DeTable;

use super::lock;
use crate::Error;
use crate::edits::Edits;
use crate::edits::document::{self, Text, quoted};
use crate::workspace::{CrateIndex, normal, relative};

/// A crate's version before and after.
#[derive(Debug, Clone)]
pub(super) struct CrateStep {
    /// The file that holds it. Absolute.
    pub(super) manifest: Utf8PathBuf,
    pub(super) old: semver::Version,
    pub(super) new: semver::Version,
}

/// Brings requirements and Cargo.lock after these crates' versions.
///
/// # Errors
/// A requirement that cannot be raised without knowing what its author meant.
pub(super) fn follow(
    edits: &mut Edits,
    root: &Utf8Path,
    crates: &CrateIndex,
    steps: &BTreeMap<String, CrateStep>,
) -> Result<(), Error> {
    let moved: BTreeMap<&Utf8Path, &CrateStep> =
        crates.folders().filter_map(|(folder, name)| Some((folder, steps.get(name)?))).collect();
    let mut manifests: BTreeSet<Utf8PathBuf> =
        crates.folders().map(|(folder, _)| folder.join("Cargo.toml")).collect();
    manifests.insert(root.join("Cargo.toml"));
    for manifest in manifests {
        requirements(edits, root, &manifest, &moved)?;
    }
    let path = root.join("Cargo.lock");
    if !path.is_file() {
        return Ok(());
    }
    let text = edits.read(&path)?;
    edits.set(&path, lock::with_versions(&text, steps))
}

/// Raises the requirements of one manifest on crates by their paths.
fn requirements(
    edits: &mut Edits,
    root: &Utf8Path,
    manifest: &Utf8Path,
    moved: &BTreeMap<&Utf8Path, &CrateStep>,
) -> Result<(), Error> {
    let source = SourceText::new(relative(manifest, root), edits.read(manifest)?);
    let folder = manifest.parent().unwrap_or(root);
    let mut edited: Vec<(Range<usize>, String)> = Vec::new();
    for (path, requirement) in dependencies(&document::read(&source.text)) {
        let Some(step) = moved.get(normal(&folder.join(path)).as_path()) else { continue };
        if let Some(next) = raised(&source, &requirement, &step.new)? {
            edited.push((requirement.span.clone(), quoted(&source.text[requirement.span], &next)));
        }
    }
    edited.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    edited.into_iter().try_for_each(|(span, text)| edits.replace(manifest, span, &text))
}

/// The dependencies that have both a path and a requirement.
fn dependencies(document: &DeTable<'_>) -> Vec<(String, Text)> {
    let workspace = document::table(document, "workspace").into_iter();
    let targets = document::table(document, "target").into_iter().flat_map(|targets| targets.values());
    let places = workspace.chain([document]).chain(targets.filter_map(|target| target.get_ref().as_table()));
    let lists = places.flat_map(|place| {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|key| document::table(place, key))
    });
    let entries = lists.flat_map(|list| list.values()).filter_map(|entry| entry.get_ref().as_table());
    let both = entries
        .filter_map(|entry| Some((document::text(entry, "path")?.value, document::text(entry, "version")?)));
    both.collect()
}

/// The requirement that the new version meets; `None` where the old one will do.
fn raised(source: &SourceText, old: &Text, new: &semver::Version) -> Result<Option<String>, Error> {
    let Ok(requirement) = VersionReq::parse(&old.value) else { return Ok(None) };
    if requirement.matches(new) {
        return Ok(None);
    }
    let next = match requirement.comparators.as_slice() {
        [one] if matches!(one.op, Op::Exact | Op::Caret | Op::Tilde) => {
            let sign: String = old.value.chars().take_while(|c| !c.is_ascii_digit()).collect();
            Some(format!("{sign}{}", as_precise(one, new)))
        }
        _ => None,
    };
    let is_met = |next: &String| VersionReq::parse(next).is_ok_and(|next| next.matches(new));
    next.filter(is_met).map(Some).ok_or_else(|| {
        let message = format!("`{}` does not admit {new}", old.value);
        let diagnostic = source.error(old.span.clone(), message, "a requirement on a crate that moves");
        diagnostic.help("change it by hand, then run this again; nothing is written").into()
    })
}

/// The new version in as many parts as were written; a pre-release needs all of them.
fn as_precise(written: &semver::Comparator, new: &semver::Version) -> String {
    match (written.minor, written.patch) {
        _ if !new.pre.is_empty() => format!("{}.{}.{}-{}", new.major, new.minor, new.patch, new.pre),
        (None, _) => new.major.to_string(),
        (Some(_), None) => format!("{}.{}", new.major, new.minor),
        (Some(_), Some(_)) => format!("{}.{}.{}", new.major, new.minor, new.patch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(requirement: &str, version: &str) -> String {
        let old = Text { value: requirement.to_owned(), span: 0..0 };
        let source = SourceText::new("Cargo.toml", "");
        match raised(&source, &old, &semver::Version::parse(version).unwrap()) {
            Ok(next) => next.unwrap_or_else(|| "stays".to_owned()),
            Err(refusal) => format!("! {refusal}"),
        }
    }

    #[test]
    fn a_requirement_that_is_met_stays() {
        assert_eq!(next("1.2", "1.3.0"), "stays");
        assert_eq!(next("*", "2.0.0"), "stays");
        assert_eq!(next(">=1, <3", "2.0.0"), "stays");
    }

    #[test]
    fn a_requirement_is_raised_with_its_sign_and_its_precision() {
        assert_eq!(next("1.2", "2.0.1"), "2.0");
        assert_eq!(next("^1", "2.0.1"), "^2");
        assert_eq!(next("= 1.2.3", "1.2.4"), "= 1.2.4");
        assert_eq!(next("~1.2.3", "1.3.0"), "~1.3.0");
        assert_eq!(next("1.2", "1.3.0-rc.1"), "1.3.0-rc.1");
    }

    #[test]
    fn a_range_is_left_to_its_author() {
        assert_eq!(next(">=1, <2", "2.0.0"), "! `>=1, <2` does not admit 2.0.0");
        assert_eq!(next("1.*", "2.0.0"), "! `1.*` does not admit 2.0.0");
    }

    #[test]
    fn dependencies_are_found_in_every_table_that_has_them() {
        let text = "[workspace.dependencies]\na = { path = \"a\", version = \"1\" }\n[dependencies]\nb = \"1\"\n\
                    c = { path = \"c\" }\n[dev-dependencies.d]\npath = \"d\"\nversion = \"1\"\n\
                    [target.'cfg(unix)'.build-dependencies]\ne = { version = \"1\", path = \"e\" }\n";
        let mut found: Vec<_> =
            dependencies(&document::read(text)).into_iter().map(|(path, _)| path).collect();
        found.sort();
        assert_eq!(found, ["a", "d", "e"]);
    }
}
