//! What is known of a variant's tests.

use super::definition::Test;
use super::results::Results;
use crate::graph::{Graph, NodeId};
use crate::key::Key;

/// What is known of the tests of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It has none.
    NoTests,
    /// All passed for this key, as they are written now.
    Passed,
    /// These did not pass when they ran last.
    Failed(Vec<String>),
    /// None is known to fail, but these never ran for this key, or not all of them could be asked.
    NotRun(Vec<String>),
}

/// What is known of the tests of the image that a variant has by this key. Nothing is run.
pub fn verdict(graph: &Graph<'_>, id: NodeId, key: Key) -> Verdict {
    let tests = tests_of(graph, id);
    let results = Results::load(&graph.workspace.cache(), key);
    let named = |passed: Option<bool>| {
        let tests = tests.iter().filter(|test| results.passed(test) == passed);
        tests.map(|test| test.name.clone()).collect::<Vec<_>>()
    };
    match (named(Some(false)), named(None)) {
        _ if tests.is_empty() => Verdict::NoTests,
        (failed, _) if !failed.is_empty() => Verdict::Failed(failed),
        (_, missing) if !missing.is_empty() => Verdict::NotRun(missing),
        _ => Verdict::Passed,
    }
}

/// The tests of a variant.
pub fn tests_of<'a>(graph: &Graph<'a>, id: NodeId) -> &'a [Test] {
    &graph.variant(id).tests
}
