//! A process that serves until it is stopped, and that dies with the tests whatever happens to them.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::program::{find, wait_for};

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(20);

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts it in a process group of its own, so that an interrupt at the terminal reaches it through [`Self::stop`]
    /// alone, and waits until `is_ready`.
    ///
    /// # Errors
    /// It cannot be started, or it ends or is not ready in time; then with the end of its log.
    pub fn start(command: &Command, log: &Path, mut is_ready: impl FnMut() -> bool) -> Result<Self, String> {
        let child = spawn(command, log).map_err(|error| format!("{:?}: {error}", command.get_program()))?;
        let mut server = Self { child, log: log.to_owned() };
        let state = wait_for(START, || match server.child.try_wait() {
            Ok(None) => is_ready().then_some(true),
            Ok(Some(_)) | Err(_) => Some(false),
        });
        if state == Some(true) {
            return Ok(server);
        }
        server.stop();
        Err(format!("{:?} did not start:\n{}", command.get_program(), server.log_tail()))
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Asks it to end, waits, and kills it if that takes too long.
    pub fn stop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let (Some(pid), Ok(None)) = (pid, self.child.try_wait()) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if wait_for(STOP, || self.child.try_wait().ok().flatten()).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// `setpriv` has the kernel end the server when the tests are killed without a chance to stop it.
fn spawn(command: &Command, log: &Path) -> io::Result<Child> {
    let log = File::create(log)?;
    let mut wrapped = match find("setpriv") {
        Some(setpriv) => {
            let mut wrapped = Command::new(setpriv);
            wrapped.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program());
            wrapped
        }
        None => Command::new(command.get_program()),
    };
    wrapped.args(command.get_args());
    for (name, value) in command.get_envs() {
        wrapped.env(name, value.unwrap_or_default());
    }
    wrapped.process_group(0).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()
}
