//! A run for people, on stderr, in cargo's manner.

use std::time::Duration;

use images_core::event::{Event, Failure, Reporter};
use images_core::exec::Outcome;
use images_core::test::TestOutcome;
use images_engine::EngineError;
use images_schema::Diagnostic;

use super::{RunReporter, test};
use crate::terminal::{Style, Terminal};

/// Words events for people.
pub(crate) struct Human {
    pub(crate) terminal: Terminal,
}

impl Reporter for Human {
    fn event(&self, event: &Event) {
        let say = |style, word, text: &str| self.terminal.status(style, word, text);
        match event {
            Event::HostCommand { what } => say(Style::Note, "Running", what),
            Event::Engine { description, automatic, passed_over } => {
                let how = if *automatic { chosen(passed_over) } else { "" };
                say(Style::Note, "Engine", &format!("{description}{how}"));
                for error in passed_over.iter().filter(|error| !error.is_absent()) {
                    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
                    say(Style::Note, "Without", &format!("{error}{help}"));
                }
            }
            Event::Locked { name, digest } => say(Style::Good, "Locking", &format!("{name} to {digest}")),
            Event::LockedLocally { name, id, why } => {
                let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
                say(
                    Style::Note,
                    "Locking",
                    &format!("{name} to the local image {id}, which no other machine has{why}"),
                );
            }
            Event::Unlocked { name, why } => {
                say(
                    Style::Note,
                    "Unlocked",
                    &format!("{name} is whatever the engine finds by this name ({why})"),
                );
            }
            Event::Waiting => say(Style::Note, "Blocking", "waiting for another build on this store"),
            Event::Replanned { path } => {
                say(Style::Note, "Planning", &format!("again: `{path}` changed while it was being read"));
            }
            Event::Fresh { spec } => {
                if self.terminal.verbose {
                    say(Style::Good, "Fresh", spec);
                }
            }
            Event::Started { spec, reason, .. } => {
                say(Style::Good, "Building", &format!("{spec} ({reason})"));
            }
            Event::Built { spec, duration, log } => {
                say(Style::Good, "Built", &format!("{spec} in {}", seconds(*duration)));
                if self.terminal.verbose {
                    self.terminal.note(std::fs::read_to_string(log).unwrap_or_default().trim_end());
                }
            }
            Event::Retagged { spec } => say(Style::Good, "Tagged", spec),
            Event::Failed(failure) => self.failed(failure),
            Event::Skipped { spec, because } => {
                say(Style::Bad, "Skipped", &format!("{spec}: it stands on {because}, which failed"));
            }
            Event::Test(event) => test::say(self.terminal, event),
        }
    }
}

/// Why an engine was chosen that nobody named.
fn chosen(passed_over: &[EngineError]) -> &'static str {
    match passed_over {
        [] => " (chosen by itself; --engine names another)",
        all if all.iter().all(EngineError::is_absent) => {
            " (chosen by itself, since no other is installed; --engine names another)"
        }
        _ => " (chosen by itself, since no other answers; --engine names another)",
    }
}

impl Human {
    fn failed(&self, failure: &Failure) {
        let Failure { spec, message, place, tail, log, help, .. } = failure;
        self.terminal.status(Style::Bad, "Failed", &format!("{spec}: {message}"));
        if let Some(place) = place {
            let margin = " ".repeat(place.line.to_string().len());
            self.terminal.error(&format!("{margin}--> {}:{}", place.path, place.line));
            self.terminal.error(&format!("{} | {}", place.line, place.text.trim_end()));
        }
        if !tail.is_empty() {
            self.terminal.error(&format!("the end of its output (all of it: {log}):"));
            tail.iter().for_each(|line| self.terminal.error(&format!("  {line}")));
        }
        if let Some(help) = help {
            self.terminal.error(&format!("help: {help}"));
        }
    }
}

impl RunReporter for Human {
    /// People are told of every error in one place, at the end.
    fn diagnostic(&self, _: &Diagnostic) {}

    fn finish(&self, outcome: &Outcome, duration: Duration) {
        let took = seconds(duration);
        let counts = counts(outcome);
        match outcome.is_success() {
            true if outcome.built + outcome.retagged == 0 => {
                let all = match outcome.fresh {
                    1 => "the image is fresh".to_owned(),
                    count => format!("all {count} images are fresh"),
                };
                self.terminal.status(
                    Style::Good,
                    "Finished",
                    &format!("nothing to build, {all}; took {took}"),
                );
            }
            true => self.terminal.status(Style::Good, "Finished", &format!("{counts} in {took}")),
            false => self.terminal.status(Style::Bad, "Finished", &format!("{counts} in {took}")),
        }
    }

    fn tested(&self, outcome: &TestOutcome, duration: Duration) {
        test::summarise(self.terminal, outcome, duration);
    }
}

/// What happened, in numbers; what did not happen is left out.
pub(super) fn counts(outcome: &Outcome) -> String {
    let named = [
        (outcome.failed, "failed"),
        (outcome.skipped, "skipped"),
        (outcome.not_started, "not started (--keep-going starts them)"),
        (outcome.built, "built"),
        (outcome.retagged, "tagged"),
        (outcome.fresh, "fresh"),
    ];
    let said = named.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    said.collect::<Vec<_>>().join(", ")
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.2}s", duration.as_secs_f64())
}
