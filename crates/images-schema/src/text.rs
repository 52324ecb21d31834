//! A file's text together with its path: what a diagnostic needs to show a place in it.

use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;

use crate::{Diagnostic, Rule, did_you_mean};

/// A file's text and the path that a person knows it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Relative to the workspace's root where it lies inside.
    pub path: Utf8PathBuf,
    /// The whole text.
    pub text: Arc<str>,
}

impl SourceText {
    /// Pairs a path with its text.
    pub fn new(path: impl AsRef<Utf8Path>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.as_ref().to_owned(), text: text.into() }
    }

    /// An error at `span` of this file.
    pub fn error(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(message).at(self.path.clone(), &self.text, span, label)
    }

    /// A warning at `span` of this file.
    pub fn warning(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::warning(message).at(self.path.clone(), &self.text, span, label)
    }

    /// Reads the text as TOML.
    ///
    /// # Errors
    /// Bad syntax, a value of another type, or a key that `T` does not have: one diagnostic at its span; for an
    /// unknown key it lists the allowed ones.
    pub fn parse_toml<T: DeserializeOwned>(&self) -> Result<T, Box<Diagnostic>> {
        toml::from_str(&self.text).map_err(|error| Box::new(self.toml_error(&error).rule(Rule::Manifest)))
    }

    fn toml_error(&self, error: &toml::de::Error) -> Diagnostic {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        if let Some((key, allowed)) = unknown_field(message) {
            let diagnostic = self.error(span, format!("unknown key `{key}`"), "not a key that exists here");
            let listed = format!("allowed here: {}", allowed.join(", "));
            return diagnostic.help(match did_you_mean(key, allowed.iter().copied()) {
                Some(near) => format!("did you mean `{near}`? {listed}"),
                None => listed,
            });
        }
        let told = message.lines().collect::<Vec<_>>().join("; ");
        if let Some(key) = told.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
            let diagnostic = self.error(span, format!("there is no `{key}`"), "this table needs it");
            return diagnostic.help(format!("add `{key} = …` to it"));
        }
        let is_number =
            told.starts_with("invalid type: integer") || told.starts_with("invalid type: floating");
        let diagnostic = self.error(span, told.as_str(), "");
        if is_number && told.contains("string") { diagnostic.help("write it in quotes") } else { diagnostic }
    }
}

/// Takes serde's words for a key that `deny_unknown_fields` refuses apart: the key, and those there are.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    Some((key, rest.split('`').skip(1).step_by(2).collect()))
}
