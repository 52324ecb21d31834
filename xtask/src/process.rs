//! Handing over to another program.

use std::io;
use std::process::{Command, ExitCode};

/// Becomes another program, so that a signal to this process reaches it; where that cannot be, runs it.
///
/// # Errors
/// It cannot be started.
#[cfg(unix)]
pub(crate) fn become_process(mut command: Command) -> io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(&mut command))
}

#[cfg(not(unix))]
pub(crate) fn become_process(mut command: Command) -> io::Result<ExitCode> {
    Ok(if command.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
