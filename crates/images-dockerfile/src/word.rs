//! Words of an instruction, with the bytes that they come from.

use crate::Span;
use crate::logical_line::LogicalLine;

/// A word, before variables are expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is written, or what the JSON string stands for.
    pub text: String,
    /// The bytes of the file that stand for it.
    pub span: Span,
}

/// A part of a logical line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'l> {
    pub(crate) line: &'l LogicalLine,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl<'l> Part<'l> {
    /// The whole line.
    pub(crate) fn new(line: &'l LogicalLine) -> Self {
        Self { line, start: 0, end: line.text.len() }
    }

    pub(crate) fn text(self) -> &'l str {
        &self.line.text[self.start..self.end]
    }

    pub(crate) fn span(self) -> Span {
        self.line.span(self.start, self.end)
    }

    /// A part of this part, by offsets within it.
    pub(crate) fn slice(self, start: usize, end: usize) -> Self {
        Self { line: self.line, start: self.start + start, end: self.start + end }
    }

    /// Without blanks at both ends.
    pub(crate) fn trim(self) -> Self {
        let text = self.text();
        let start = text.len() - text.trim_start().len();
        self.slice(start, start.max(text.trim_end().len()))
    }

    pub(crate) fn word(self) -> Word {
        Word { text: self.text().to_owned(), span: self.span() }
    }

    /// The text up to the first blanks, and what follows them.
    pub(crate) fn split_first(self) -> (Self, Option<Self>) {
        let text = self.text();
        let Some(end) = text.find(is_blank) else { return (self, None) };
        let next = end + text[end..].find(|c| !is_blank(c)).unwrap_or(text.len() - end);
        (self.slice(0, end), Some(self.slice(next, text.len())))
    }

    /// The words between blanks; quotes do not count.
    pub(crate) fn split_blanks(self) -> Vec<Word> {
        let mut words = Vec::new();
        let mut rest = (!self.text().is_empty()).then_some(self);
        while let Some(part) = rest {
            let (first, after) = part.split_first();
            words.push(first.word());
            rest = after;
        }
        words
    }

    /// The words between blanks that are neither quoted nor escaped, with quotes and escapes kept.
    ///
    /// <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/line_parsers.go> (`parseWords`)
    pub(crate) fn split_quoted(self, escape: char) -> Vec<Self> {
        let mut words = Vec::new();
        let mut start = None;
        let mut quote = None;
        let mut characters = self.text().char_indices();
        while let Some((at, c)) = characters.next() {
            if start.is_none() && c.is_whitespace() {
                continue;
            }
            let first = *start.get_or_insert(at);
            match quote {
                None if c.is_whitespace() => {
                    words.push(self.slice(first, at));
                    start = None;
                }
                None if c == '\'' || c == '"' => quote = Some(c),
                Some(open) if c == open => quote = None,
                Some('\'') => {}
                _ if c == escape => drop(characters.next()),
                _ => {}
            }
        }
        words.extend(start.map(|start| self.slice(start, self.text().len())));
        words
    }
}

/// What separates a keyword from its arguments, and arguments from each other.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}
