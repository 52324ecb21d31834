//! Expansion of variables, for those who carry instructions out and know all values.

use crate::shell_word::{Lexer, Value, Variables};
use crate::word::Word;
use crate::{Dockerfile, Problem};

/// Expands the variables of a file's words.
#[derive(Debug, Clone, Copy)]
pub struct Expander(Lexer);

struct Known<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables for Known<'_> {
    fn value(&self, name: &str) -> Value {
        (self.0)(name).map_or(Value::Unset, Value::Set)
    }
}

impl Dockerfile {
    /// Expands words with this file's escape character.
    pub fn expander(&self) -> Expander {
        Expander(Lexer::new(self.escape))
    }
}

impl Expander {
    /// Expands a word; a variable without a value becomes nothing.
    ///
    /// # Errors
    /// What is wrong with it, at its span.
    pub fn word(self, word: &Word, value: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
        self.0.expand(&word.text, &Known(value)).map(|expansion| expansion.text).map_err(|e| problem(word, e))
    }

    /// Expands a word that may become several, or none: blanks in values split it.
    ///
    /// # Errors
    /// As [`Expander::word`].
    pub fn words(self, word: &Word, value: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, Problem> {
        self.0
            .expand(&word.text, &Known(value))
            .map(|expansion| expansion.words)
            .map_err(|e| problem(word, e))
    }

    /// Expands a heredoc's body: quotes in it are characters like others, and the escape is always a backslash.
    ///
    /// <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go> (`ExpandRaw`)
    ///
    /// # Errors
    /// As [`Expander::word`]; the span is the body's.
    pub fn document(self, body: &Word, value: &dyn Fn(&str) -> Option<String>) -> Result<String, Problem> {
        Self(Lexer { no_quotes: true, ..Lexer::new('\\') }).word(body, value)
    }
}

fn problem(word: &Word, message: String) -> Problem {
    Problem { message, span: word.span.clone(), label: "cannot be expanded".to_owned(), help: None }
}
