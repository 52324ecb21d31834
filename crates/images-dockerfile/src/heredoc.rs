//! Heredocs: `<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<EOF`.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/parser.go>
//! (`heredocsFromLine`).

use crate::logical_line::PhysicalLines;
use crate::shell_word::{Lexer, NoVariables};

/// The start of a heredoc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heredoc {
    /// The line that ends it.
    pub(crate) name: String,
    /// Whether tabs at the start of its lines do not count (`<<-`).
    pub(crate) chomp: bool,
}

impl Heredoc {
    /// Reads one word: `[digits]<<[-]name`. The name may be quoted; it must be one word without `<`.
    pub(crate) fn parse(word: &str) -> Result<Option<Self>, String> {
        let Some(rest) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<") else {
            return Ok(None);
        };
        let (name, chomp) = match rest.strip_prefix('-') {
            Some(name) => (name, true),
            None => (rest, false),
        };
        if name.contains('<') {
            return Ok(None);
        }
        let lexer = Lexer { keep_unset: true, ..Lexer::new('\\') };
        let mut words = lexer.expand(name, &NoVariables)?.words;
        Ok(words.pop().filter(|_| words.is_empty()).map(|name| Self { name, chomp }))
    }

    /// Reads up to the line that ends it. `false` if there is none.
    pub(crate) fn skip_body(&self, lines: &mut PhysicalLines<'_>) -> bool {
        lines.any(|line| {
            let text = if self.chomp { line.text.trim_start_matches('\t') } else { line.text };
            text == self.name
        })
    }
}

/// The heredocs that start in an instruction, in order. Always with the backslash as escape, as in BuildKit.
pub(crate) fn in_line(line: &str) -> Result<Vec<Heredoc>, String> {
    if !line.contains("<<") {
        return Ok(Vec::new());
    }
    let lexer = Lexer { escape: '\\', raw_quotes: true, raw_escapes: true, keep_unset: true };
    // A line that is no shell text, for example by an open quote, has none.
    let words = lexer.expand(line, &NoVariables).map(|expansion| expansion.words).unwrap_or_default();
    words.iter().filter_map(|word| Heredoc::parse(word).transpose()).collect()
}
