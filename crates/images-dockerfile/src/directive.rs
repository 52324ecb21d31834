//! Parser directives: `# escape=`, `# syntax=`, `# check=`, at the very top of the file only.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/parser/directives.go>

use crate::logical_line::{PhysicalLine, PhysicalLines};
use crate::word::Word;
use crate::{Problem, Span};

/// What the directives say.
#[derive(Debug, Clone)]
pub(crate) struct Directives {
    /// The character that escapes and continues: a backslash or a backtick.
    pub(crate) escape: char,
    /// The image of the frontend, where one is named.
    pub(crate) syntax: Option<Word>,
}

struct Directive<'t> {
    name: String,
    value: &'t str,
    span: Span,
}

impl Directives {
    /// Reads the directives of a file.
    ///
    /// # Errors
    /// A directive given twice, or an escape that is neither of the two.
    pub(crate) fn read(file: &str) -> Result<Self, Problem> {
        let mut seen: Vec<Directive<'_>> = Vec::new();
        let mut escape = '\\';
        for directive in PhysicalLines::new(file).map_while(|line| parse(&without_indent(line))) {
            if seen.iter().any(|other| other.name == directive.name) {
                return Err(duplicate(&directive));
            }
            if directive.name == "escape" {
                escape = escape_character(&directive)?;
            }
            seen.push(directive);
        }
        Ok(Self { escape, syntax: syntax(file) })
    }
}

/// The frontend is looked for on its own: a first line `#!…` is passed over, and an indented line ends the search.
fn syntax(file: &str) -> Option<Word> {
    let mut lines = PhysicalLines::new(file).peekable();
    lines.next_if(|line| line.text.starts_with("#!"));
    let directive = lines.map_while(|line| parse(&line)).find(|directive| directive.name == "syntax")?;
    let image = directive.value.split(' ').next().filter(|image| !image.is_empty())?;
    let start = directive.span.start;
    Some(Word { text: image.to_owned(), span: start..start + image.len() })
}

fn without_indent(line: PhysicalLine<'_>) -> PhysicalLine<'_> {
    let text = line.text.trim_start();
    PhysicalLine { text, start: line.start + line.text.len() - text.len(), ..line }
}

/// `# name = value`; the span is the value's.
fn parse<'t>(line: &PhysicalLine<'t>) -> Option<Directive<'t>> {
    let blank = |c: char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let (name, value) = line.text.strip_prefix('#')?.trim_start().split_once('=')?;
    let name = name.trim_end_matches(blank).to_lowercase();
    let value = value.trim_matches(blank);
    if value.is_empty() || !matches!(name.as_str(), "escape" | "syntax" | "check") {
        return None;
    }
    let offset = value.as_ptr() as usize - line.text.as_ptr() as usize;
    let start = line.start + offset;
    Some(Directive { name, value, span: start..start + value.len() })
}

fn escape_character(directive: &Directive<'_>) -> Result<char, Problem> {
    match directive.value {
        "\\" => Ok('\\'),
        "`" => Ok('`'),
        other => Err(Problem {
            message: format!("`{other}` cannot be the escape character"),
            span: directive.span.clone(),
            label: "expected a backslash or a backtick".to_owned(),
            help: Some("write # escape=\\ or # escape=`".to_owned()),
        }),
    }
}

fn duplicate(directive: &Directive<'_>) -> Problem {
    Problem {
        message: format!("the directive `{}` is given twice", directive.name),
        span: directive.span.clone(),
        label: "given again here".to_owned(),
        help: Some("remove one of the two".to_owned()),
    }
}
