//! Lines and columns of a span, as code scanning and annotations count them.

use images_schema::Snippet;

/// A region of a text. Lines and columns are counted from 1, columns in UTF-16 code units; the end is behind the last
/// character. <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html#_Toc34317685>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) start_line: usize,
    pub(super) start_column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Region {
    /// The region of a snippet. One at the very end of a text that ends with a newline is at the end of its last line.
    pub(super) fn of(snippet: &Snippet) -> Self {
        let text = snippet.source.strip_suffix('\n').unwrap_or(&snippet.source);
        let (start_line, start_column) = place(text, snippet.span.start);
        let (end_line, end_column) = place(text, snippet.span.end.max(snippet.span.start));
        Self { start_line, start_column, end_line, end_column }
    }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.rsplit('\n').next().unwrap_or(before);
    // Neither a byte order mark nor a carriage return is a column of what an editor shows.
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    (1 + before.matches('\n').count(), 1 + line.trim_end_matches('\r').encode_utf16().count())
}

#[cfg(test)]
mod tests {
    use images_schema::{Diagnostic, Snippet};

    use super::Region;

    fn region(text: &str, span: std::ops::Range<usize>) -> [usize; 4] {
        let found = Diagnostic::error("").at("f", &text.into(), span, "");
        let Region { start_line, start_column, end_line, end_column } =
            Region::of(&found.snippet.unwrap_or_else(|| -> Snippet { unreachable!("it was just given") }));
        [start_line, start_column, end_line, end_column]
    }

    #[test]
    fn columns_are_utf_16_code_units_counted_from_1() {
        let text = "a\n\u{1d11e}é FROM x\n";
        let start = text.find("FROM").unwrap();
        assert_eq!(region(text, start..start + 4), [2, 5, 2, 9]);
    }

    #[test]
    fn a_span_over_lines_ends_behind_its_last_character() {
        assert_eq!(region("ab\r\ncd\r\n", 0..6), [1, 1, 2, 3]);
    }

    #[test]
    fn the_end_of_a_file_is_on_its_last_line() {
        assert_eq!(region("ab\n", 3..3), [1, 3, 1, 3]);
        assert_eq!(region("", 0..0), [1, 1, 1, 1]);
        assert_eq!(region("ab", 9..12), [1, 3, 1, 3]);
    }
}
