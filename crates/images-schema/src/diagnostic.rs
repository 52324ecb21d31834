//! One problem, told once: what is wrong, where, and what to do next.

use std::ops::Range;
use std::sync::Arc;

use camino::Utf8PathBuf;

use crate::Rule;

/// How grave a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// Nothing is built.
    Error,
    /// Work goes on.
    Warning,
}

/// The place in a file that a [`Diagnostic`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The file, as a person should see it: relative to the workspace's root where it lies inside.
    pub path: Utf8PathBuf,
    /// The file's whole text.
    pub source: Arc<str>,
    /// The bytes of `source` that the problem is about.
    pub span: Range<usize>,
    /// What stands beside the span, for example "no such member"; may be empty.
    pub label: String,
}

/// One problem in the user's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Which kind of problem it is, for programs; [`Rule::Workspace`] where nothing narrower is known.
    pub rule: Rule,
    /// What is wrong, in one line without a final full stop.
    pub message: String,
    /// Where it is, if it is in a file.
    pub snippet: Option<Snippet>,
    /// What was expected and what to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule: Rule::Workspace,
            message: message.into(),
            snippet: None,
            help: None,
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(message) }
    }

    /// The same, at a place in a file.
    #[must_use]
    pub fn at(
        mut self,
        path: impl Into<Utf8PathBuf>,
        source: &Arc<str>,
        span: Range<usize>,
        label: impl Into<String>,
    ) -> Self {
        self.snippet =
            Some(Snippet { path: path.into(), source: Arc::clone(source), span, label: label.into() });
        self
    }

    /// The same, of a kind.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    /// The same, with the next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
