//! Diagnostics and errors as text.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use images_core::Error;
use images_engine::EngineError;
use images_schema::{Diagnostic, Severity};

/// A diagnostic with its file, line and span, as rustc shows one.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    if let Some(snippet) = &diagnostic.snippet {
        let annotation = AnnotationKind::Primary.span(shown(&snippet.source, &snippet.span));
        let label = (!snippet.label.is_empty()).then_some(snippet.label.as_str());
        let source = Snippet::source(&*snippet.source).path(snippet.path.as_str());
        group = group.element(source.annotation(annotation.label(label)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::styled().render(&[group])
}

/// A span that lies within the text and on the borders of its characters.
fn shown(text: &str, span: &Range<usize>) -> Range<usize> {
    let border = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = border(span.start);
    start..border(span.end).max(start)
}

/// An error as text, with what to do.
pub(crate) fn error(error: &Error) -> String {
    let with_help = |message: String, help: Option<&str>| {
        let mut shown = Diagnostic::error(message);
        shown.help = help.map(str::to_owned);
        diagnostic(&shown)
    };
    match error {
        Error::Input(diagnostics) | Error::Registry(diagnostics) | Error::Refused(diagnostics) => {
            diagnostics.iter().map(diagnostic).collect::<Vec<_>>().join("\n\n")
        }
        Error::NoEngine(none) => {
            let line = |tried: &EngineError| match &tried.help {
                Some(help) => format!("{tried}; {help}"),
                None => tried.to_string(),
            };
            let help = none.tried.iter().map(line).collect::<Vec<_>>().join("\n");
            with_help(none.to_string(), Some(&help))
        }
        Error::Engine(engine) => with_help(engine.to_string(), engine.help.as_deref()),
        Error::Command { message, output, help } => {
            let text = with_help(message.clone(), help.as_deref());
            if output.is_empty() { text } else { format!("{output}\n{text}") }
        }
        Error::Transfer { message, help } => with_help(message.clone(), help.as_deref()),
        Error::Io { .. } | Error::Interrupted => with_help(error.to_string(), None),
    }
}
