//! Why a context cannot be read or staged.

use std::io;

use images_dockerfile::Span;

/// Why a context cannot be read. Paths are relative to the context's root unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// A source of the Dockerfile is not in the context.
    #[error("{}", missing(path, *ignored))]
    MissingSource {
        /// The bytes of the Dockerfile that name it.
        span: Span,
        /// The source.
        path: String,
        /// Whether it exists but `.dockerignore` excludes it.
        ignored: bool,
        /// A path of the context that it may be a misspelling of.
        nearest: Option<String>,
    },
    /// A joined file takes the place of something else in the context.
    #[error("`{to}` is in the context already, and what joins a context may not hide what is there")]
    Hidden {
        /// The place that two things claim.
        to: String,
    },
    /// Something that no image can hold.
    #[error("`{path}` is a {what}, which a context cannot hold")]
    Special {
        /// Its place.
        path: String,
        /// `socket`, `fifo`, `block device`, `character device` or `special file`.
        what: &'static str,
    },
    /// A link whose target lies outside the repository.
    #[error("the link `{path}` leads out of the repository, to `{target}`")]
    EscapingLink {
        /// The link.
        path: String,
        /// What it says.
        target: String,
    },
    /// A path, or a link's target, that is not UTF-8.
    #[error("`{path}` is not UTF-8, or is a link whose target is not")]
    NotUtf8 {
        /// The path, with replacement characters.
        path: String,
    },
    /// A folder to read, or a place to join, that lies outside the repository or the context.
    #[error("`{path}` leads out of the repository")]
    Outside {
        /// As it was given.
        path: String,
    },
    /// The operating system refused.
    #[error("failed to read `{path}`")]
    Io {
        /// Relative to the context's root; `.` is the root itself.
        path: String,
        /// Why.
        source: io::Error,
    },
}

fn missing(path: &str, ignored: bool) -> String {
    if ignored {
        format!("`{path}` is not in the context: `.dockerignore` excludes it")
    } else {
        format!("`{path}` is not in the context")
    }
}

/// Why a context cannot be staged or written.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// A file is not any more what was hashed, so everything that was planned with its hash is void.
    #[error("`{path}` changed while it was being read")]
    Changed {
        /// Relative to the context's root.
        path: String,
    },
    /// The operating system refused.
    #[error("failed to stage `{path}`")]
    Io {
        /// An entry's path, or the place that is written to.
        path: String,
        /// Why.
        source: io::Error,
    },
}
