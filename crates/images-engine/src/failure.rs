//! Reads from a build's log why it failed, and at which line of the Dockerfile.
//!
//! Each builder words this in its own way; [`Dialect`] tells them apart. The log is read once, line by line, so its
//! size does not matter.

mod buildah;
mod buildkit;
mod instruction;
mod legacy;
#[cfg(test)]
mod tests;

use std::io::BufRead;

use instruction::Instructions;

/// Whose output a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// BuildKit's plain progress, of any client.
    BuildKit,
    /// The docker daemon's own builder.
    Legacy,
    /// buildah, alone or within podman.
    Buildah,
}

/// What a log tells about a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// Why, in one line.
    pub(crate) message: String,
    /// The line of the Dockerfile, counted from 1.
    pub(crate) line: Option<usize>,
}

/// Reads a failed build's log, up to where it can be read, against the Dockerfile that was built.
pub(crate) fn read(dialect: Dialect, log: impl BufRead, dockerfile: &str) -> Told {
    let instructions = Instructions::read(dockerfile);
    let (mut last, mut place) = (String::new(), Place::default());
    for line in log.split(b'\n').map_while(Result::ok) {
        let line = without_colour(&String::from_utf8_lossy(&line));
        match dialect {
            Dialect::BuildKit => buildkit::find_place(&line, &instructions, &mut place),
            Dialect::Legacy => legacy::find_place(&line, &instructions, &mut place),
            Dialect::Buildah => buildah::find_place(&line, &instructions, &mut place),
        }
        if is_reason(dialect, &line, &last) {
            line.trim().clone_into(&mut last);
        }
    }
    let line = place.marked.or_else(|| line_of_parse_error(&last)).or(place.step);
    Told { message: message(dialect, &last), line }
}

/// The places in a Dockerfile that a log pointed at so far.
#[derive(Debug, Default)]
struct Place {
    /// Shown as the failed line itself.
    marked: Option<usize>,
    /// Where the last step stands.
    step: Option<usize>,
}

/// The last line that says something is the reason; an `Error` is not outdone by a remark that follows it.
fn is_reason(dialect: Dialect, line: &str, before: &str) -> bool {
    let sign = match dialect {
        Dialect::BuildKit => "ERROR: ",
        Dialect::Buildah => "Error: ",
        Dialect::Legacy => return !line.trim().is_empty(),
    };
    !line.trim().is_empty() && (line.starts_with(sign) || !before.starts_with(sign))
}

fn message(dialect: Dialect, reason: &str) -> String {
    if let Some(code) = exit_code(reason) {
        return format!("the command ended with exit code {code}");
    }
    let told = match dialect {
        Dialect::BuildKit => buildkit::shorten(reason),
        Dialect::Legacy => reason.strip_prefix("Error response from daemon: ").unwrap_or(reason),
        Dialect::Buildah => buildah::shorten(reason),
    };
    if told.is_empty() { "the engine gave no reason".to_owned() } else { told.to_owned() }
}

/// The exit code of a failed `RUN`, by the words that each builder ends its reason with.
fn exit_code(reason: &str) -> Option<u32> {
    ["exit code: ", "returned a non-zero code: ", "exit status "].iter().find_map(|words| {
        let (_, code) = reason.rsplit_once(words)?;
        code.parse().ok()
    })
}

/// `dockerfile parse error line 3: …`; newer ones say `on line 3`.
fn line_of_parse_error(reason: &str) -> Option<usize> {
    let (_, rest) = reason.split_once("parse error ")?;
    let rest = rest.strip_prefix("on ").unwrap_or(rest).strip_prefix("line ")?;
    rest.split(':').next()?.parse().ok()
}

/// Drops colours (`ESC [ … m`), which the legacy builder wraps around what a command writes to stderr.
fn without_colour(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('m') {
            Some((codes, rest)) if codes.bytes().all(|byte| byte.is_ascii_digit() || byte == b';') => {
                plain.push_str(rest);
            }
            _ => plain.push_str(part),
        }
    }
    plain
}
