//! What is known of a variant's tests.

use super::definition::Test;
use super::results::Results;
use super::structure;
use crate::Error;
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
///
/// # Errors
/// A file of tests cannot be read, or something in it is wrong.
pub fn verdict(graph: &Graph<'_>, id: NodeId, key: Key) -> Result<Verdict, Error> {
    let tests = known(graph, id, key)?;
    let named = |passed: Option<bool>| {
        let tests = tests.iter().filter(|(_, known)| *known == passed);
        tests.map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    Ok(match (named(Some(false)), named(None)) {
        _ if tests.is_empty() => Verdict::NoTests,
        (failed, _) if !failed.is_empty() => Verdict::Failed(failed),
        (_, missing) if !missing.is_empty() => Verdict::NotRun(missing),
        _ => Verdict::Passed,
    })
}

/// The names of the tests of the image that a variant has by this key, each with whether it passed when it ran last; `None`
/// where it never ran for this key.
///
/// # Errors
/// As [`verdict`].
pub fn known(graph: &Graph<'_>, id: NodeId, key: Key) -> Result<Vec<(String, Option<bool>)>, Error> {
    let results = Results::load(&graph.workspace.cache(), key);
    let tests = tests_of(graph, id)?;
    Ok(tests.iter().map(|test| (test.name.clone(), results.passed(test))).collect())
}

/// The tests of a variant: those of its Image.toml, and those of container-structure-test beside its Dockerfile.
///
/// # Errors
/// A file of the latter cannot be read, or something in it is wrong.
pub fn tests_of(graph: &Graph<'_>, id: NodeId) -> Result<Vec<Test>, Error> {
    let mut tests = graph.variant(id).tests.clone();
    tests.extend(structure::tests(graph, id)?);
    Ok(tests)
}
