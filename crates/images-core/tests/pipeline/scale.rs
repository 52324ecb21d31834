//! Random hierarchies with random failures, and large ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::project::Project;

/// For each image those before it that it stands on.
type Parents = Vec<BTreeSet<usize>>;

/// A workspace of `i0`, `i1`, …; the contexts are read once, so they lie apart from each other.
fn project(parents: &Parents) -> Project {
    let project = Project::new();
    for (at, parents) in parents.iter().enumerate() {
        let mut parents = parents.iter();
        let base = parents.next().map_or("scratch".to_owned(), |parent| format!("acme/i{parent}"));
        let mut dockerfile = format!("FROM {base}\n");
        parents.for_each(|parent| writeln!(dockerfile, "COPY --from=acme/i{parent} /x /x").unwrap());
        project.image_with(&format!("i{at}"), "[image]\nversion = \"1\"\n", &dockerfile);
    }
    project
}

/// What stands on one of `roots`, by going down.
fn descendants(parents: &Parents, roots: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut below = BTreeSet::new();
    for (at, parents) in parents.iter().enumerate() {
        if parents.iter().any(|parent| roots.contains(parent) || below.contains(parent)) {
            below.insert(at);
        }
    }
    below
}

fn place(spec: &str) -> usize {
    spec.strip_prefix('i').and_then(|spec| spec.strip_suffix(":1")).unwrap().parse().unwrap()
}

/// Every build comes after the builds of its parents, and no image is built twice.
fn check_order(parents: &Parents, built: &[usize]) {
    let order: BTreeMap<_, _> = built.iter().enumerate().map(|(time, at)| (*at, time)).collect();
    assert_eq!(order.len(), built.len(), "each once");
    for at in built {
        for parent in &parents[*at] {
            assert!(order[parent] < order[at], "i{parent} before i{at}");
        }
    }
}

fn graphs() -> impl Strategy<Value = (Parents, BTreeSet<usize>, usize)> {
    (1_usize..200).prop_flat_map(|count| {
        let parents = (0..count)
            .map(|at| match at {
                0 => Just(BTreeSet::new()).boxed(),
                _ => prop::collection::btree_set(0..at, 0..4.min(at + 1)).boxed(),
            })
            .collect::<Vec<_>>();
        let failing = prop::collection::btree_set(0..count, 0..6);
        (parents, failing, 1_usize..5)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parents_first_each_once_and_failures_skip_exactly_their_descendants((parents, failing, jobs) in graphs()) {
        let mut project = project(&parents);
        project.build.host.jobs = jobs;
        project.build.keep_going = true;
        failing.iter().for_each(|at| project.engine.fail(&format!("i{at}:1")));
        let outcome = project.try_build().unwrap();
        let below = descendants(&parents, &failing);
        let failed: BTreeSet<_> = failing.difference(&below).copied().collect();
        let started: Vec<_> = project.engine.builds().iter().map(|sent| place(&sent.spec)).collect();
        check_order(&parents, &started);
        let expected: BTreeSet<_> = (0..parents.len()).filter(|at| !below.contains(at)).collect();
        prop_assert_eq!(&started.iter().copied().collect::<BTreeSet<_>>(), &expected);
        prop_assert_eq!(outcome.failed, failed.len());
        prop_assert_eq!(outcome.skipped, below.len());
        prop_assert_eq!(outcome.built, parents.len() - failed.len() - below.len());
        prop_assert_eq!(outcome.not_started, 0);
        let skipped = project.events.take().iter().filter(|event| event.starts_with("skipped ")).count();
        prop_assert_eq!(skipped, below.len());
        prop_assert_eq!(project.engine.missing_parents(), Vec::<String>::new());

        // What failed is mended, and only the rest is built.
        project.engine.mend();
        let rest: BTreeSet<_> = project.built().iter().map(|spec| place(spec)).collect();
        prop_assert_eq!(rest, failed.union(&below).copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(project.built(), Vec::<String>::new());
    }

    #[test]
    fn a_change_rebuilds_exactly_what_stands_on_it((parents, changed, _) in graphs()) {
        let project = project(&parents);
        project.built();
        for at in &changed {
            let path = format!("images/i{at}/Dockerfile");
            project.write(&path, format!("{}LABEL changed=1\n", project.read(&path)));
        }
        let rebuilt: BTreeSet<_> = project.built().iter().map(|spec| place(spec)).collect();
        let expected = descendants(&parents, &changed).union(&changed).copied().collect::<BTreeSet<_>>();
        prop_assert_eq!(rebuilt, expected);
    }
}

/// Builds all of it, then again; the second time nothing is built.
fn builds(parents: &Parents, limit: Duration) {
    let project = project(parents);
    let started = Instant::now();
    let built: Vec<_> = project.built().iter().map(|spec| place(spec)).collect();
    assert_eq!(built.len(), parents.len());
    check_order(parents, &built);
    assert_eq!(project.built(), Vec::<String>::new());
    let took = started.elapsed();
    assert!(took < limit, "took {took:?}");
}

/// Far above what it takes, and far below what anything quadratic would.
const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn five_thousand_images() {
    let parents = (0..5000_usize).map(|at| match at {
        0 => BTreeSet::new(),
        _ => BTreeSet::from([(at - 1) / 3, at - 1 - (at - 1) % 7]),
    });
    builds(&parents.collect(), LIMIT);
}

#[test]
fn a_chain_of_two_thousand() {
    let parents = (0..2000_usize).map(|at| at.checked_sub(1).into_iter().collect());
    builds(&parents.collect(), LIMIT);
}

#[test]
fn a_thousand_children_of_one() {
    let parents = (0..1001_usize).map(|at| if at == 0 { BTreeSet::new() } else { BTreeSet::from([0]) });
    builds(&parents.collect(), LIMIT);
}

#[test]
fn one_child_of_a_thousand() {
    let parents = (0..1001_usize).map(|at| if at == 1000 { (0..1000).collect() } else { BTreeSet::new() });
    builds(&parents.collect(), LIMIT);
}

#[test]
fn a_cycle_of_two_thousand_is_found() {
    let project = Project::new();
    for at in 0..2000 {
        let dockerfile = format!("FROM acme/i{}\n", (at + 1) % 2000);
        project.image_with(&format!("i{at}"), "[image]\nversion = \"1\"\n", &dockerfile);
    }
    let told = project.problems();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with(
        "images/i0/Dockerfile:1 [acme/i1] images stand on each other in a cycle: i0:1 → i1:1 → i2:1"
    ));
    assert_eq!(told[0].matches(" → ").count(), 2000);
}
