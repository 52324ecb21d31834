//! The only module that starts processes: each in its own group, so that an interrupt ends it and all it started.

mod cancel;
mod deadline;
mod group;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::sync::Mutex;

use camino::Utf8PathBuf;

pub use cancel::Cancel;
use group::Group;

use crate::threads;

/// Where a child's output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// stdout and stderr are returned apart.
    Capture,
    /// Both go into this file, in the order in which they come. What it held is dropped; folders on the way to it are
    /// made.
    Log(Utf8PathBuf),
    /// Both go to our stderr.
    Stderr,
}

/// A child to start. No shell is involved, and its stdin is empty.
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
    /// It could not be started: the message names the program, and a program that there is not gives
    /// [`io::ErrorKind::NotFound`]. After an interrupt nothing is started: [`io::ErrorKind::Interrupted`].
    pub fn run(&self, cancel: &Cancel) -> io::Result<Ended> {
        let command = self.expression()?.stdin_null();
        let (handle, group) = self.start(&command, cancel)?;
        drop(command);
        end(handle, group, cancel)
    }

    /// Runs it to its end while `feed` writes its stdin. A child that stops reading early is no error, its exit code
    /// tells. When `feed` fails, the child is killed before its stdin ends: it must never take half of it for all.
    ///
    /// # Errors
    /// As [`Child::run`], and what `feed` returns.
    pub fn run_fed<F>(&self, cancel: &Cancel, feed: F) -> io::Result<Ended>
    where
        F: FnOnce(&mut dyn Write) -> io::Result<()> + Send,
    {
        let (reader, mut writer) = os_pipe::pipe()?;
        let command = self.expression()?.stdin_file(reader);
        let (handle, group) = self.start(&command, cancel)?;
        drop(command);
        let failed = Mutex::new(None);
        let ended = threads::beside(
            || {
                if let Err(error) = feed(&mut writer)
                    && error.kind() != io::ErrorKind::BrokenPipe
                {
                    group.kill();
                    *failed.lock().expect("nothing panics while it holds this lock") = Some(error);
                }
                drop(writer);
            },
            || end(handle, group, cancel),
        )?;
        match failed.into_inner().expect("nothing panics while it holds this lock") {
            Some(error) => Err(error),
            None => Ok(ended),
        }
    }

    fn start(&self, command: &duct::Expression, cancel: &Cancel) -> io::Result<(duct::Handle, Group)> {
        cancel.start(|| command.start()).map_err(|error| self.refused(error))
    }

    fn expression(&self) -> io::Result<duct::Expression> {
        self.check_environment()?;
        #[expect(clippy::disallowed_methods, reason = "this is the module that starts processes")]
        let mut command = duct::cmd(&self.program, &self.args).unchecked().before_spawn(|command| {
            command.process_group(0);
            Ok(())
        });
        for (name, value) in &self.env {
            command = command.env(name, value);
        }
        if let Some(cwd) = &self.cwd {
            command = command.dir(cwd);
        }
        Ok(match &self.output {
            Output::Capture => command.stdout_capture().stderr_capture(),
            Output::Stderr => command.stdout_to_stderr(),
            Output::Log(path) => command.stderr_to_stdout().stdout_file(create_log(path)?),
        })
    }

    /// What an environment cannot hold would silently become another variable.
    fn check_environment(&self) -> io::Result<()> {
        match self.env.keys().find(|name| name.is_empty() || name.contains('=')) {
            Some(name) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("`{name}` is no name of an environment variable"),
            )),
            None => Ok(()),
        }
    }

    fn refused(&self, error: io::Error) -> io::Error {
        let program = &self.program;
        let message = match &self.cwd {
            _ if error.kind() == io::ErrorKind::Interrupted => {
                format!("`{program}` was not started: {error}")
            }
            Some(cwd) if !cwd.is_dir() => format!("cannot run `{program}` in {cwd}, which is no folder"),
            _ if error.kind() == io::ErrorKind::NotFound => format!("`{program}` was not found"),
            _ => format!("cannot start `{program}`: {error}"),
        };
        io::Error::new(error.kind(), message)
    }
}

fn create_log(path: &Utf8PathBuf) -> io::Result<File> {
    let create = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        File::create(path)
    };
    create().map_err(|error| io::Error::new(error.kind(), format!("cannot write the log {path}: {error}")))
}

fn end(handle: duct::Handle, group: Group, cancel: &Cancel) -> io::Result<Ended> {
    group.wait_leader()?;
    if !cancel.forget(group) {
        // This reaps the leader, and does not wait for those who hold its output open.
        handle.try_wait()?;
        cancel.clear(group);
    }
    let output = handle.into_output()?;
    Ok(Ended { code: output.status.code(), stdout: output.stdout, stderr: output.stderr })
}

/// Becomes another program, which then has this process's terminal, and gets its signals. Returns only where that is not
/// possible, with the reason.
pub fn become_program(program: &str, args: &[String]) -> io::Error {
    #[expect(clippy::disallowed_methods, reason = "this is the module that starts processes")]
    std::process::Command::new(program).args(args).exec()
}

/// Where the program that a bare `name` starts is, by the search that a start would make; nothing is run.
pub fn find_program(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a start by name reads it as well; this only looks ahead")]
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

fn is_executable(file: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
