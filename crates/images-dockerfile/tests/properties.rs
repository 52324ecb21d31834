//! What holds for every text.

use std::collections::BTreeMap;

use images_dockerfile::{Dockerfile, Ignore, Inputs, Pattern, Platform, Reference, Replacement, rewrite};
use proptest::prelude::*;

/// Texts that look like Dockerfiles more often than random characters do.
fn dockerfile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "FROM [a-c]( AS [a-c])?\n",
        "(COPY|ADD|RUN|ENV|ARG|ONBUILD COPY|LABEL|VOLUME|HEALTHCHECK) ",
        "(--from=[a-c0-2]|--mount=type=(bind|secret),from=[a-c]|--link|<<-?E|\\[\"a\", \"b\"\\]) ?",
        "(\\$\\{?[a-c]|[{}:?#%/+-]|\\\\\r?\n|`\n|'|\"|=|E\n|# escape=`\n|\u{feff}|é| |\t)",
        "[a-c]",
        "\n",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

fn platform() -> Platform {
    Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_never_panics_and_spans_are_within_the_text(text in dockerfile()) {
        match Dockerfile::parse(&text) {
            Err(problem) => prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem),
            Ok(dockerfile) => {
                for problem in dockerfile.warnings() {
                    prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem);
                }
                let args = BTreeMap::from([("a".to_owned(), "x".to_owned())]);
                let platform = platform();
                let inputs =
                    Inputs { args: &args, target: None, platform: &platform, build_platform: &platform };
                match dockerfile.resolve(&inputs) {
                    Err(problem) => prop_assert!(text.get(problem.span.clone()).is_some(), "{:?}", problem),
                    Ok(resolution) => {
                        for reference in resolution.references {
                            prop_assert!(text.get(reference.span.clone()).is_some(), "{:?}", reference);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn instructions_stay_on_their_lines_when_references_are_replaced(text in dockerfile()) {
        let Ok(before) = Dockerfile::parse(&text) else { return Ok(()) };
        let args = BTreeMap::new();
        let platform = platform();
        let inputs = Inputs { args: &args, target: None, platform: &platform, build_platform: &platform };
        let Ok(resolution) = before.resolve(&inputs) else { return Ok(()) };
        let replacements: Vec<_> = resolution
            .references
            .iter()
            .map(|r| Replacement { span: r.span.clone(), text: "localhost/x:y".to_owned() })
            .collect();
        let written = rewrite(&text, &replacements);
        prop_assert_eq!(written.matches('\n').count(), text.matches('\n').count());
        let after = Dockerfile::parse(&written).map_err(|p| TestCaseError::fail(format!("{p:?} in {written:?}")))?;
        let lines = |dockerfile: &Dockerfile| -> Vec<_> {
            dockerfile.instructions().iter().map(|i| (i.line, i.keyword.clone())).collect()
        };
        prop_assert_eq!(lines(&after), lines(&before));
        let again = after.resolve(&inputs).map_err(|p| TestCaseError::fail(format!("{p:?} in {written:?}")))?;
        let names = |r: &images_dockerfile::ImageReference| r.reference.to_string();
        prop_assert!(again.references.iter().all(|r| names(r) == "localhost/x:y"), "{:?}", again.references);
        prop_assert_eq!(again.references.len(), resolution.references.len());
    }

    #[test]
    fn references_are_written_as_they_were_read(text in "[a-c.:/@_A-]{0,12}") {
        if let Ok(reference) = Reference::parse(&text) {
            prop_assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn patterns_never_panic(text in "\\PC{0,12}|[\\[\\]*?^\\\\a-c/!.-]{0,12}", path in "[a-c/é]{0,12}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            pattern.matches(&path);
        }
        match Ignore::parse(&text) {
            Ok(ignore) => {
                ignore.excludes(&path, &Default::default());
                ignore.enters(&path);
            }
            Err(problem) => prop_assert!(text.get(problem.span).is_some()),
        }
    }

    #[test]
    fn a_literal_pattern_matches_itself_alone(path in "[a-z]{1,4}(/[a-z]{1,4}){0,3}", other in "[a-z/]{1,9}") {
        let pattern = Pattern::parse(&path).expect("a literal");
        prop_assert!(pattern.matches(&path));
        prop_assert_eq!(pattern.matches(&other), path == other);
    }
}
