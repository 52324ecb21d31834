//! Programs: finding them, running them, and the static one that runs inside of images.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{env, io, process};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// What a program did.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Its exit code, or -1 where a signal ended it.
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// Standard output of a program that ended well.
    ///
    /// # Panics
    /// It did not end well; the message shows what it said.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.status.success(), "{}\n{}\n{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}

/// The programs that run now. `None` after [`end_all`]: then none is started any more.
static RUNNING: Mutex<Option<BTreeSet<u32>>> = Mutex::new(Some(BTreeSet::new()));

fn running() -> MutexGuard<'static, Option<BTreeSet<u32>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks all programs that [`run`] waits for to end, and waits until they did. Later ones are not started.
pub fn end_all() {
    let mut left = running().take().unwrap_or_default();
    let process = |pid: u32| i32::try_from(pid).ok().and_then(Pid::from_raw);
    for pid in left.iter().filter_map(|pid| process(*pid)) {
        let _ = kill_process(pid, Signal::TERM);
    }
    wait_for(Duration::from_secs(10), || {
        left.retain(|pid| process(*pid).is_some_and(|pid| test_kill_process(pid).is_ok()));
        left.is_empty().then_some(())
    });
}

fn output(command: &mut Command) -> io::Result<process::Output> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = {
        let mut running = running();
        let pids = running.as_mut().ok_or_else(|| io::Error::other("the tests are being stopped"))?;
        let child = command.spawn()?;
        pids.insert(child.id());
        child
    };
    let pid = child.id();
    let output = child.wait_with_output();
    if let Some(pids) = running().as_mut() {
        pids.remove(&pid);
    }
    output
}

/// Runs a program to its end without any input.
///
/// # Panics
/// It cannot be started.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let output = output(command);
    let output = output.unwrap_or_else(|error| panic!("{:?}: {error}", command.get_program()));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Output { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Standard output of a program that can be started and that ends well.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Every file of this name in the search path, and in the folders of programs that a user's search path may lack.
pub fn find_all(name: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/bin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut found = Vec::new();
    for folder in env::split_paths(&path).chain(system) {
        let file = folder.join(name);
        if file.is_file() && !found.contains(&file) {
            found.push(file);
        }
    }
    found
}

/// The first of them.
pub fn find(name: &str) -> Option<PathBuf> {
    find_all(name).into_iter().next()
}

/// Asks again and again until there is an answer; `None` when there was none in time.
pub fn wait_for<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let started = std::time::Instant::now();
    loop {
        match ask() {
            Some(answer) => return Some(answer),
            None if started.elapsed() > limit => return None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Compiles the program that images of the tests contain: statically linked, so that it runs in an image that has
/// nothing else. Its subcommands are described in its source.
///
/// # Errors
/// There is no compiler, or no static C library.
pub fn compile_inmate(folder: &Path) -> Result<PathBuf, String> {
    let program = folder.join("inmate");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/inmate.rs");
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args([
        "--edition=2024",
        "-Copt-level=s",
        "-Cstrip=symbols",
        "-Ctarget-feature=+crt-static",
        "-o",
    ]);
    let output = command.arg(&program).arg(source).output().map_err(|error| format!("rustc: {error}"))?;
    if output.status.success() {
        Ok(program)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
