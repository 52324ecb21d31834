//! A Dockerfile as instructions.

use std::collections::BTreeSet;

use crate::{Inputs, Problem, Resolution, Span};

/// A parsed Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {}

/// Something that not every builder can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// `RUN <<EOF`, `COPY <<EOF`.
    Heredoc,
    /// `RUN --mount` of any type but secret and ssh.
    Mount,
    /// `RUN --mount=type=secret`.
    Secret,
    /// `RUN --mount=type=ssh`.
    Ssh,
    /// `COPY --link`, `ADD --link`.
    Link,
    /// `COPY --chmod`, `ADD --chmod`.
    Chmod,
    /// `COPY --parents`, `COPY --exclude`, `ADD --checksum`, `RUN --network`, `RUN --security` and other flags.
    OtherFlag,
}

/// Where a [`Feature`] is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureUse {
    /// What is used.
    pub feature: Feature,
    /// The bytes that use it.
    pub span: Span,
}

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// What docker itself refuses when it parses, at its span. What is merely unusual passes, with a warning.
    pub fn parse(_text: &str) -> Result<Self, Problem> {
        todo!()
    }

    /// What is unusual but passes.
    pub fn warnings(&self) -> &[Problem] {
        todo!()
    }

    /// The names that any `ARG` declares, global or in a stage.
    pub fn declared_args(&self) -> &BTreeSet<String> {
        todo!()
    }

    /// Finds what the target needs, with arguments filled in.
    ///
    /// # Errors
    /// No such target, a variable without a value in a `FROM`, a reference that cannot be read, and the like.
    pub fn resolve(&self, _inputs: &Inputs<'_>) -> Result<Resolution, Problem> {
        todo!()
    }
}
