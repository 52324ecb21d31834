//! Which tests of a plan run, and which passed before.

use std::collections::BTreeMap;
use std::time::Duration;

use super::definition::Test;
use super::event::{Outcome, TestResult};
use super::results::Results;
use super::verdict::tests_of;
use crate::Error;
use crate::build::Planned;
use crate::graph::{Graph, NodeId};
use crate::plan::Action;

/// The tests of each of these variants.
pub(super) type All = BTreeMap<NodeId, Vec<Test>>;

pub(super) fn all_tests(graph: &Graph<'_>, ids: &[NodeId]) -> Result<All, Error> {
    ids.iter().map(|id| Ok((*id, tests_of(graph, *id)?))).collect()
}

/// The variant's place in the graph, and the test's in the variant.
pub(super) type Place = (usize, usize);

/// A test of a variant that is to run.
pub(super) struct Case<'a> {
    pub(super) place: Place,
    pub(super) id: NodeId,
    pub(super) test: &'a Test,
}

/// The tests of a plan.
pub(super) struct Cases<'a> {
    /// Those that passed before.
    pub(super) results: Vec<(Place, TestResult)>,
    /// Those that run.
    pub(super) pending: Vec<Case<'a>>,
    /// How many variants have tests.
    pub(super) variants: usize,
}

pub(super) fn cases<'a>(graph: &Graph<'_>, planned: &Planned, all: &'a All, rerun: bool) -> Cases<'a> {
    let mut cases = Cases { results: Vec::new(), pending: Vec::new(), variants: 0 };
    let is_there = |action: &Action| !matches!(action, Action::Build(_));
    for item in planned.plan.items.iter().filter(|item| item.selected && is_there(&item.action)) {
        let tests = &all[&item.id];
        let known = Results::load(&graph.workspace.cache(), item.key);
        cases.variants += usize::from(!tests.is_empty());
        for (at, test) in tests.iter().enumerate() {
            let case = Case { place: (item.id.0, at), id: item.id, test };
            match known.passed(test) {
                Some(true) if !rerun => {
                    let result = case.result(graph, Outcome::Remembered, Duration::ZERO);
                    cases.results.push((case.place, result));
                }
                _ => cases.pending.push(case),
            }
        }
    }
    cases
}

impl Case<'_> {
    pub(super) fn result(&self, graph: &Graph<'_>, outcome: Outcome, duration: Duration) -> TestResult {
        let Test { name, path, line, .. } = self.test;
        let spec = graph.spec(self.id).to_string();
        TestResult { spec, name: name.clone(), path: path.clone(), line: *line, outcome, duration }
    }
}
