//! What happens while tests run, as data.

use std::time::Duration;

use camino::Utf8PathBuf;

/// Something that happened to tests.
#[derive(Debug, Clone)]
pub enum TestEvent {
    /// Tests are about to run.
    Running {
        /// How many run.
        tests: usize,
        /// How many do not, since they passed before.
        remembered: usize,
        /// Of how many variants.
        variants: usize,
    },
    /// Containers that a run that died left behind were removed.
    Cleaned {
        /// How many.
        containers: usize,
    },
    /// A test is over, or does not run.
    Finished(TestResult),
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// The variant.
    pub spec: String,
    /// The test's name.
    pub name: String,
    /// Where it is written, as a person knows the file.
    pub path: Utf8PathBuf,
    /// The line there, from 1.
    pub line: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub duration: Duration,
}

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All its checks hold.
    Passed,
    /// It passed for this very image before.
    Remembered,
    /// These checks do not hold.
    Failed(Vec<Problem>),
    /// Not all of it can be asked here; what could be holds.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// A check that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one line.
    pub message: String,
    /// The end of what the container wrote; may be empty.
    pub output: String,
}

impl Problem {
    /// One that has no output.
    pub(super) fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), output: String::new() }
    }
}
