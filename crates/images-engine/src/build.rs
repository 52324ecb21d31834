//! The course of one build, which all engines share:
//!
//! 1. a pattern that ignores nothing is written beside the Dockerfile, so that the engine filters nothing again;
//! 2. the client runs, in a group of its own, with its output in the log;
//! 3. an interrupt, whatever the client made of it, is an interrupt;
//! 4. the image's id is read from the file that the client wrote, or the reason of the failure from the log.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use crate::client::{Client, is_unreachable};
use crate::failure::{self, Dialect};
use crate::process::{Cancel, Child, Ended, Output};
use crate::{BuildFailure, BuildRequest, Built, EngineError};

/// An exception without a rule: there is nothing to except from, so nothing is ignored, whatever the files are called.
/// A comment alone would make podman 4.3 and buildah 1.28 read the context's own `.dockerignore`.
const IGNORES_NOTHING: &str = "!ignores-nothing\n";

/// How a client is called for one build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Call {
    /// The program, where it is not the client itself.
    pub(crate) program: Option<String>,
    /// Its arguments.
    pub(crate) args: Vec<String>,
    /// Variables that are added to its environment.
    pub(crate) env: BTreeMap<String, String>,
}

/// What the engine is given besides the request: files beside the Dockerfile.
#[derive(Debug)]
pub(crate) struct Files {
    /// Ignores nothing. BuildKit finds it by its name, the others are told.
    pub(crate) ignore: Utf8PathBuf,
    /// Where the image's id is to be written; removed at the end.
    pub(crate) id: Utf8PathBuf,
}

impl Files {
    /// Writes what has to be there before a build.
    ///
    /// # Errors
    /// They cannot be written.
    pub(crate) fn write(dockerfile: &Utf8Path) -> io::Result<Self> {
        let files =
            Self { ignore: format!("{dockerfile}.dockerignore").into(), id: unique_beside(dockerfile, "id") };
        if fs::read(&files.ignore).ok().as_deref() != Some(IGNORES_NOTHING.as_bytes()) {
            // By rename: another build of the same Dockerfile may be reading it.
            let new = unique_beside(dockerfile, "new");
            fs::write(&new, IGNORES_NOTHING)?;
            fs::rename(&new, &files.ignore)?;
        }
        Ok(files)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // That it is not there is usual; left behind, it would be a few bytes in a cache.
        let _ = fs::remove_file(&self.id);
    }
}

/// A name that no other build uses, of this process or of another.
fn unique_beside(dockerfile: &Utf8Path, what: &str) -> Utf8PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{dockerfile}.{}-{count}.{what}", process::id()).into()
}

/// Runs a build whose context the client reads itself.
///
/// # Errors
/// See [`BuildFailure`].
pub(crate) fn run(
    client: Client,
    dialect: Dialect,
    request: &BuildRequest<'_>,
    cancel: &Cancel,
    call: impl FnOnce(&Files) -> Call,
) -> Result<Built, BuildFailure> {
    run_with(client, dialect, request, cancel, call, |child| child.run(cancel))
}

/// Runs a build whose context is written to the client's stdin by `feed`.
///
/// # Errors
/// See [`BuildFailure`].
pub(crate) fn run_fed(
    client: Client,
    dialect: Dialect,
    request: &BuildRequest<'_>,
    cancel: &Cancel,
    call: impl FnOnce(&Files) -> Call,
    feed: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send,
) -> Result<Built, BuildFailure> {
    run_with(client, dialect, request, cancel, call, |child| child.run_fed(cancel, feed))
}

fn run_with(
    client: Client,
    dialect: Dialect,
    request: &BuildRequest<'_>,
    cancel: &Cancel,
    call: impl FnOnce(&Files) -> Call,
    start: impl FnOnce(&Child) -> io::Result<Ended>,
) -> Result<Built, BuildFailure> {
    let files = Files::write(request.dockerfile).map_err(|error| unprepared(client, request, &error))?;
    let Call { program, args, env } = call(&files);
    let program = program.unwrap_or_else(|| client.0.to_owned());
    let output = Output::Log(request.log.to_owned());
    let ended = start(&Child { program, args, env, cwd: None, output });
    if cancel.is_interrupted() {
        return Err(BuildFailure::Interrupted);
    }
    match ended.map_err(|error| client.not_started(&error))?.code {
        Some(0) => Ok(Built { id: read_id(&files.id) }),
        _ => Err(failed(client, dialect, request)),
    }
}

fn unprepared(client: Client, request: &BuildRequest<'_>, error: &io::Error) -> EngineError {
    client.error(format!("cannot write beside {}: {error}", request.dockerfile), None)
}

fn read_id(file: &Utf8Path) -> Option<String> {
    let id = fs::read_to_string(file).ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

fn failed(client: Client, dialect: Dialect, request: &BuildRequest<'_>) -> BuildFailure {
    let dockerfile = fs::read_to_string(request.dockerfile).unwrap_or_default();
    let told = match File::open(request.log) {
        Ok(log) => failure::read(dialect, BufReader::new(log), &dockerfile),
        Err(error) => return client.error(format!("cannot read {}: {error}", request.log), None).into(),
    };
    if is_unreachable(&told.message) {
        return client.said(&told.message).into();
    }
    BuildFailure::Failed { message: told.message, line: told.line }
}

/// The flags that all clients have in common. Each value is in one argument with its flag, so none can become a flag.
pub(crate) fn common_flags(request: &BuildRequest<'_>, files: &Files) -> Vec<String> {
    let mut flags = vec![format!("--iidfile={}", files.id)];
    flags.extend(request.tags.iter().map(|tag| format!("--tag={tag}")));
    flags.extend(request.args.iter().map(|(name, value)| format!("--build-arg={name}={value}")));
    flags.extend(request.labels.iter().map(|(name, value)| format!("--label={name}={value}")));
    flags.extend(request.target.map(|target| format!("--target={target}")));
    flags.extend(request.platform.map(|platform| format!("--platform={platform}")));
    flags
}
