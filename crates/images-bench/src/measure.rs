//! One process from its start to its end: wall time, processor time, peak memory.
//!
//! The kernel counts what a process's children used, all of them together, so each measured process gets a parent of
//! its own: this program again, with the hidden subcommand `measure`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

/// What one run of a process took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// From start to end.
    pub(crate) wall: Duration,
    /// User and system time of the process and of the children that it waited for. A daemon's work is not in it.
    pub(crate) processor: Duration,
    /// The largest resident set among the process and its children, in KiB.
    pub(crate) peak: u64,
}

/// Run a program and print what it took, as JSON
#[derive(Debug, Args)]
pub(crate) struct Measure {
    /// Where the program's output goes
    log: PathBuf,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<String>,
}

impl Measure {
    /// Runs the program in this process's folder and environment.
    ///
    /// # Errors
    /// It cannot be started, or it does not end well.
    pub(crate) fn run(&self) -> Result<(), String> {
        let log = || File::create(&self.log).and_then(|file| Ok((file.try_clone()?, file)));
        let (out, err) = log().map_err(|error| format!("{}: {error}", self.log.display()))?;
        let mut command = Command::new(&self.program[0]);
        command.args(&self.program[1..]).stdin(Stdio::null()).stdout(out).stderr(err);
        let started = Instant::now();
        let status = command.status().map_err(|error| format!("{}: {error}", self.program[0]))?;
        let wall = started.elapsed();
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| error.to_string())?;
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        let sample = Sample {
            wall,
            processor: Duration::from_micros(micros.unsigned_abs()),
            peak: usage.max_rss().unsigned_abs(),
        };
        println!("{}", serde_json::to_string(&sample).map_err(|error| error.to_string())?);
        if status.success() { Ok(()) } else { Err(format!("{:?}: {status}", self.program)) }
    }
}

/// Runs a command under `measure`, with its folder and environment.
///
/// # Errors
/// It cannot be started, or it does not end well; then with the end of what it printed.
pub(crate) fn measure(command: &Command, log: &Path) -> Result<Sample, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut measured = Command::new(own);
    measured.arg("measure").arg(log).arg("--").arg(command.get_program()).args(command.get_args());
    measured.env_clear();
    for (name, value) in command.get_envs() {
        measured.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        measured.current_dir(folder);
    }
    let output = measured.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let printed = std::fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<&str> = printed.lines().collect();
        let tail = lines[lines.len().saturating_sub(20)..].join("\n");
        return Err(format!("{}{tail}", String::from_utf8_lossy(&output.stderr)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// The median of each number; of an even count the lower middle one.
///
/// # Panics
/// There is no sample.
pub(crate) fn median(samples: &[Sample]) -> Sample {
    fn middle<T: Ord + Copy>(samples: &[Sample], of: impl Fn(&Sample) -> T) -> T {
        let mut values: Vec<T> = samples.iter().map(of).collect();
        values.sort_unstable();
        values[(values.len() - 1) / 2]
    }
    Sample {
        wall: middle(samples, |sample| sample.wall),
        processor: middle(samples, |sample| sample.processor),
        peak: middle(samples, |sample| sample.peak),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_a_median_of_its_own() {
        let sample = |wall, processor, peak| Sample {
            wall: Duration::from_millis(wall),
            processor: Duration::from_millis(processor),
            peak,
        };
        let samples = [sample(3, 1, 20), sample(1, 2, 30), sample(2, 3, 10)];
        assert_eq!(median(&samples), sample(2, 2, 20));
        assert_eq!(median(&samples[..2]), sample(1, 1, 20));
    }
}
