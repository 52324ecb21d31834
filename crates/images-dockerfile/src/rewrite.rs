//! Replaces references in a Dockerfile and keeps everything else, line numbers included.

use crate::Span;

/// A span and what takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The bytes to replace.
    pub span: Span,
    /// The new text, without a newline.
    pub text: String,
}

/// Applies the replacements: the result has the same number of lines, each instruction on its own as before.
///
/// A span that contains line continuations keeps them, before the new text. Of replacements that overlap, the
/// first in the text counts.
pub fn rewrite(text: &str, replacements: &[Replacement]) -> String {
    let mut ordered: Vec<_> = replacements.iter().collect();
    ordered.sort_by_key(|replacement| (replacement.span.start, replacement.span.end));
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    for replacement in ordered {
        if replacement.span.start < done {
            continue;
        }
        result.push_str(&text[done..replacement.span.start]);
        keep_continuations(&text[replacement.span.clone()], &mut result);
        result.push_str(&replacement.text);
        done = replacement.span.end;
    }
    result.push_str(&text[done..]);
    result
}

/// Copies what a replaced text has between its lines: continuations, and whole lines of comments or nothing.
fn keep_continuations(replaced: &str, result: &mut String) {
    for (number, line) in replaced.split_inclusive('\n').enumerate() {
        let Some(end) = line.strip_suffix('\n') else { continue };
        let content = end.trim_end();
        let whole = number > 0 && (content.is_empty() || content.trim_start().starts_with('#'));
        let start = if whole { 0 } else { escape_start(content) };
        result.push_str(&line[start..]);
    }
}

/// Where the escape character that continues the line stands: it is the last one.
fn escape_start(content: &str) -> usize {
    content.char_indices().next_back().map_or(0, |(start, _)| start)
}
