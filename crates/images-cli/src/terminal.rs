//! The one gate through which everything is printed: data to stdout, all else to stderr.

use std::io::Write;

use anstream::{AutoStream, ColorChoice};
use images_schema::{Diagnostic, Severity};

use crate::arguments::{Color, Global};
use crate::render;

/// How a status word looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Something went well, or goes on.
    Good,
    /// Something to note.
    Note,
    /// Something failed.
    Bad,
}

/// Where output goes, and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    color: ColorChoice,
    quiet: bool,
    /// Whether more is to be said.
    pub(crate) verbose: bool,
}

impl Terminal {
    pub(crate) fn of(global: &Global) -> Self {
        let color = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { color, quiet: global.quiet, verbose: global.verbose }
    }

    /// Prints data. A reader that went away is no error: `images list | head -1`.
    pub(crate) fn data(&self, text: &str) {
        let mut out = AutoStream::new(std::io::stdout().lock(), self.color);
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// Prints to stderr, whatever `--quiet` says.
    pub(crate) fn error(&self, text: &str) {
        let _ = writeln!(AutoStream::new(std::io::stderr().lock(), self.color), "{text}");
    }

    /// Prints to stderr, unless `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// Prints a line as cargo does: a word in twelve columns, and what it is about.
    pub(crate) fn status(&self, style: Style, word: &str, text: &str) {
        let code = match style {
            Style::Good => "1;32",
            Style::Note => "1;36",
            Style::Bad => "1;31",
        };
        let line = format!("\x1b[{code}m{word:>12}\x1b[0m {text}");
        if style == Style::Bad { self.error(&line) } else { self.note(&line) }
    }

    /// Prints a diagnostic; warnings are notes.
    pub(crate) fn diagnostic(&self, diagnostic: &Diagnostic) {
        let text = render::diagnostic(diagnostic);
        match diagnostic.severity {
            Severity::Error => self.error(&text),
            Severity::Warning => self.note(&text),
        }
    }
}
