//! Which variants a command works on.

use images_core::graph::Graph;
use images_core::selection::{self, Selection};

use crate::project::{Project, told};

const VARIANTS: &str = r#"
[[variant]]
version = "3.9.16"
[[variant]]
version = "3.11.2"
[[variant]]
version = "3.11.10"
[[variant]]
version = "3.11.10"
suffix = "-slim"
[[variant]]
version = "3.12.0-rc.1"
"#;

fn project() -> Project {
    let project = Project::with_settings(
        "[workspace]\n[workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"images/**\"]\ndefault-members = [\"images/o*\", \"images/flask\"]\n",
    );
    project.image("os", "FROM scratch\n");
    project.image("flask", "FROM acme/python:3.11\n");
    project.image_with("python", VARIANTS, "FROM acme/os\n");
    project.write("images/python/nested/Image.toml", "[image]\nversion = \"7\"\n");
    project.write("images/python/nested/Dockerfile", "FROM scratch\n");
    project
}

/// What is selected in a folder; an error in its words.
fn resolve(project: &Project, selection: &Selection, current: &str) -> Vec<String> {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    match selection::resolve(&graph, selection, &project.path(current)) {
        Ok(chosen) => chosen.into_iter().map(|id| graph.spec(id).to_string()).collect(),
        Err(error) => told(&error),
    }
}

fn specs(project: &Project, specs: &[&str]) -> Vec<String> {
    let specs = specs.iter().map(|spec| (*spec).to_owned()).collect();
    resolve(project, &Selection { specs, ..Selection::default() }, "images/os")
}

#[test]
fn specs_win_over_everything_and_name_all_variants_or_one() {
    let project = project();
    let all =
        ["python:3.9.16", "python:3.11.2", "python:3.11.10", "python:3.11.10-slim", "python:3.12.0-rc.1"];
    assert_eq!(specs(&project, &["python"]), all);
    assert_eq!(specs(&project, &["python:3.11.2"]), ["python:3.11.2"]);
    assert_eq!(specs(&project, &["python:3.11"]), ["python:3.11.10"]);
    assert_eq!(specs(&project, &["python:3"]), ["python:3.11.10"]);
    assert_eq!(specs(&project, &["python:3.11-slim"]), ["python:3.11.10-slim"]);
    assert_eq!(specs(&project, &["python:3.12.0-rc.1"]), ["python:3.12.0-rc.1"]);
    assert_eq!(specs(&project, &["python:latest"]), ["python:3.11.10"]);
    assert_eq!(specs(&project, &["python:3.11", "os", "python:3"]), ["os:1.0.0", "python:3.11.10"]);
}

#[test]
fn what_names_nothing_is_told_with_the_nearest() {
    let project = project();
    assert_eq!(
        specs(&project, &["pyhton"]),
        ["no image of this workspace is named `pyhton` |  | did you mean `python`?"]
    );
    assert_eq!(
        specs(&project, &["ruby"]),
        ["no image of this workspace is named `ruby` |  | there are: flask, nested, os, python"]
    );
    assert_eq!(
        specs(&project, &["python:3.11.3"]),
        [
            "`python` has no version `3.11.3` |  | did you mean `python:3.11.2`? there are: 3.9.16, 3.11.2, 3.11.10, 3.11.10-slim, 3.12.0-rc.1"
        ]
    );
    assert_eq!(
        specs(&project, &["python:3.12"]),
        ["`python` has no version `3.12` |  | there are: 3.9.16, 3.11.2, 3.11.10, 3.11.10-slim, 3.12.0-rc.1"]
    );
    assert_eq!(specs(&project, &["os:"]), ["`os` has no version `` |  | there are: 1.0.0"]);
}

#[test]
fn without_specs_it_is_the_workspace_or_the_current_folders_image_or_the_default_members() {
    let project = project();
    let nothing = Selection::default();
    let workspace = Selection { workspace: true, ..Selection::default() };
    assert_eq!(resolve(&project, &nothing, ""), ["flask:1.0.0", "os:1.0.0"]);
    assert_eq!(resolve(&project, &nothing, "images"), ["flask:1.0.0", "os:1.0.0"]);
    assert_eq!(resolve(&project, &nothing, "images/os"), ["os:1.0.0"]);
    assert_eq!(resolve(&project, &nothing, "images/flask/src/deep"), ["flask:1.0.0"]);
    assert_eq!(resolve(&project, &nothing, "images/python/nested/x"), ["nested:7"], "the innermost");
    assert_eq!(resolve(&project, &nothing, "images/python").len(), 5);
    assert_eq!(resolve(&project, &nothing, "images/os-other"), ["flask:1.0.0", "os:1.0.0"]);
    assert_eq!(resolve(&project, &workspace, "images/os").len(), 8);
}

#[test]
fn exclusions_take_variants_away_from_whatever_was_chosen() {
    let project = project();
    let exclude = |specs: &[&str]| specs.iter().map(|spec| (*spec).to_owned()).collect::<Vec<_>>();
    let selection = Selection { workspace: true, exclude: exclude(&["python", "nested"]), specs: Vec::new() };
    assert_eq!(resolve(&project, &selection, ""), ["flask:1.0.0", "os:1.0.0"]);
    let selection = Selection { exclude: exclude(&["flask"]), ..Selection::default() };
    assert_eq!(resolve(&project, &selection, ""), ["os:1.0.0"]);
    let selection =
        Selection { specs: exclude(&["python"]), exclude: exclude(&["python:3.11"]), ..Selection::default() };
    assert_eq!(
        resolve(&project, &selection, ""),
        ["python:3.9.16", "python:3.11.2", "python:3.11.10-slim", "python:3.12.0-rc.1"]
    );
    let selection = Selection { workspace: true, exclude: exclude(&["flsk"]), ..Selection::default() };
    assert_eq!(
        resolve(&project, &selection, ""),
        ["no image of this workspace is named `flsk` |  | did you mean `flask`?"]
    );
}

#[test]
fn a_selection_is_closed_over_parents_or_children() {
    let project = project();
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    let specs = |ids: Vec<_>| ids.into_iter().map(|id| graph.spec(id).to_string()).collect::<Vec<_>>();
    let flask = selection::named(&graph, "flask").unwrap();
    let os = selection::named(&graph, "os").unwrap();
    assert_eq!(specs(selection::with_parents(&graph, &flask)), ["os:1.0.0", "python:3.11.10", "flask:1.0.0"]);
    assert_eq!(specs(selection::with_parents(&graph, &os)), ["os:1.0.0"]);
    assert_eq!(specs(selection::with_children(&graph, &flask)), ["flask:1.0.0"]);
    let below = specs(selection::with_children(&graph, &os));
    assert_eq!((below.len(), below[0].as_str(), below[6].as_str()), (7, "os:1.0.0", "flask:1.0.0"));
}
