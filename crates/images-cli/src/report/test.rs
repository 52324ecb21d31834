//! How events and results of tests are worded: for people, as JSON, as annotations.

use std::time::Duration;

use camino::Utf8Path;
use images_core::quantity::count;
use images_core::test::{Outcome, Problem, TestEvent, TestOutcome, TestResult};
use serde_json::{Value, json};

use super::findings::in_repository;
use super::github::{escaped, property};
use super::human::seconds;
use crate::terminal::{Style, Terminal};

/// For people.
pub(super) fn say(terminal: Terminal, event: &TestEvent) {
    match event {
        TestEvent::Running { tests, remembered, variants } => {
            let before = match remembered {
                0 => String::new(),
                count => format!(", {count} passed before"),
            };
            let text = format!("{} of {}{before}", count(*tests, "test"), count(*variants, "image"));
            terminal.status(Style::Note, "Running", &text);
        }
        TestEvent::Cleaned { containers } => {
            let text = format!("{} that a test run left behind", count(*containers, "container"));
            terminal.status(Style::Note, "Removed", &text);
        }
        TestEvent::Finished(result) => say_result(terminal, result),
    }
}

fn say_result(terminal: Terminal, result: &TestResult) {
    let TestResult { spec, name, path, line, outcome, duration } = result;
    match outcome {
        Outcome::Passed => {
            let text = format!("{spec}: {name} in {}", seconds(*duration));
            terminal.status(Style::Good, "Passed", &text);
        }
        Outcome::Remembered if terminal.verbose => {
            terminal.status(Style::Good, "Passed", &format!("{spec}: {name}, before"));
        }
        Outcome::Remembered => {}
        Outcome::Skipped { reason } => {
            terminal.status(Style::Note, "Skipped", &format!("{spec}: {name}: {reason}"));
        }
        Outcome::Failed(problems) => {
            terminal.status(Style::Bad, "Failed", &format!("{spec}: {name}"));
            terminal.error(&format!("  --> {path}:{line}"));
            problems.iter().for_each(|problem| say_problem(terminal, problem));
        }
    }
}

fn say_problem(terminal: Terminal, problem: &Problem) {
    terminal.error(&format!("  {}", problem.message));
    if !problem.output.trim().is_empty() {
        terminal.error("  the end of what it wrote:");
        problem.output.lines().for_each(|line| terminal.error(&format!("    {line}")));
    }
}

/// The end of a run, for people.
pub(super) fn summarise(terminal: Terminal, outcome: &TestOutcome, took: Duration) {
    let Counts { passed, failed, skipped, remembered } = Counts::of(outcome);
    let is_built = outcome.build.as_ref().is_none_or(|built| built.is_success());
    let verdict = if failed > 0 || !is_built { "FAILED" } else { "ok" };
    let text = format!(
        "test result: {verdict}. {passed} passed; {failed} failed; {skipped} skipped; {remembered} passed before; \
         finished in {}",
        seconds(took)
    );
    if failed > 0 || !is_built {
        terminal.error(&text)
    } else {
        terminal.note(&text)
    }
    if skipped > 0 {
        terminal.note("what is skipped was not tested");
    }
    if outcome.results.is_empty() && is_built {
        terminal.note("none of these images has a [[test]]");
    }
}

/// As JSON.
pub(super) fn value(event: &TestEvent) -> Value {
    match event {
        TestEvent::Running { tests, remembered, variants } => {
            json!({"event": "testing", "tests": tests, "remembered": remembered, "images": variants})
        }
        TestEvent::Cleaned { containers } => json!({"event": "cleaned", "containers": containers}),
        TestEvent::Finished(result) => result_value(result),
    }
}

fn result_value(result: &TestResult) -> Value {
    let TestResult { spec, name, path, line, outcome, duration } = result;
    let (word, reason, problems) = match outcome {
        Outcome::Passed => ("passed", None, &[][..]),
        Outcome::Remembered => ("remembered", None, &[][..]),
        Outcome::Skipped { reason } => ("skipped", Some(reason), &[][..]),
        Outcome::Failed(problems) => ("failed", None, &problems[..]),
    };
    let problem = |problem: &Problem| json!({"message": problem.message, "output": problem.output});
    json!({
        "event": "test",
        "spec": spec,
        "name": name,
        "path": path,
        "line": line,
        "outcome": word,
        "reason": reason,
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
        "seconds": duration.as_secs_f64(),
    })
}

/// The end of a run, as JSON.
pub(super) fn summary_value(outcome: &TestOutcome, took: Duration) -> Value {
    let Counts { passed, failed, skipped, remembered } = Counts::of(outcome);
    let is_built = outcome.build.as_ref().is_none_or(|built| built.is_success());
    json!({
        "event": "tested",
        "success": failed == 0 && is_built,
        "passed": passed,
        "failed": failed,
        "skipped": skipped,
        "remembered": remembered,
        "untested": outcome.untested,
        "seconds": took.as_secs_f64(),
    })
}

/// The annotation of a test that failed.
pub(super) fn annotation(event: &TestEvent, root: &Utf8Path) -> Option<String> {
    let TestEvent::Finished(TestResult {
        spec, name, path, line, outcome: Outcome::Failed(problems), ..
    }) = event
    else {
        return None;
    };
    let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    let message = format!("{spec}: {name}: {}", told.join("\n"));
    Some(format!(
        "::error file={},line={line}::{}",
        property(in_repository(root, path).as_str()),
        escaped(&message)
    ))
}

struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
    remembered: usize,
}

impl Counts {
    fn of(outcome: &TestOutcome) -> Self {
        Self {
            passed: outcome.count(|outcome| *outcome == Outcome::Passed),
            failed: outcome.count(|outcome| matches!(outcome, Outcome::Failed(_))),
            skipped: outcome.count(|outcome| matches!(outcome, Outcome::Skipped { .. })),
            remembered: outcome.count(|outcome| *outcome == Outcome::Remembered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> TestEvent {
        let problem = Problem { message: "50% wrong".to_owned(), output: "log".to_owned() };
        TestEvent::Finished(TestResult {
            spec: "a:1".to_owned(),
            name: "b".to_owned(),
            path: "images/a,b/Image.toml".into(),
            line: 7,
            outcome: Outcome::Failed(vec![problem]),
            duration: Duration::from_secs(2),
        })
    }

    #[test]
    fn a_failure_is_annotated_where_the_test_is_written() {
        let expected = "::error file=docker/images/a%2Cb/Image.toml,line=7::a:1: b: 50%25 wrong";
        assert_eq!(annotation(&failed(), "docker".into()).as_deref(), Some(expected));
        assert_eq!(annotation(&TestEvent::Cleaned { containers: 1 }, "".into()), None);
    }

    #[test]
    fn results_and_their_sum_are_json() {
        let expected = json!({
            "event": "test", "spec": "a:1", "name": "b", "path": "images/a,b/Image.toml", "line": 7, "outcome": "failed",
            "reason": null, "problems": [{"message": "50% wrong", "output": "log"}], "seconds": 2.0,
        });
        assert_eq!(value(&failed()), expected);
        let TestEvent::Finished(result) = failed() else { panic!("it was made so") };
        let results = [Outcome::Passed, Outcome::Remembered, Outcome::Skipped { reason: String::new() }]
            .map(|outcome| TestResult { outcome, ..result.clone() });
        let mut outcome = TestOutcome { results: results.to_vec(), ..TestOutcome::default() };
        let summed = |outcome: &TestOutcome| summary_value(outcome, Duration::ZERO);
        assert_eq!(
            (summed(&outcome)["success"].clone(), summed(&outcome)["passed"].clone()),
            (json!(true), json!(1))
        );
        outcome.results.push(result);
        let sum = summed(&outcome);
        let counts = ["failed", "skipped", "remembered"].map(|name| sum[name].clone());
        assert_eq!((sum["success"].clone(), counts), (json!(false), [1, 1, 1].map(|count| json!(count))));
    }
}
