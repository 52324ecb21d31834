//! A release is gated on tests.

use images_engine::process::Cancel;
use images_schema::Diagnostic;

use crate::Error;
use crate::build::{BuildOptions, Detect, Planned};
use crate::event::Reporter;
use crate::graph::{Graph, NodeId};
use crate::test::{self, Loader, TestOptions, Verdict, verdict};

/// Tells whether images passed their tests. It may run them.
pub trait Gate {
    /// A verdict for each of these, which are built.
    ///
    /// # Errors
    /// It cannot be found out.
    fn verdicts(&self, graph: &Graph<'_>, built: &Planned, ids: &[NodeId]) -> Result<Vec<Verdict>, Error>;
}

/// Lets everything pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGate;

impl Gate for NoGate {
    fn verdicts(&self, _: &Graph<'_>, _: &Planned, ids: &[NodeId]) -> Result<Vec<Verdict>, Error> {
        Ok(vec![Verdict::NoTests; ids.len()])
    }
}

/// Runs the tests that did not pass before.
pub struct Tests<'a> {
    /// How the images were built.
    pub build: &'a BuildOptions,
    /// Their engine.
    pub detect: Detect<'a>,
    /// The engine that starts containers, where theirs does not.
    pub loader: Loader<'a>,
    /// Ends it early.
    pub cancel: &'a Cancel,
    /// Hears of each test.
    pub reporter: &'a dyn Reporter,
}

impl Gate for Tests<'_> {
    fn verdicts(&self, graph: &Graph<'_>, built: &Planned, ids: &[NodeId]) -> Result<Vec<Verdict>, Error> {
        let verdicts = || ids.iter().map(|id| verdict(graph, *id, built.keyed.key(*id))).collect();
        let known: Result<Vec<_>, Error> = verdicts();
        if known.as_ref().is_ok_and(|known| known.iter().all(is_good)) {
            return known;
        }
        let options = TestOptions { build: self.build.clone(), no_build: true, rerun: false };
        let engines = (self.detect, self.loader);
        test::run(graph, ids, &options, engines, self.cancel, self.reporter)?;
        verdicts()
    }
}

fn is_good(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Passed | Verdict::NoTests)
}

/// Refuses what did not pass.
///
/// # Errors
/// Something failed or never ran, or it cannot be found out.
pub(super) fn check(
    gate: &dyn Gate,
    graph: &Graph<'_>,
    built: &Planned,
    ids: &[NodeId],
) -> Result<(), Error> {
    let verdicts = gate.verdicts(graph, built, ids)?;
    let refused: Vec<_> = ids
        .iter()
        .zip(verdicts)
        .filter_map(|(id, verdict)| refusal(&graph.spec(*id).to_string(), verdict))
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

fn refusal(spec: &str, verdict: Verdict) -> Option<Diagnostic> {
    let (what, tests) = match verdict {
        Verdict::Passed | Verdict::NoTests => return None,
        Verdict::Failed(tests) => ("failed", tests),
        Verdict::NotRun(tests) => ("could not be asked", tests),
    };
    let message = format!("tests of `{spec}` {what}: {}", tests.join(", "));
    let help = format!("`cargo xtask images test {spec}` shows why; `--no-test` releases it all the same");
    Some(Diagnostic::error(message).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_or_never_ran_is_refused() {
        let told = |verdict| refusal("app:1.0.0", verdict).map(|refusal| refusal.message);
        let tests = || vec!["serves".to_owned(), "stops".to_owned()];
        assert_eq!(told(Verdict::Passed), None);
        assert_eq!(told(Verdict::NoTests), None);
        let failed = "tests of `app:1.0.0` failed: serves, stops";
        assert_eq!(told(Verdict::Failed(tests())).as_deref(), Some(failed));
        let open = "tests of `app:1.0.0` could not be asked: serves, stops";
        assert_eq!(told(Verdict::NotRun(tests())).as_deref(), Some(open));
    }
}
