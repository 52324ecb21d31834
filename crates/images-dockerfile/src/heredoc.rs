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
    /// Whether variables in it are expanded: not if a part of its name is quoted.
    pub(crate) expands: bool,
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
        let plain = words.pop().filter(|_| words.is_empty());
        Ok(plain.map(|plain| Self { expands: plain == name, name: plain, chomp }))
    }

    /// Reads up to the line that ends it: the lines before that one. `None` if there is none.
    pub(crate) fn read_body(&self, lines: &mut PhysicalLines<'_>) -> Option<String> {
        let mut body = String::new();
        for line in lines {
            let text = if self.chomp { line.text.trim_start_matches('\t') } else { line.text };
            if text == self.name {
                return Some(body);
            }
            body.push_str(if self.chomp { line.whole.trim_start_matches('\t') } else { line.whole });
        }
        None
    }
}

/// The heredocs that start in an instruction, in order. Always with the backslash as escape, as in BuildKit.
pub(crate) fn in_line(line: &str) -> Result<Vec<Heredoc>, String> {
    if !line.contains("<<") {
        return Ok(Vec::new());
    }
    let lexer = Lexer { raw_quotes: true, raw_escapes: true, keep_unset: true, ..Lexer::new('\\') };
    // A line that is no shell text, for example by an open quote, has none.
    let words = lexer.expand(line, &NoVariables).map(|expansion| expansion.words).unwrap_or_default();
    words.iter().filter_map(|word| Heredoc::parse(word).transpose()).collect()
}
