//! Images.lock: images from elsewhere, each pinned to what its name meant when it was resolved.
//!
//! ```toml
//! version = 1
//!
//! [[image]]
//! reference = "docker.io/library/debian:bookworm"
//! digest = "sha256:…"
//! platforms = ["linux/amd64", "linux/arm64"]
//! resolved = "2026-01-31T12:00:00Z"
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use serde::Deserialize;

use crate::{Diagnostic, SourceText, Spanned};

/// The version of the format that is written.
const FORMAT: i64 = 1;

/// What the file says to whoever opens it.
const HEADING: &str =
    "# Images from elsewhere, pinned by `cargo xtask images build` and `update`. Commit this file.\n";

/// Images.lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The pinned images by their full names: `docker.io/library/debian:bookworm`.
    pub images: BTreeMap<String, LockedImage>,
}

/// One pinned image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedImage {
    /// What its name means.
    pub pin: Pin,
    /// The platforms that it is for: `linux/amd64`. Empty where that is not known.
    pub platforms: Vec<String>,
    /// When it was resolved, in UTC: `2026-01-31T12:00:00Z`.
    pub resolved: String,
    /// Where its name stands in the file that was read.
    pub span: Range<usize>,
}

/// What a name is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pin {
    /// The digest of the index, or of the manifest where there is no index, in the registry.
    Digest(String),
    /// The id of an image that only a local store had.
    Id(String),
}

impl Pin {
    /// The digest or id with its algorithm: `sha256:…`.
    pub fn text(&self) -> &str {
        match self {
            Self::Digest(text) | Self::Id(text) => text,
        }
    }
}

/// Images from elsewhere, each pinned to what its name meant when it was resolved.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// The version of the format.
    #[serde(rename = "version")]
    _version: i64,
    /// The pinned images.
    #[serde(default)]
    image: Vec<Spanned<Entry>>,
}

/// One pinned image. It has a `digest` or an `id`, and one only.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The full name: `docker.io/library/debian:bookworm`.
    reference: Spanned<String>,
    /// The digest of the index, or of the manifest where there is no index, in the registry.
    digest: Option<Spanned<String>>,
    /// The id of an image that only a local store had.
    id: Option<Spanned<String>>,
    /// The platforms that it is for: `linux/amd64`.
    #[serde(default)]
    platforms: Vec<String>,
    /// When it was resolved, in UTC: `2026-01-31T12:00:00Z`.
    resolved: String,
}

/// Only the version, so that a newer file is refused for being newer and not for what is new in it.
#[derive(Deserialize)]
struct Versioned {
    version: Option<Spanned<i64>>,
}

impl Lock {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Marks of a merge conflict, a newer version, a name twice, an entry without exactly one pin, and what is no TOML.
    pub fn parse(source: &SourceText) -> Result<Self, Box<Diagnostic>> {
        check_conflicts(source)?;
        check_version(source)?;
        let document: Document = source.parse_toml()?;
        let mut lock = Self::default();
        for entry in document.image {
            let span = entry.get_ref().reference.span();
            let (name, image) = locked(source, entry)?;
            if lock.images.insert(name.clone(), image).is_some() {
                let diagnostic = source.error(span, format!("`{name}` is locked twice"), "again");
                return Err(Box::new(diagnostic.help("remove one of the two entries")));
            }
        }
        Ok(lock)
    }

    /// The text to write: sorted, one form for one content.
    pub fn to_toml(&self) -> String {
        let mut text = format!("{HEADING}version = {FORMAT}\n");
        for (name, image) in &self.images {
            let (kind, pin) = match &image.pin {
                Pin::Digest(digest) => ("digest", digest),
                Pin::Id(id) => ("id", id),
            };
            let platforms = image.platforms.iter().map(|platform| quoted(platform)).collect::<Vec<_>>();
            let platforms = match platforms.is_empty() {
                true => String::new(),
                false => format!("platforms = [{}]\n", platforms.join(", ")),
            };
            write!(
                text,
                "\n[[image]]\nreference = {}\n{kind} = {}\n{platforms}resolved = {}\n",
                quoted(name),
                quoted(pin),
                quoted(&image.resolved),
            )
            .expect("a text takes all that is written to it");
        }
        text
    }
}

/// A basic string: <https://toml.io/en/v1.0.0#string>.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// git leaves these lines where two changes meet: <https://git-scm.com/docs/git-merge#_how_conflicts_are_presented>.
fn check_conflicts(source: &SourceText) -> Result<(), Box<Diagnostic>> {
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let is_mark = ["<<<<<<< ", "||||||| ", ">>>>>>> "].iter().any(|mark| line.starts_with(mark))
            || line.trim_end() == "=======";
        if is_mark {
            let span = start..start + line.trim_end().len();
            let diagnostic =
                source.error(span, "a merge left its conflict in this file", "a mark of the conflict");
            return Err(Box::new(diagnostic.help(
                "take one side (`git checkout --ours Images.lock`, or `--theirs`); the next build adds what is missing",
            )));
        }
        start += line.len();
    }
    Ok(())
}

fn check_version(source: &SourceText) -> Result<(), Box<Diagnostic>> {
    let Versioned { version } = source.parse_toml()?;
    match version {
        Some(version) if *version.get_ref() > FORMAT => {
            let message = format!("this file is of version {}", version.get_ref());
            let diagnostic = source.error(version.span(), message, format!("{FORMAT} is the newest known"));
            Err(Box::new(diagnostic.help("update the `images-cli` of this workspace's xtask")))
        }
        Some(version) if *version.get_ref() < 1 => {
            let message = format!("there is no version {}", version.get_ref());
            let diagnostic = source.error(version.span(), message, "not a version of this format");
            Err(Box::new(diagnostic.help(format!("write `version = {FORMAT}`"))))
        }
        _ => Ok(()),
    }
}

fn locked(source: &SourceText, entry: Spanned<Entry>) -> Result<(String, LockedImage), Box<Diagnostic>> {
    let place = entry.span();
    let Entry { reference, digest, id, platforms, resolved } = entry.into_inner();
    let pin = match (digest, id) {
        (Some(digest), None) => Pin::Digest(checked(source, digest)?),
        (None, Some(id)) => Pin::Id(checked(source, id)?),
        _ => {
            let message = format!("`{}` needs a `digest` or an `id`, and one only", reference.get_ref());
            let diagnostic = source.error(place, message, "not one pin");
            return Err(Box::new(diagnostic.help("remove the entry; the next build adds it anew")));
        }
    };
    let span = reference.span();
    Ok((reference.into_inner(), LockedImage { pin, platforms, resolved, span }))
}

/// A digest of the one algorithm that all registries and engines have.
fn checked(source: &SourceText, pin: Spanned<String>) -> Result<String, Box<Diagnostic>> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let hex = pin.get_ref().strip_prefix("sha256:");
    if hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(is_hex)) {
        return Ok(pin.into_inner());
    }
    let message = format!("`{}` is no digest", pin.get_ref());
    let diagnostic = source.error(pin.span(), message, "not sha256: and 64 hexadecimal digits");
    Err(Box::new(diagnostic.help("remove the entry; the next build adds it anew")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(digit: char) -> String {
        format!("sha256:{}", digit.to_string().repeat(64))
    }

    fn locked(pin: Pin, platforms: &[&str]) -> LockedImage {
        let platforms = platforms.iter().map(|&platform| platform.to_owned()).collect();
        LockedImage { pin, platforms, resolved: "2026-01-31T12:00:00Z".to_owned(), span: 0..0 }
    }

    /// The message of the error, and the text that it points at.
    fn problem(text: &str) -> (String, String, String) {
        let source = SourceText::new("Images.lock", text);
        let diagnostic = *Lock::parse(&source).unwrap_err();
        let snippet = diagnostic.snippet.unwrap();
        (diagnostic.message, text[snippet.span].to_owned(), diagnostic.help.unwrap_or_default())
    }

    #[test]
    fn what_is_written_is_sorted_and_read_back() {
        let mut lock = Lock::default();
        let (a, b) = (Pin::Digest(digest('a')), Pin::Id(digest('b')));
        lock.images.insert("docker.io/library/b:1".to_owned(), locked(b, &[]));
        lock.images.insert("docker.io/library/a:1".to_owned(), locked(a, &["linux/amd64", "linux/arm64"]));
        let text = lock.to_toml();
        let expected = format!(
            "{HEADING}version = 1\n\n[[image]]\nreference = \"docker.io/library/a:1\"\ndigest = \"{}\"\n\
             platforms = [\"linux/amd64\", \"linux/arm64\"]\nresolved = \"2026-01-31T12:00:00Z\"\n\n\
             [[image]]\nreference = \"docker.io/library/b:1\"\nid = \"{}\"\nresolved = \"2026-01-31T12:00:00Z\"\n",
            digest('a'),
            digest('b')
        );
        assert_eq!(text, expected);
        let mut read = Lock::parse(&SourceText::new("Images.lock", text.as_str())).unwrap();
        let span = read.images["docker.io/library/a:1"].span.clone();
        assert_eq!(&text[span], "\"docker.io/library/a:1\"");
        read.images.values_mut().for_each(|image| image.span = 0..0);
        assert_eq!(read, lock);
    }

    #[test]
    fn marks_of_a_conflict_are_told_with_what_to_do() {
        for mark in ["<<<<<<< HEAD", "||||||| base", "=======", ">>>>>>> other"] {
            let (message, at, help) = problem(&format!("version = 1\n{mark}\n"));
            assert_eq!((message.as_str(), at.as_str()), ("a merge left its conflict in this file", mark));
            assert!(help.contains("--ours"), "{help}");
        }
    }

    #[test]
    fn a_newer_file_is_refused_whatever_else_is_in_it() {
        let (message, at, _) = problem("version = 2\nnew = true\n");
        assert_eq!((message.as_str(), at.as_str()), ("this file is of version 2", "2"));
        let (message, ..) = problem("version = 0\n");
        assert_eq!(message, "there is no version 0");
        let (message, ..) = problem("");
        assert_eq!(message, "there is no `version`");
    }

    #[test]
    fn each_entry_has_one_pin_that_is_a_digest_and_each_name_one_entry() {
        let entry = |rest: &str| {
            format!("version = 1\n[[image]]\nreference = \"docker.io/library/a:1\"\nresolved = \"\"\n{rest}")
        };
        let one = format!("digest = \"{}\"\n", digest('a'));
        for wrong in [String::new(), format!("{one}id = \"{}\"\n", digest('a'))] {
            let (message, ..) = problem(&entry(&wrong));
            assert_eq!(message, "`docker.io/library/a:1` needs a `digest` or an `id`, and one only");
        }
        let (message, at, _) = problem(&entry("digest = \"sha256:abc\"\n"));
        assert_eq!((message.as_str(), at.as_str()), ("`sha256:abc` is no digest", "\"sha256:abc\""));
        let first = entry(&one);
        let second = entry(&one).replace("version = 1\n", "");
        let (message, at, _) = problem(&format!("{first}{second}"));
        let name = "\"docker.io/library/a:1\"";
        assert_eq!((message.as_str(), at.as_str()), ("`docker.io/library/a:1` is locked twice", name));
    }
}
