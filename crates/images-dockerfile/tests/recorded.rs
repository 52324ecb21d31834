//! Compares with recorded answers of docker's own packages; see `data/README.md`.

use std::collections::BTreeMap;

use images_dockerfile::{Dockerfile, Ignore, ParentMatch, Pattern, Reference};

fn cases(data: &str) -> Vec<(String, &str)> {
    data.lines()
        .map(|line| line.rsplit_once('␟').expect("a case has an answer"))
        .map(|(text, answer)| (unshow(text), answer))
        .collect()
}

fn unshow(text: &str) -> String {
    text.replace('␊', "\n").replace('␍', "\r").replace('␉', "\t").replace('␇', "\u{feff}")
}

#[test]
fn dockerfiles_are_split_and_refused_as_by_docker() {
    for (text, answer) in cases(include_str!("data/dockerfiles.txt")) {
        let read = match Dockerfile::parse(&text) {
            Err(_) => "refused".to_owned(),
            Ok(dockerfile) => {
                let instructions = dockerfile.instructions().iter();
                instructions.map(|i| format!("{} {}", i.line, i.keyword)).collect::<Vec<_>>().join(", ")
            }
        };
        assert_eq!(read, answer, "{text:?}");
    }
}

#[test]
fn references_are_accepted_and_refused_as_by_docker() {
    for (text, answer) in cases(include_str!("data/references.txt")) {
        match Reference::parse(&text) {
            Ok(reference) => {
                assert_eq!("accepted", answer, "{text:?}");
                assert_eq!(reference.to_string(), text);
            }
            Err(error) => assert_eq!("refused", answer, "{text:?}: {error}"),
        }
    }
}

#[test]
fn ignore_files_exclude_what_they_do_for_docker() {
    let mut paths = Vec::new();
    for top in ["a", "b", "c", ".a", "ab", "a.b"] {
        paths.push(top.to_owned());
        for middle in ["a", "b", "ab", "^", "d"] {
            paths.push(format!("{top}/{middle}"));
            paths.extend(["a", "c", "b.a", "*"].map(|last| format!("{top}/{middle}/{last}")));
        }
    }
    for (text, answer) in cases(include_str!("data/ignores.txt")) {
        let read = Ignore::parse(&text).map_or("refused".to_owned(), |ignore| exclusions(&ignore, &paths));
        assert_eq!(read, answer, "{text:?}");
    }
}

fn exclusions(ignore: &Ignore, paths: &[String]) -> String {
    let mut matches: BTreeMap<&str, ParentMatch> = BTreeMap::new();
    let mut answer = String::new();
    for path in paths {
        let parent = path.rsplit_once('/').map(|(parent, _)| matches[parent].clone()).unwrap_or_default();
        let (excluded, own) = ignore.excludes(path, &parent);
        matches.insert(path, own);
        answer.push(match (excluded, ignore.enters(path)) {
            (false, _) => '0',
            (true, false) => '1',
            (true, true) => '2',
        });
    }
    answer
}

#[test]
fn patterns_match_what_they_do_in_go() {
    let paths = [
        "a", "b", "ab", "aab", "abc", "a/b", "/", "", "*", "[a]", "-", "a-b", "b/a", "é", "\\", "a/b/c", "^",
    ];
    for (text, answer) in cases(include_str!("data/globs.txt")) {
        let pattern = Pattern::parse(&text);
        let matches = |path: &&str| pattern.as_ref().is_ok_and(|pattern| pattern.matches(path));
        let read: String = paths.iter().map(|path| if matches(path) { '1' } else { '0' }).collect();
        assert_eq!(read, answer, "{text:?}");
    }
}
