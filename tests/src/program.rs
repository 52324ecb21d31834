//! Programs: finding them, running them, and the static one that runs inside of images.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

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

/// Runs a program to its end without any input.
///
/// # Panics
/// It cannot be started.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output();
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
