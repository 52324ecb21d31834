use super::{Completion, Image, complete};
use crate::arguments::Images;

/// What can come next, without descriptions.
fn next(words: &[&str]) -> Vec<String> {
    let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
    let image = |name: &str, tags: &[&str]| Image {
        name: name.to_owned(),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    };
    let images = || vec![image("greeter", &["0.2.0"]), image("python", &["3.11.2", "3.13.5"])];
    match complete(Images::as_command(), &words, &images) {
        Completion::Path => vec![":path".to_owned()],
        Completion::Words(found) => found.into_iter().map(|candidate| candidate.word).collect(),
    }
}

#[test]
fn commands_complete_and_hidden_ones_do_not() {
    assert_eq!(next(&["bu"]), ["build", "bump"]);
    assert_eq!(next(&["comp"]), ["completions"]);
    assert_eq!(next(&["--color", "never", "-q", "--jobs=2", "pl"]), ["plan"]);
    assert_eq!(next(&["export", ""]), ["oci"]);
    assert_eq!(next(&["report", "t"]), ["timings"]);
}

#[test]
fn options_complete_where_they_are_taken() {
    assert_eq!(next(&["build", "--e"]), ["--exclude", "--engine"]);
    assert_eq!(next(&["b", "--keep"]), ["--keep-going"], "behind an alias");
    assert_eq!(next(&["bump", "--exe"]), ["--execute"]);
    assert_eq!(next(&["build", "--off"]), ["--offline"], "those of every command");
    assert_eq!(next(&["run", "greeter", "--", "--e"]), [""; 0], "the container's own");
}

#[test]
fn values_complete_by_what_they_are() {
    assert_eq!(next(&["build", "--message-format", ""]), ["human", "json", "github"]);
    assert_eq!(next(&["build", "--message-format=j"]), ["--message-format=json"]);
    assert_eq!(next(&["build", "--engine", "b"]), ["buildah", "builtin"]);
    assert_eq!(next(&["build", "--compression=z"]), ["--compression=zstd"]);
    assert_eq!(next(&["bump", "--cascade", "g"]), ["greeter"], "its value only comes behind an equals sign");
    assert_eq!(next(&["bump", "--cascade=mi"]), ["--cascade=minor"]);
    assert_eq!(next(&["build", "-j", ""]), [""; 0]);
    assert_eq!(next(&["new", "x", "--path", "a"]), [":path"]);
    assert_eq!(next(&["--manifest-path=C"]), [":path"]);
}

#[test]
fn images_complete_by_name_and_behind_a_colon_by_tag() {
    assert_eq!(next(&["build", ""]), ["greeter", "python"]);
    assert_eq!(next(&["build", "greeter", "p"]), ["python"]);
    assert_eq!(next(&["tree", "-vi", "p"]), ["python"], "the value of the last of several short options");
    assert_eq!(next(&["new", "x", "--from", "python:3.1"]), ["python:3.11.2", "python:3.13.5"]);
    assert_eq!(next(&["run", "greeter", "p"]), [""; 0], "it takes one");
    assert_eq!(next(&["list", "x:"]), [""; 0]);
}
