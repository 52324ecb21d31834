//! `matrix`: images divided among machines.

use std::collections::HashMap;
use std::time::Duration;

use images_core::Error;
use images_core::graph::Graph;
use images_core::matrix::{self, Costs, MatrixOptions};
use images_core::selection;

use crate::project::{Project, told};

/// Two families, `a` with four images and `b` with two, and one alone.
fn project() -> Project {
    let project = Project::new();
    for (name, base) in [
        ("a", "scratch"),
        ("a1", "acme/a"),
        ("a2", "acme/a"),
        ("a11", "acme/a1"),
        ("b", "scratch"),
        ("b1", "acme/b"),
        ("c", "scratch"),
    ] {
        project.image(name, &format!("FROM {base}\n"));
    }
    project
}

/// The shards of `specs`, or of all, with these durations in seconds.
fn divided(
    project: &Project,
    specs: &[&str],
    options: (bool, Option<usize>),
    seconds: &[(&str, u64)],
) -> Result<Vec<String>, Error> {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    let mut set: Vec<_> = specs.iter().flat_map(|spec| selection::named(&graph, spec).unwrap()).collect();
    if specs.is_empty() {
        set = graph.ids().collect();
    }
    let durations: HashMap<_, _> = seconds
        .iter()
        .map(|(name, seconds)| (format!("{name}:1.0.0"), Duration::from_secs(*seconds)))
        .collect();
    let options = MatrixOptions { by_level: options.0, shards: options.1 };
    let shards = matrix::matrix(&graph, &set, options, &Costs::of(&graph, &durations))?;
    let words = shards.iter().map(|shard| {
        let level = shard.level.map(|level| format!("{level}: ")).unwrap_or_default();
        let names: Vec<_> = shard.ids.iter().map(|id| graph.image(*id).name.as_str()).collect();
        let seconds = shard.duration.map(|duration| format!(" {}s", duration.as_secs())).unwrap_or_default();
        format!("{level}{}{seconds}", names.join(" "))
    });
    Ok(words.collect())
}

const BY_SHARD: bool = false;
const BY_LEVEL: bool = true;

#[test]
fn images_that_share_nothing_get_a_shard_each() {
    assert_eq!(divided(&project(), &[], (BY_SHARD, None), &[]).unwrap(), ["a a1 a2 a11", "b b1", "c"]);
}

#[test]
fn images_that_share_a_parent_outside_of_the_set_stay_together() {
    let seconds = [("a", 10), ("a1", 2), ("a2", 3), ("c", 1)];
    assert_eq!(
        divided(&project(), &["a1", "a2", "c"], (BY_SHARD, None), &seconds).unwrap(),
        ["a1 a2 15s", "c 1s"],
        "their parent is built there as well, and once"
    );
}

#[test]
fn shards_are_of_about_one_length_and_each_image_is_in_one() {
    let seconds = [("a", 10), ("a1", 10), ("a2", 20), ("a11", 10), ("b", 5), ("b1", 5), ("c", 20)];
    let shards = |count| divided(&project(), &[], (BY_SHARD, Some(count)), &seconds).unwrap();
    assert_eq!(shards(1), ["a b c a1 a2 b1 a11 80s"]);
    assert_eq!(shards(2), ["a a1 a2 a11 50s", "b c b1 30s"], "nothing is built twice");
    assert_eq!(shards(3), ["a a1 a11 30s", "a2 30s", "b c b1 30s"], "two build `a`, and all end earlier");
    assert_eq!(shards(9), ["a a1 a11 30s", "a2 30s", "c 20s", "b b1 10s"], "no shard is empty");
}

#[test]
fn a_long_parent_is_not_built_twice_to_save_a_little() {
    let seconds = [("a", 100), ("a1", 1), ("a2", 1), ("a11", 1)];
    assert_eq!(divided(&project(), &["a"], (BY_SHARD, Some(2)), &seconds).unwrap(), ["a 100s"],);
    assert_eq!(
        divided(&project(), &["a1", "a2", "a11"], (BY_SHARD, Some(3)), &seconds).unwrap(),
        ["a1 a2 a11 103s"]
    );
}

#[test]
fn levels_put_parents_before_what_stands_on_them() {
    let project = project();
    assert_eq!(divided(&project, &[], (BY_LEVEL, None), &[]).unwrap(), ["0: a b c", "1: a1 a2 b1", "2: a11"]);
    assert_eq!(
        divided(&project, &["a", "a11", "b1"], (BY_LEVEL, None), &[]).unwrap(),
        ["0: a b1", "1: a11"],
        "what stands between need not be in the set"
    );
    let seconds = [("a", 10), ("b", 4), ("c", 5)];
    assert_eq!(
        divided(&project, &["a", "b", "c"], (BY_LEVEL, Some(2)), &seconds).unwrap(),
        ["0: a 10s", "0: b c 9s"]
    );
}

#[test]
fn nothing_is_divided_into_nothing() {
    let project = project();
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    for by_level in [BY_SHARD, BY_LEVEL] {
        let options = MatrixOptions { by_level, shards: Some(3) };
        assert_eq!(matrix::matrix(&graph, &[], options, &Costs::of(&graph, &HashMap::new())).unwrap(), []);
    }
}

#[test]
fn another_version_tells_how_long_an_image_takes_and_the_middle_one_of_all_else() {
    let project = project();
    project.write("images/c/Image.toml", "[image]\nversion = \"2.0.0\"\n");
    let seconds = [("a", 7), ("b", 9), ("c", 30)];
    assert_eq!(
        divided(&project, &["a", "b1", "c"], (BY_LEVEL, Some(3)), &seconds).unwrap(),
        ["0: c 30s", "0: b1 9s", "0: a 7s"]
    );
}

#[test]
fn a_matrix_has_at_most_256_jobs() {
    let project = Project::new();
    (0..260).for_each(|at| project.image(&format!("i{at}"), "FROM scratch\n"));
    assert_eq!(divided(&project, &[], (BY_SHARD, None), &[]).unwrap().len(), 256);
    assert_eq!(
        told(&divided(&project, &[], (BY_LEVEL, Some(260)), &[]).unwrap_err()),
        ["260 jobs are more than a matrix can have |  | GitHub Actions takes at most 256: `--shards 256`"]
    );
}

#[test]
fn more_levels_than_jobs_are_left_to_shards() {
    let project = Project::new();
    project.image("i0", "FROM scratch\n");
    (1..257).for_each(|at| project.image(&format!("i{at}"), &format!("FROM acme/i{}\n", at - 1)));
    assert_eq!(
        told(&divided(&project, &[], (BY_LEVEL, None), &[]).unwrap_err()),
        [
            "257 jobs are more than a matrix can have |  | GitHub Actions takes at most 256, and there are 257 levels: divide without `--by level`"
        ]
    );
    assert_eq!(divided(&project, &[], (BY_SHARD, None), &[]).unwrap().len(), 1);
}
