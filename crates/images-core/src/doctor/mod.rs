//! `doctor`: whether a build can work here, and what to do about it if not.
//!
//! 1. The workspace is what was loaded, or what is wrong with it (`workspace`).
//! 2. Each engine is asked whether it answers, what it is, and whether it can do what the Dockerfiles need (`engines`).
//! 3. Room on the disks (`disk`).
//! 4. Programs and targets that the manifests ask for, and those that single commands use (`programs`).
//! 5. Registries that the workspace names, and log-ins for them; asked only with `online` (`registries`).
//!
//! Each part gives checks; together they are the diagnosis. Nothing is changed, built or pulled.

mod disk;
mod engines;
mod programs;
mod registries;
mod workspace;

use camino::Utf8PathBuf;
use images_engine::process::Cancel;
use images_engine::{EngineChoice, EngineKind, EngineOptions};
use images_oci::registry;

use crate::graph::Graph;
use crate::{Error, HostOptions, exit_code};

/// What `doctor` is told.
pub struct DoctorOptions {
    /// The host.
    pub host: HostOptions,
    /// The engine that is asked for.
    pub choice: EngineChoice,
    /// What engines are told.
    pub engines: EngineOptions,
    /// How to speak to registries.
    pub registry: registry::Options,
    /// Whether registries are asked.
    pub online: bool,
    /// The workspace's root; `None` where there is no workspace.
    pub root: Option<Utf8PathBuf>,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// As it should be, or not needed.
    Ok,
    /// A build can work, and something else may not.
    Warning,
    /// Something that the workspace needs is missing.
    Error,
}

impl Status {
    /// Its name: `ok`, `warning` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What kind of thing it is: `workspace`, `engine`, `disk`, `program`, `target` or `registry`.
    pub kind: &'static str,
    /// Which one: `podman`, `ghcr.io`.
    pub subject: String,
    /// How it came out.
    pub status: Status,
    /// What was found.
    pub message: String,
    /// What to do.
    pub fixes: Vec<String>,
}

impl Check {
    fn new(
        kind: &'static str,
        subject: impl Into<String>,
        status: Status,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, subject: subject.into(), status, message: message.into(), fixes: Vec::new() }
    }

    /// Adds something to do, unless it is there already.
    fn fix(mut self, fix: impl Into<String>) -> Self {
        let fix = fix.into();
        if !self.fixes.contains(&fix) {
            self.fixes.push(fix);
        }
        self
    }
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The engine that a build would take, if one can do what the workspace needs.
    pub engine: Option<EngineKind>,
    /// Whether the workspace could be read.
    pub is_readable: bool,
    /// The checks, in the order in which a person reads them.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    /// What the command ends with: 2 where the workspace is wrong, 3 where no engine can do it, 1 where anything else is
    /// missing.
    pub fn exit_code(&self) -> u8 {
        let is_wrong = self.checks.iter().any(|check| check.status == Status::Error);
        match (self.is_readable, self.engine) {
            (false, _) => exit_code::USAGE,
            (true, None) => exit_code::NO_ENGINE,
            (true, Some(_)) if is_wrong => exit_code::FAILED,
            (true, Some(_)) => exit_code::DONE,
        }
    }
}

/// Looks at everything. `graph` is the workspace, or what is wrong with it.
///
/// # Errors
/// An interrupt.
pub fn examine(
    graph: Result<&Graph<'_>, &Error>,
    options: &DoctorOptions,
    cancel: &Cancel,
) -> Result<Diagnosis, Error> {
    let known = graph.ok();
    let mut checks = workspace::checks(graph, options);
    let engines = engines::look(known, options);
    checks.extend(engines.checks);
    checks.extend(disk::checks(options, &engines.folders));
    checks.extend(programs::checks(known, options, cancel)?);
    checks.extend(known.into_iter().flat_map(|graph| registries::checks(graph, options, cancel)));
    match cancel.is_interrupted() {
        true => Err(Error::Interrupted),
        false => Ok(Diagnosis { engine: engines.chosen, is_readable: known.is_some(), checks }),
    }
}
