//! What an instruction reads from the build context.
//!
//! Rules: <https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/convert.go>
//! (`dispatchCopy`) and <https://github.com/tonistiigi/fsutil/blob/master/copy/copy.go> (`splitWildcards`).

use crate::instruction::Transfer;
use crate::scope::{Scope, expand};
use crate::shell_word::Lexer;
use crate::word::Word;
use crate::{Problem, Source, SourceKind, Sources, Span};

impl Sources {
    /// Nothing.
    pub(crate) fn none() -> Self {
        Self::These(Vec::new())
    }

    /// Adds one; `None` is one that cannot be decided.
    pub(crate) fn add(&mut self, source: Option<Source>) {
        match (self, source) {
            (Self::All, _) => {}
            (Self::These(sources), Some(source)) => sources.push(source),
            (undecided, None) => *undecided = Self::All,
        }
    }
}

/// Adds what a `COPY` or `ADD` without `--from` reads.
///
/// # Errors
/// A source that cannot be expanded, and a URL for `COPY`.
pub(crate) fn add_transfer(
    sources: &mut Sources,
    transfer: &Transfer,
    scope: &Scope,
    lexer: Lexer,
) -> Result<(), Problem> {
    if transfer.unknown_flag {
        sources.add(None);
    }
    let kind = if transfer.is_add { SourceKind::Add } else { SourceKind::Copy };
    for word in &transfer.sources {
        let expansion = expand(lexer, word, scope)?;
        if expansion.unknown {
            sources.add(None);
        } else if is_remote(&expansion.text) {
            if !transfer.is_add {
                return Err(remote_copy(word));
            }
        } else if transfer.parents {
            sources.add(Some(with_parents(kind, &expansion.text, word.span.clone())));
        } else {
            sources.add(Some(source(kind, &expansion.text, word.span.clone())));
        }
    }
    Ok(())
}

/// What a bind mount reads: there are no wildcards in it.
pub(crate) fn bind(path: &str, span: Span) -> Source {
    Source { kind: SourceKind::Bind, path: clean(path), wildcard: false, span }
}

fn source(kind: SourceKind, text: &str, span: Span) -> Source {
    let cleaned = clean(text);
    let (literal, pattern) = split_wildcards(&cleaned);
    if pattern.is_empty() {
        return Source { kind, path: cleaned, wildcard: false, span };
    }
    let path = if literal.is_empty() { pattern.to_owned() } else { format!("{}/{pattern}", escape(literal)) };
    Source { kind, path, wildcard: true, span }
}

/// With `--parents` a source is a pattern below an optional pivot `/./`. It has `**`, which `filepath.Match` has
/// not, so everything below its literal start counts.
fn with_parents(kind: SourceKind, text: &str, span: Span) -> Source {
    let cleaned = clean(text);
    let (literal, pattern) = split_wildcards(&cleaned);
    let path = match (literal, pattern) {
        (literal, "") => escape(literal),
        ("", _) => "*".to_owned(),
        (literal, _) => format!("{}/*", escape(literal)),
    };
    Source { kind, wildcard: path != ".", path, span }
}

/// Joined to the root, so that `..` ends there, and without the leading `/`.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// Splits at the first component with a wildcard. What is before it is literal, backslashes included.
fn split_wildcards(path: &str) -> (&str, &str) {
    let mut start = 0;
    for component in path.split('/') {
        if has_wildcard(component) {
            return (path[..start].trim_end_matches('/'), &path[start..]);
        }
        start += component.len() + 1;
    }
    (path, "")
}

fn has_wildcard(component: &str) -> bool {
    let mut escaped = false;
    component.bytes().any(|byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        escaped = byte == b'\\';
        matches!(byte, b'*' | b'?' | b'[')
    })
}

/// A pattern that matches exactly this path.
fn escape(literal: &str) -> String {
    let mut pattern = String::with_capacity(literal.len());
    for c in literal.chars() {
        if matches!(c, '*' | '?' | '[' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Whether `ADD` fetches this source: a URL, or what git would clone.
pub fn is_remote(source: &str) -> bool {
    let scheme = source.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http" | "https" | "git" | "ssh") => true,
        _ => is_scp_style(source),
    }
}

/// `user@host:path`, as `git@github.com:moby/buildkit.git`:
/// <https://github.com/moby/buildkit/blob/master/util/sshutil/scpurl.go>
fn is_scp_style(source: &str) -> bool {
    let word = |text: &str, more: u8| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == more)
    };
    let parts = source.split_once('@').and_then(|(user, rest)| Some((user, rest.split_once(':')?.0)));
    parts.is_some_and(|(user, host)| word(user, b'_') && word(host, b'.'))
}

fn remote_copy(word: &Word) -> Problem {
    Problem {
        message: "COPY cannot fetch a URL".to_owned(),
        span: word.span.clone(),
        label: String::new(),
        help: Some("use ADD".to_owned()),
    }
}
