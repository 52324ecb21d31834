//! The fields of a table in YAML: each is read once, and one that nobody reads is an error.

use std::ops::Range;

use images_schema::{Diagnostic, SourceText, did_you_mean};

use super::yaml::{Node, Value};
use crate::Error;

/// The fields of a table.
pub(super) struct Fields<'a> {
    source: &'a SourceText,
    span: Range<usize>,
    fields: &'a [(Node, Node)],
}

impl<'a> Fields<'a> {
    /// Those of a table that has no others than `known`. Of `unsupported` it may have none either, and that is said in other
    /// words.
    pub(super) fn of(
        source: &'a SourceText,
        node: &'a Node,
        known: &[&str],
        unsupported: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let Value::Table(fields) = &node.value else {
            return Err(refused(
                source,
                &node.span,
                "a table is needed here",
                "its fields are `name: value`",
            ));
        };
        for (name, _) in fields {
            let text = scalar(name);
            if let Some((_, instead)) = unsupported.iter().find(|(unsupported, _)| *unsupported == text) {
                return Err(refused(source, &name.span, format!("`{text}` is not supported"), instead));
            }
            if !known.contains(&text) {
                let listed = format!("allowed here: {}", known.join(", "));
                let help = match did_you_mean(text, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? {listed}"),
                    None => listed,
                };
                return Err(refused(source, &name.span, format!("unknown key `{text}`"), &help));
            }
        }
        Ok(Self { source, span: node.span.clone(), fields })
    }

    /// The value of a field.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.fields.iter().find(|(field, _)| scalar(field) == name).map(|(_, value)| value)
    }

    /// Where the table starts.
    pub(super) fn start(&self) -> usize {
        self.fields.first().map_or(self.span.start, |(name, _)| name.span.start)
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Error> {
        self.get(name).map(|node| self.as_text(name, node)).transpose()
    }

    /// A text that has to be there.
    pub(super) fn needed(&self, name: &str) -> Result<&'a str, Error> {
        match self.text(name)?.filter(|text| !text.is_empty()) {
            Some(text) => Ok(text),
            None => {
                let help = format!("add `{name}: …` to it");
                let span = self.start()..self.start();
                Err(refused(self.source, &span, format!("there is no `{name}`"), &help))
            }
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        let Some(node) = self.get(name) else { return Ok(None) };
        match &node.value {
            Value::Scalar { text, is_plain: true } if text == "true" => Ok(Some(true)),
            Value::Scalar { text, is_plain: true } if text == "false" => Ok(Some(false)),
            _ => Err(self.wrong(node, name, "`true` or `false`")),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i32>, Error> {
        let Some(node) = self.get(name) else { return Ok(None) };
        match &node.value {
            Value::Scalar { text, is_plain: true } => text.parse().ok(),
            _ => None,
        }
        .map(Some)
        .ok_or_else(|| self.wrong(node, name, "a number"))
    }

    /// A list; nothing is an empty one.
    pub(super) fn list(&self, name: &str) -> Result<&'a [Node], Error> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Node { value: Value::List(items), .. }) => Ok(items),
            Some(node) => Err(self.wrong(node, name, "a list")),
        }
    }

    /// A list of texts, with their places.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<(&'a str, &'a Range<usize>)>, Error> {
        let one = |node: &'a Node| Ok((self.as_text(name, node)?, &node.span));
        self.list(name)?.iter().map(one).collect()
    }

    /// A list of texts, if it is there.
    pub(super) fn words(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let Some(_) = self.get(name) else { return Ok(None) };
        Ok(Some(self.texts(name)?.into_iter().map(|(text, _)| text.to_owned()).collect()))
    }

    fn as_text(&self, name: &str, node: &'a Node) -> Result<&'a str, Error> {
        match &node.value {
            Value::Scalar { text, .. } => Ok(text),
            _ => Err(self.wrong(node, name, "a text")),
        }
    }

    /// A value is something else than was expected.
    pub(super) fn wrong(&self, node: &Node, name: &str, expected: &str) -> Error {
        refused(self.source, &node.span, format!("`{name}` is {expected}"), "write it so")
    }
}

fn scalar(node: &Node) -> &str {
    match &node.value {
        Value::Scalar { text, .. } => text,
        Value::List(_) | Value::Table(_) => "",
    }
}

/// An error at a place.
pub(super) fn refused(
    source: &SourceText,
    span: &Range<usize>,
    message: impl Into<String>,
    help: &str,
) -> Error {
    let diagnostic: Diagnostic = source.error(span.clone(), message, "");
    diagnostic.help(help).into()
}
