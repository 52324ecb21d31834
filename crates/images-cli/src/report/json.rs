//! A run as JSON objects, one a line, on stdout. The schema is in the user guide.

use std::time::Duration;

use images_core::event::{Event, Failure, Reporter};
use images_core::exec::Outcome;
use images_core::test::TestOutcome;
use images_engine::EngineError;
use images_schema::Diagnostic;
use serde_json::json;

use super::{RunReporter, findings, test};
use crate::terminal::Terminal;

/// Writes events as JSON.
pub(crate) struct Json {
    pub(crate) terminal: Terminal,
}

impl Reporter for Json {
    fn event(&self, event: &Event) {
        let line = match event {
            Event::HostCommand { what } => json!({"event": "host-command", "what": what}),
            Event::Engine { description, automatic, passed_over } => {
                let over: Vec<_> = passed_over.iter().map(engine_error).collect();
                json!({"event": "engine", "engine": description, "automatic": automatic, "passed_over": over})
            }
            Event::Locked { name, digest } => json!({"event": "locked", "reference": name, "digest": digest}),
            Event::LockedLocally { name, id, why } => {
                json!({"event": "locked-locally", "reference": name, "id": id, "message": why})
            }
            Event::Unlocked { name, why } => {
                json!({"event": "unlocked", "reference": name, "message": why})
            }
            Event::Waiting => json!({"event": "waiting"}),
            Event::Replanned { path } => json!({"event": "replanned", "path": path}),
            Event::Fresh { spec } => json!({"event": "fresh", "spec": spec}),
            Event::Started { spec, reason, log } => {
                json!({"event": "started", "spec": spec, "reason": reason, "message": reason.to_string(), "log": log})
            }
            Event::Built { spec, duration, log } => {
                json!({"event": "built", "spec": spec, "seconds": duration.as_secs_f64(), "log": log})
            }
            Event::Retagged { spec } => json!({"event": "tagged", "spec": spec}),
            Event::Failed(failure) => failed(failure),
            Event::Skipped { spec, because } => json!({"event": "skipped", "spec": spec, "because": because}),
            Event::Test(event) => test::value(event),
        };
        self.terminal.data(&line.to_string());
    }
}

fn engine_error(error: &EngineError) -> serde_json::Value {
    json!({"engine": error.engine, "message": error.message, "help": error.help})
}

fn failed(failure: &Failure) -> serde_json::Value {
    let place = failure.place.as_ref();
    json!({
        "event": "failed",
        "spec": failure.spec,
        "message": failure.message,
        "path": place.map(|place| &place.path),
        "line": place.map(|place| place.line),
        "tail": failure.tail,
        "log": failure.log,
        "help": failure.help,
        "seconds": failure.duration.as_secs_f64(),
    })
}

impl RunReporter for Json {
    fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.terminal.data(&findings::json::line(diagnostic));
    }

    fn finish(&self, outcome: &Outcome, duration: Duration) {
        let line = json!({
            "event": "finished",
            "success": outcome.is_success(),
            "built": outcome.built,
            "tagged": outcome.retagged,
            "fresh": outcome.fresh,
            "failed": outcome.failed,
            "skipped": outcome.skipped,
            "not_started": outcome.not_started,
            "seconds": duration.as_secs_f64(),
        });
        self.terminal.data(&line.to_string());
    }

    fn tested(&self, outcome: &TestOutcome, duration: Duration) {
        self.terminal.data(&test::summary_value(outcome, duration).to_string());
    }
}
