//! What an image is configured with, as far as somebody judges it without building: its user and its labels.

use std::collections::BTreeSet;

use crate::Span;
use crate::instruction::Body;
use crate::scope::{Scope, expand};
use crate::shell_word::Lexer;
use crate::word::Word;

/// What the instructions of a stage, and of the stages that it is based on, leave in the image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The last `USER`; without one the base image's user stays.
    pub user: Option<User>,
    /// The keys of labels. Those that depend on what only a builder knows are left out.
    pub labels: BTreeSet<String>,
}

/// A `USER` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `name[:group]` with variables expanded; `None` if it depends on what only a builder knows.
    pub name: Option<String>,
    /// The bytes that name it.
    pub span: Span,
}

impl Configuration {
    /// Does what an instruction does. What cannot be expanded is not known: the builder will tell of it.
    pub(crate) fn apply(&mut self, body: &Body, scope: &Scope, lexer: Lexer) {
        match body {
            Body::User(word) => {
                self.user = Some(User { name: known(word, scope, lexer), span: word.span.clone() });
            }
            Body::Label(pairs) => {
                self.labels.extend(pairs.iter().filter_map(|pair| known(&pair.key, scope, lexer)))
            }
            _ => {}
        }
    }
}

fn known(word: &Word, scope: &Scope, lexer: Lexer) -> Option<String> {
    let expansion = expand(lexer, word, scope).ok()?;
    (!expansion.unknown).then_some(expansion.text)
}
