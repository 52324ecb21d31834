//! Which version an image has: what it says of itself, before what others ask for.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{SourceText, Version};

use super::candidates::Candidate;
use super::names;
use super::reading;
use crate::edits::document;

/// What says a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line of its Dockerfile: the file, the line from 1, and what is there.
    Line(Utf8PathBuf, usize, String),
    /// A Cargo.toml beside it.
    Manifest(Utf8PathBuf),
    /// The crate in its folder, whose version it takes whatever it is.
    Crate(String),
    /// The name of its folder or of its Dockerfile.
    Path(Utf8PathBuf),
    /// A tag of git.
    GitTag(String),
    /// What other Dockerfiles ask for, the first of them named.
    Asked(Utf8PathBuf),
    /// The command line.
    Given,
    /// Nothing.
    Assumed,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(path, line, what) => write!(f, "{what} at {path}:{line}"),
            Self::Manifest(path) => write!(f, "{path}"),
            Self::Crate(name) => write!(f, "the version of the crate {name}"),
            Self::Path(path) => write!(f, "the name of {path}"),
            Self::GitTag(tag) => write!(f, "the git tag {tag}"),
            Self::Asked(path) => write!(f, "asked for by {path}"),
            Self::Given => f.write_str("--image-version"),
            Self::Assumed => f.write_str("assumed: nothing says one"),
        }
    }
}

/// The version of an image that says none.
const ASSUMED: &str = "0.1.0";

/// What is known beside the Dockerfile itself.
#[derive(Debug)]
pub(super) struct Known<'a> {
    /// The tags by which others ask for it, and which Dockerfiles do.
    pub(super) asked: &'a [(&'a str, &'a Utf8Path)],
    /// All tags of git that the current commit has or stands on.
    pub(super) git_tags: &'a [String],
    /// `--image-version`.
    pub(super) given: Option<&'a str>,
}

/// The version of a candidate with this name, and what says it.
pub(super) fn find(
    root: &Utf8Path,
    candidate: &Candidate,
    name: &str,
    known: &Known<'_>,
) -> (String, Origin) {
    in_dockerfile(candidate, name)
        .or_else(|| of_crate(root, candidate))
        .or_else(|| of_path(candidate))
        .or_else(|| of_tag(known.git_tags, &[format!("{name}-"), format!("{name}/"), format!("{name}@")]))
        .or_else(|| asked(known.asked))
        .or_else(|| Some((known.given?.to_owned(), Origin::Given)))
        .or_else(|| of_tag(known.git_tags, &[String::new()]))
        .unwrap_or_else(|| (ASSUMED.to_owned(), Origin::Assumed))
}

/// Whether a text is a version to a person: it starts with a number, and can be a tag.
pub(super) fn is_version(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    number.starts_with(|c: char| c.is_ascii_digit()) && Version::parse(text).is_ok()
}

/// Labels of a version, then `NAME_VERSION`, as `PYTHON_VERSION` in the image `python`. The last one counts.
fn in_dockerfile(candidate: &Candidate, name: &str) -> Option<(String, Origin)> {
    let settings = reading::settings(&candidate.parsed);
    let settings: Vec<_> = settings.iter().filter(|setting| is_version(&setting.value)).collect();
    let names = own_names(candidate, name);
    let is_general = |key: &str| {
        ["org.opencontainers.image.version", "version", "org.label-schema.version"].contains(&key)
    };
    let is_own_label = |key: &str| {
        let stem = key.strip_suffix(".version").map(|stem| stem.rsplit('.').next().unwrap_or(stem));
        stem.is_some_and(|stem| names.iter().any(|name| name == stem))
    };
    let is_own_variable = |key: &str| names.iter().any(|name| key == format!("{}_VERSION", constant(name)));
    let find = |is_label: bool, fits: &dyn Fn(&str) -> bool| {
        settings
            .iter()
            .rev()
            .find(|setting| (setting.keyword == "LABEL") == is_label && fits(&setting.key))
            .copied()
    };
    let found = find(true, &is_general)
        .or_else(|| find(true, &is_own_label))
        .or_else(|| find(false, &is_own_variable))?;
    let what = format!("{} {}", found.keyword, found.key);
    Some((found.value.clone(), Origin::Line(candidate.dockerfile.path.clone(), found.line, what)))
}

/// The names under which a Dockerfile may speak of its image.
fn own_names(candidate: &Candidate, name: &str) -> Vec<String> {
    let split = names::split_version(candidate).map(|(name, _)| name);
    let mut names: Vec<String> =
        [Some(name.to_owned()), names::stripped(name), split].into_iter().flatten().collect();
    let before_number =
        name.match_indices('-').find(|(at, _)| name[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    names.extend(before_number.map(|(at, _)| name[..at].to_owned()));
    names
}

/// `flask-helloworld` as a constant.
fn constant(name: &str) -> String {
    name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

fn of_crate(root: &Utf8Path, candidate: &Candidate) -> Option<(String, Origin)> {
    let path = candidate.folder.join("Cargo.toml");
    let text = std::fs::read_to_string(root.join(&path)).ok()?;
    let source = SourceText::new(&path, text);
    let version = document::string(&document::read(&source.text), &["package", "version"])?;
    Some((version.value, Origin::Manifest(path)))
}

fn of_path(candidate: &Candidate) -> Option<(String, Origin)> {
    let (_, version) = names::split_version(candidate)?;
    let is_whole =
        is_version(&version) && version.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'v');
    is_whole.then(|| (version, Origin::Path(candidate.dockerfile.path.clone())))
}

/// The newest tag of git with one of these beginnings.
fn of_tag(tags: &[String], beginnings: &[String]) -> Option<(String, Origin)> {
    let found = tags.iter().filter_map(|tag| {
        let version = beginnings.iter().find_map(|beginning| tag.strip_prefix(beginning.as_str()))?;
        let version = version.strip_prefix('v').unwrap_or(version);
        Some((Version::parse(version).ok().filter(|_| is_version(version))?, tag))
    });
    let (version, tag) = found.max_by(|(a, _), (b, _)| a.newer(b))?;
    Some((version.to_string(), Origin::GitTag(tag.clone())))
}

/// The newest version that is asked for, else any other tag.
fn asked(asked: &[(&str, &Utf8Path)]) -> Option<(String, Origin)> {
    let tags = asked.iter().filter(|(tag, _)| *tag != "latest");
    let found = tags.filter_map(|(tag, path)| Some((Version::parse(tag).ok()?, *path)));
    let newest =
        found.max_by(|(a, _), (b, _)| is_version(a.as_str()).cmp(&is_version(b.as_str())).then(a.newer(b)));
    newest.map(|(version, path)| (version.to_string(), Origin::Asked(path.to_owned())))
}
