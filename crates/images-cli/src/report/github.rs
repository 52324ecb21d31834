//! A run in a workflow of GitHub Actions: as for people, and each failure as an annotation of its line.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::time::Duration;

use camino::Utf8PathBuf;
use images_core::event::{Event, Reporter};
use images_core::exec::Outcome;
use images_core::test::TestOutcome;
use images_schema::Diagnostic;

use super::findings::{self, in_repository};
use super::human::Human;
use super::{RunReporter, test};

/// Adds annotations to what people see.
pub(crate) struct Github {
    pub(crate) human: Human,
    /// The workspace's root in its repository.
    pub(crate) root: Utf8PathBuf,
}

impl Reporter for Github {
    fn event(&self, event: &Event) {
        self.human.event(event);
        if let Event::LockedLocally { name, .. } | Event::Unlocked { name, .. } = event {
            let message = escaped(&format!("{name} is not pinned to a digest of a registry"));
            self.human.terminal.data(&format!("::warning::{message}"));
        }
        if let Event::Failed(failure) = event {
            let place = failure
                .place
                .as_ref()
                .map(|place| (property(in_repository(&self.root, &place.path).as_str()), place.line))
                .map(|(file, line)| format!(" file={file},line={line}"));
            let message = format!("{}: {}", failure.spec, failure.message);
            let line = format!("::error{}::{}", place.unwrap_or_default(), escaped(&message));
            self.human.terminal.data(&line);
        }
        if let Event::Test(event) = event
            && let Some(line) = test::annotation(event, &self.root)
        {
            self.human.terminal.data(&line);
        }
    }
}

/// A message of a workflow command, as the toolkit escapes it (`escapeData`):
/// <https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>
pub(super) fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property's value (`escapeProperty`).
pub(super) fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

impl RunReporter for Github {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        let line = findings::github::command(diagnostic, &self.root);
        self.human.terminal.data(&line);
    }

    fn finish(&self, outcome: &Outcome, duration: Duration) {
        self.human.finish(outcome, duration);
    }

    fn tested(&self, outcome: &TestOutcome, duration: Duration) {
        self.human.tested(outcome, duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_workflow_command_gives_a_meaning_is_escaped() {
        assert_eq!(escaped("50%\nof a:b,c"), "50%25%0Aof a:b,c");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
