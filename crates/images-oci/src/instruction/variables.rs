//! What expansion sees in a stage.

use std::collections::BTreeMap;

use images_dockerfile::{Expander, Word};

use super::Refusal;

/// The variables of a stage: the environment of its base, and what `ENV` and `ARG` set since. Whichever came last
/// counts, as in BuildKit; a variable without a value is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Those of an image's environment: `NAME=VALUE`.
    pub fn of(environment: &[String]) -> Self {
        let pairs = environment.iter().map(|entry| entry.split_once('=').unwrap_or((entry, "")));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Sets one.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// Expands a word.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn expand(&self, expander: Expander, word: &Word) -> Result<String, Refusal> {
        Ok(expander.word(word, &|name| self.get(name))?)
    }

    /// Expands a word that may become several.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn split(&self, expander: Expander, word: &Word) -> Result<Vec<String>, Refusal> {
        Ok(expander.words(word, &|name| self.get(name))?)
    }

    /// Expands a heredoc's body.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn document(&self, expander: Expander, body: &Word) -> Result<String, Refusal> {
        Ok(expander.document(body, &|name| self.get(name))?)
    }
}
