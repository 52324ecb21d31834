//! Why an instruction is not carried out.

use images_dockerfile::{Problem, Span};

/// An instruction that is wrong, or that the built-in engine cannot carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// What is wrong, in one line.
    pub message: String,
    /// The bytes of the Dockerfile that it is about.
    pub span: Span,
    /// What to do instead.
    pub help: Option<String>,
    /// Whether another engine can do it.
    pub unsupported: bool,
}

impl Refusal {
    /// The instruction is wrong, for every engine.
    pub fn wrong(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: None, unsupported: false }
    }

    /// The instruction is right, and other engines can do it.
    pub fn unsupported(span: Span, message: impl Into<String>, engines: &str) -> Self {
        let help = Some(format!("{engines} can: start or install one, or name it with --engine"));
        Self { message: message.into(), span, help, unsupported: true }
    }

    /// With what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let Problem { message, span, label, help } = problem;
        let message = if label.is_empty() { message } else { format!("{message}: {label}") };
        Self { message, span, help, unsupported: false }
    }
}
