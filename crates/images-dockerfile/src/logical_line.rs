//! Logical lines: an instruction's text without its continuations and the comments among them, from which every
//! byte can be traced to the file.

use crate::Span;

/// One physical line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PhysicalLine<'t> {
    /// Without its line ending.
    pub(crate) text: &'t str,
    /// With it.
    pub(crate) whole: &'t str,
    /// Where it starts in the file.
    pub(crate) start: usize,
    /// Counted from 1.
    pub(crate) number: usize,
}

/// The physical lines of a file.
#[derive(Debug, Clone)]
pub(crate) struct PhysicalLines<'t> {
    file: &'t str,
    position: usize,
    number: usize,
}

impl<'t> PhysicalLines<'t> {
    /// The lines after a byte order mark, if there is one.
    pub(crate) fn new(file: &'t str) -> Self {
        let position = file.len() - file.strip_prefix('\u{feff}').unwrap_or(file).len();
        Self { file, position, number: 0 }
    }
}

impl<'t> Iterator for PhysicalLines<'t> {
    type Item = PhysicalLine<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.position;
        let rest = self.file.get(start..).filter(|rest| !rest.is_empty())?;
        self.position += rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.number += 1;
        let whole = &self.file[start..self.position];
        Some(PhysicalLine { text: whole.trim_end_matches(['\r', '\n']), whole, start, number: self.number })
    }
}

/// An instruction's text, put together from pieces of the file.
#[derive(Debug, Clone)]
pub(crate) struct LogicalLine {
    pub(crate) text: String,
    /// For each piece, where it starts in `text` and in the file.
    pieces: Vec<(usize, usize)>,
    /// The first physical line's number, counted from 1.
    pub(crate) number: usize,
    /// Whether blank lines stand among the continuations.
    pub(crate) has_blank: bool,
}

impl LogicalLine {
    /// Reads on from `first`, which is neither blank nor a comment.
    pub(crate) fn read(first: PhysicalLine<'_>, rest: &mut PhysicalLines<'_>, escape: char) -> Self {
        let mut line =
            Self { text: String::new(), pieces: Vec::new(), number: first.number, has_blank: false };
        let trimmed = first.text.trim_start();
        let mut continues = line.push(trimmed, first.start + first.text.len() - trimmed.len(), escape);
        while continues {
            let Some(next) = rest.next() else { break };
            let trimmed = next.text.trim_start();
            if trimmed.is_empty() {
                line.has_blank = true;
            } else if !trimmed.starts_with('#') {
                continues = line.push(next.text, next.start, escape);
            }
        }
        line
    }

    /// Adds a physical line, and says whether it is continued.
    fn push(&mut self, text: &str, start: usize, escape: char) -> bool {
        let continued = without_continuation(text, escape);
        self.pieces.push((self.text.len(), start));
        self.text.push_str(continued.unwrap_or(text));
        continued.is_some()
    }

    /// The bytes of the file from which this part of the text comes, continuations between them included.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let first = self.position(start);
        if end <= start { first..first } else { first..self.position(end - 1) + 1 }
    }

    fn position(&self, offset: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let (start, position) = self.pieces[piece];
        position + (offset - start)
    }
}

/// The text before the escape character that continues a line. One that is itself escaped does not.
fn without_continuation(text: &str, escape: char) -> Option<&str> {
    let before = text.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before)
}
