//! A release is gated on tests.

use images_schema::Diagnostic;

use crate::Error;
use crate::build::Planned;
use crate::graph::{Graph, NodeId};

/// What is known of an image's tests, as it is built now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They passed.
    Passed,
    /// One failed.
    Failed,
    /// They never ran on what is built now.
    NeverRun,
    /// There are none.
    NoTests,
}

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
    let what = match verdict {
        Verdict::Passed | Verdict::NoTests => return None,
        Verdict::Failed => "failed its tests",
        Verdict::NeverRun => "was never tested as it is now",
    };
    let help = format!("`cargo xtask images test {spec}`, or release it all the same with `--no-test`");
    Some(Diagnostic::error(format!("`{spec}` {what}")).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_or_never_ran_is_refused() {
        let told = |verdict| refusal("app:1.0.0", verdict).map(|refusal| refusal.message);
        assert_eq!(told(Verdict::Passed), None);
        assert_eq!(told(Verdict::NoTests), None);
        assert_eq!(told(Verdict::Failed).as_deref(), Some("`app:1.0.0` failed its tests"));
        assert_eq!(told(Verdict::NeverRun).as_deref(), Some("`app:1.0.0` was never tested as it is now"));
    }
}
