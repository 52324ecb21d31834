//! Problems as cargo shows them: one line each.

use camino::Utf8Path;
use images_schema::Diagnostic;

/// Everything that is wrong.
#[derive(Debug, Default)]
pub(crate) struct Failure(pub(crate) Vec<Diagnostic>);

impl From<Box<Diagnostic>> for Failure {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self(vec![*diagnostic])
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

/// What became of reading or writing a file.
pub(crate) fn io(what: &str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Diagnostic::error(format!("cannot {what} {path}: {error}")).into()
}

/// A problem in one line: `path:line:column: message (label); help`.
pub(crate) fn line(diagnostic: &Diagnostic) -> String {
    let mut text = String::new();
    if let Some(snippet) = &diagnostic.snippet {
        let before = &snippet.source[..snippet.span.start.min(snippet.source.len())];
        let row = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        text += &format!("{}:{row}:{column}: ", snippet.path);
    }
    text += &diagnostic.message;
    if let Some(snippet) = diagnostic.snippet.as_ref().filter(|snippet| !snippet.label.is_empty()) {
        text += &format!(" ({})", snippet.label);
    }
    if let Some(help) = &diagnostic.help {
        text += &format!("; {help}");
    }
    text.replace('\n', " ")
}
