//! Reporters: they word the events of a run for people, for programs and for GitHub.

pub(crate) mod findings;
mod github;
mod human;
mod json;
mod test;

use images_core::event::Reporter;
use images_core::exec::Outcome;
use images_core::test::TestOutcome;
use std::time::Duration;

use camino::Utf8PathBuf;
use images_schema::Diagnostic;

use crate::arguments::MessageFormat;
use crate::terminal::Terminal;

/// A reporter that also words the end of a run.
pub(crate) trait RunReporter: Reporter {
    /// Something is wrong with the user's files, so nothing was built.
    fn diagnostic(&self, diagnostic: &Diagnostic);

    /// The run is over.
    fn finish(&self, outcome: &Outcome, duration: Duration);

    /// A run of tests is over.
    fn tested(&self, outcome: &TestOutcome, duration: Duration);
}

/// The reporter of a format. `root` finds the workspace's root in its repository, whose paths GitHub wants.
pub(crate) fn of(
    format: MessageFormat,
    terminal: Terminal,
    root: impl FnOnce() -> Utf8PathBuf,
) -> Box<dyn RunReporter> {
    match format {
        MessageFormat::Human => human(terminal),
        MessageFormat::Json => Box::new(json::Json { terminal }),
        MessageFormat::Github => Box::new(github::Github { human: human::Human { terminal }, root: root() }),
    }
}

/// The reporter for people.
pub(crate) fn human(terminal: Terminal) -> Box<dyn RunReporter> {
    Box::new(human::Human { terminal })
}
