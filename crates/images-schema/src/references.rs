//! `target/images/references.toml`: for each variant the name of the image that was built last, by its key. `build` writes it;
//! build scripts read it.
//!
//! ```toml
//! version = 1
//!
//! [images]
//! "flask:1.1.1" = "localhost/acme/flask:key-0123456789abcdef0123456789abcdef"
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

/// The version of the format.
const FORMAT: i64 = 1;

/// Which image each variant was built as last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// By `name:tag`: `localhost/namespace/name:key-…`.
    pub images: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct File {
    version: i64,
    images: BTreeMap<String, String>,
}

impl References {
    /// Where the file is in the workspace.
    pub const PATH: &str = "target/images/references.toml";

    /// Reads the file's text. What another version wrote, or is damaged, says nothing: the next build writes it anew.
    pub fn parse(text: &str) -> Self {
        match toml::from_str(text) {
            Ok(File { version: FORMAT, images }) => Self { images },
            _ => Self::default(),
        }
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = format!("version = {FORMAT}\n\n[images]\n");
        for (spec, reference) in &self.images {
            // Names, tags and keys have nothing that would have to be escaped. Writing to a text does not fail.
            let _ = writeln!(text, "\"{spec}\" = \"{reference}\"");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_anything_else_says_nothing() {
        let of = |spec: &str, reference: &str| (spec.to_owned(), reference.to_owned());
        let images = [of("a:1.0.0-slim", "localhost/acme/a:key-0"), of("b:2", "localhost/acme/b:key-1")];
        let references = References { images: images.into() };
        let text = references.to_text();
        assert_eq!(
            text,
            "version = 1\n\n[images]\n\"a:1.0.0-slim\" = \"localhost/acme/a:key-0\"\n\"b:2\" = \"localhost/acme/b:key-1\"\n"
        );
        assert_eq!(References::parse(&text), references);
        for other in ["", "version = 1", &text.replace("= 1\n", "= 2\n"), &text[..text.len() - 4]] {
            assert_eq!(References::parse(other), References::default(), "{other}");
        }
    }
}
