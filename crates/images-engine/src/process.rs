//! The only module that starts processes: each in its own group, so that an interrupt ends it and all it started.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

/// Says when to stop. Clones share one state. `interrupt` once: nothing new is started and running children are asked
/// to end (SIGTERM to their groups); twice: they are killed.
#[derive(Debug, Clone, Default)]
pub struct Cancel {}

impl Cancel {
    /// One more interrupt.
    pub fn interrupt(&self) {
        todo!()
    }

    /// Whether there was an interrupt.
    pub fn is_interrupted(&self) -> bool {
        todo!()
    }
}

/// Where a child's output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// stdout and stderr are returned apart.
    Capture,
    /// Both go into this file, in the order in which they come.
    Log(Utf8PathBuf),
    /// Both go to our stderr.
    Stderr,
}

/// A child to start. No shell is involved.
#[derive(Debug, Clone)]
pub struct Child {
    /// The program, by path or by name.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables that are added to the environment.
    pub env: BTreeMap<String, String>,
    /// Where it runs; here otherwise.
    pub cwd: Option<Utf8PathBuf>,
    /// Where its output goes.
    pub output: Output,
}

/// How a child ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Captured stdout.
    pub stdout: Vec<u8>,
    /// Captured stderr.
    pub stderr: Vec<u8>,
}

impl Child {
    /// Runs it to its end. An unsuccessful exit is no error here.
    ///
    /// # Errors
    /// It could not be started (with the program's name, and "not found" told apart), or an interrupt came before.
    pub fn run(&self, _cancel: &Cancel) -> std::io::Result<Ended> {
        todo!()
    }
}
