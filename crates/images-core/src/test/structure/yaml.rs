//! YAML as a tree with places.

use std::ops::Range;

use images_schema::{Diagnostic, SourceText};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

/// How deep lists and tables may be in each other.
const DEPTH: usize = 32;

/// A value, and where it is in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Anything but a list or a table; plain where it has no quotes.
    Scalar { text: String, is_plain: bool },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, by names.
    Table(Vec<(Node, Node)>),
}

/// Reads the one document of a file.
///
/// # Errors
/// What is no YAML, more than one document, aliases, names that are no texts or come twice.
pub(super) fn parse(source: &SourceText) -> Result<Node, Box<Diagnostic>> {
    let mut reader =
        Reader { source, events: Parser::new_from_str(&source.text), places: places(&source.text) };
    let mut root = None;
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => break,
            (Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing, _) => {}
            (_, span) if root.is_some() => {
                return Err(reader.refused(
                    &span,
                    "a second document in one file",
                    "write one file for each",
                ));
            }
            (event, span) => root = Some(reader.node(event, &span, 0)?),
        }
    }
    root.ok_or_else(|| {
        let diagnostic = source.error(0..0, "the file is empty", "no YAML");
        Box::new(diagnostic.help("write tests into it, or remove it"))
    })
}

/// Where each character starts in bytes, and the end.
fn places(text: &str) -> Vec<usize> {
    text.char_indices().map(|(place, _)| place).chain([text.len()]).collect()
}

struct Reader<'a> {
    source: &'a SourceText,
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    places: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Range<usize>), Box<Diagnostic>> {
        match self.events.next_event() {
            None => Ok((Event::StreamEnd, 0..0)),
            Some(Ok((event, span))) => Ok((event, self.bytes(&span))),
            Some(Err(error)) => {
                let start = self.byte(error.marker().index());
                let end = self.source.text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
                Err(self.refused(
                    &(start..end),
                    error.info(),
                    "mend the YAML; indentation is by spaces alone",
                ))
            }
        }
    }

    fn byte(&self, character: usize) -> usize {
        self.places.get(character).copied().unwrap_or(self.source.text.len())
    }

    fn bytes(&self, span: &Span) -> Range<usize> {
        let (start, end) = (self.byte(span.start.index()), self.byte(span.end.index()));
        start..start + self.source.text[start..end.max(start)].trim_end().len()
    }

    fn node(&mut self, event: Event<'a>, span: &Range<usize>, depth: usize) -> Result<Node, Box<Diagnostic>> {
        if depth > DEPTH {
            return Err(self.refused(span, "too deep", "no test has so many lists in lists"));
        }
        let value = match event {
            Event::Scalar(text, style, ..) => {
                Value::Scalar { text: text.into_owned(), is_plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.table(depth)?,
            Event::Alias(_) => return Err(self.refused(span, "an alias", "write out what it stands for")),
            other => {
                return Err(self.refused(
                    span,
                    format!("{other:?} where a value should be"),
                    "mend the YAML",
                ));
            }
        };
        Ok(Node { span: span.clone(), value })
    }

    fn list(&mut self, depth: usize) -> Result<Value, Box<Diagnostic>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::List(items)),
                (event, span) => items.push(self.node(event, &span, depth + 1)?),
            }
        }
    }

    fn table(&mut self, depth: usize) -> Result<Value, Box<Diagnostic>> {
        let mut fields: Vec<(Node, Node)> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Table(fields));
            }
            let name = self.node(event, &span, depth + 1)?;
            let Value::Scalar { text, .. } = &name.value else {
                return Err(self.refused(&span, "a name that is no text", "mend the YAML"));
            };
            if fields.iter().any(
                |(earlier, _)| matches!(&earlier.value, Value::Scalar { text: other, .. } if other == text),
            ) {
                return Err(self.refused(&span, format!("`{text}` comes twice"), "one of them is enough"));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, &span, depth + 1)?;
            fields.push((name, value));
        }
    }

    fn refused(&self, span: &Range<usize>, message: impl Into<String>, help: &str) -> Box<Diagnostic> {
        Box::new(self.source.error(span.clone(), message, "").help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (String, String) {
        let diagnostic = parse(&SourceText::new("a.yaml", text)).unwrap_err();
        let snippet = diagnostic.snippet.unwrap();
        (diagnostic.message, text[snippet.span].to_owned())
    }

    #[test]
    fn values_have_their_places_in_bytes() {
        let text = "ä: ö # ü\nlist: [1, 'two']\n";
        let root = parse(&SourceText::new("a.yaml", text)).unwrap();
        let Value::Table(fields) = root.value else { panic!("no table") };
        assert_eq!(&text[fields[0].1.span.clone()], "ö");
        let Value::List(items) = &fields[1].1.value else { panic!("no list") };
        assert_eq!(&text[items[1].span.clone()], "'two'");
        assert_eq!(items[1].value, Value::Scalar { text: "two".to_owned(), is_plain: false });
    }

    #[test]
    fn what_is_no_yaml_or_more_than_is_needed_of_it_is_refused_at_its_place() {
        assert_eq!(error("a: 1\na: 2\n"), ("`a` comes twice".to_owned(), "a".to_owned()));
        assert_eq!(error("a: &x 1\nb: *x\n"), ("an alias".to_owned(), "*x".to_owned()));
        assert_eq!(error("a: 1\n---\nb: 2\n").0, "a second document in one file");
        assert_eq!(error("").0, "the file is empty");
        assert_eq!(error(&"[".repeat(100)).0, "too deep");
        assert!(parse(&SourceText::new("a.yaml", "a: [1\nb: 2\n")).is_err());
    }
}
