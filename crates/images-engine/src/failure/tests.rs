use std::fs;
use std::path::Path;

use super::*;

const BUILDERS: [(&str, Dialect); 5] = [
    ("legacy", Dialect::Legacy),
    ("buildkit-0.8", Dialect::BuildKit),
    ("buildx", Dialect::BuildKit),
    ("podman", Dialect::Buildah),
    ("buildah", Dialect::Buildah),
];

/// Reads what the builders really wrote for `logs/<case>.Dockerfile`.
fn told(case: &str) -> Vec<(&'static str, String, Option<usize>)> {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/failure/logs");
    let dockerfile = fs::read_to_string(logs.join(format!("{case}.Dockerfile"))).unwrap();
    let read_one = |(builder, dialect)| {
        let log = fs::read(logs.join(format!("{case}.{builder}.log"))).unwrap();
        let told = read(dialect, log.as_slice(), &dockerfile);
        (builder, told.message, told.line)
    };
    BUILDERS.map(read_one).to_vec()
}

fn all(message: &str, line: usize) -> Vec<(&'static str, String, Option<usize>)> {
    BUILDERS.map(|(builder, _)| (builder, message.to_owned(), Some(line))).to_vec()
}

fn each(messages: [&str; 5], line: usize) -> Vec<(&'static str, String, Option<usize>)> {
    let zipped = BUILDERS.iter().zip(messages);
    zipped.map(|((builder, _), message)| (*builder, message.to_owned(), Some(line))).collect()
}

#[test]
fn a_failing_run_is_found_in_its_stage_at_its_first_line() {
    assert_eq!(told("failing-run"), all("the command ended with exit code 3", 12));
}

#[test]
fn triggers_skipped_stages_variables_and_output_that_looks_like_a_step_do_not_mislead() {
    assert_eq!(told("later-stage"), all("the command ended with exit code 1", 12));
}

#[test]
fn a_run_in_list_form_is_found_though_it_is_shown_otherwise() {
    assert_eq!(told("exec-form"), all("the command ended with exit code 1", 2));
}

#[test]
fn an_unknown_command_gives_its_exit_code() {
    assert_eq!(told("unknown-command"), all("the command ended with exit code 127", 2));
}

#[test]
fn a_missing_source_is_named() {
    let buildah =
        "checking on sources under \"/stage/context\": copier: stat: \"/missing\": no such file or directory";
    let messages = [
        "COPY failed: file not found in build context or excluded by .dockerignore: stat missing: file does not \
         exist",
        "\"/missing\" not found: not found",
        "\"/missing\": not found",
        buildah,
        buildah,
    ];
    assert_eq!(told("missing-source"), each(messages, 3));
}

#[test]
fn an_unknown_instruction_is_named() {
    let messages = [
        "dockerfile parse error line 3: unknown instruction: RUNN",
        "dockerfile parse error line 3: unknown instruction: RUNN",
        "dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)",
        "Build error: Unknown instruction: \"RUNN\"",
        "Build error: Unknown instruction: \"RUNN\"",
    ];
    assert_eq!(told("unknown-instruction"), each(messages, 3));
}

#[test]
fn a_missing_base_is_found_at_its_from() {
    let messages = [
        "Get \"http://localhost/v2/\": dial tcp 127.0.0.1:80: connect: connection refused",
        "failed to do request: Head \"http://localhost/v2/engine-trial/none/manifests/1\": dial tcp 127.0.0.1:80: \
         connect: connection refused",
        "localhost/engine-trial/none:1: failed to resolve source metadata for localhost/engine-trial/none:1: \
         failed to do request: Head \"https://localhost/v2/engine-trial/none/manifests/1\": dial tcp \
         127.0.0.1:443: connect: connection refused",
        "creating build container: localhost/engine-trial/none:1: image not known",
        "creating build container: localhost/engine-trial/none:1: image not known",
    ];
    assert_eq!(told("missing-base"), each(messages, 2));
}

fn read_text(dialect: Dialect, log: &str, dockerfile: &str) -> (String, Option<usize>) {
    let told = read(dialect, log.as_bytes(), dockerfile);
    (told.message, told.line)
}

#[test]
fn an_empty_log_gives_no_reason_and_no_line() {
    for dialect in [Dialect::BuildKit, Dialect::Legacy, Dialect::Buildah] {
        assert_eq!(read_text(dialect, "", "FROM a"), ("the engine gave no reason".to_owned(), None));
    }
}

#[test]
fn what_buildx_adds_after_its_error_is_not_the_reason() {
    let log = "ERROR: failed to solve: no space left on device\n\nView build details: somewhere\n";
    assert_eq!(read_text(Dialect::BuildKit, log, ""), ("no space left on device".to_owned(), None));
}

#[test]
fn alike_instructions_are_told_apart_by_their_place() {
    let dockerfile = "FROM a\nRUN x\nRUN y\nRUN x\nRUN z\n";
    let legacy = "Step 4/5 : RUN x\nno\n";
    assert_eq!(read_text(Dialect::Legacy, legacy, dockerfile), ("no".to_owned(), Some(4)));
    let buildah = "STEP 2/5: RUN x\nError: no\n";
    assert_eq!(read_text(Dialect::Buildah, buildah, dockerfile), ("no".to_owned(), Some(2)));
    let buildkit = " > [4/5] RUN x:\nno\n";
    assert_eq!(read_text(Dialect::BuildKit, buildkit, dockerfile), ("no".to_owned(), Some(4)));
}

#[test]
fn buildkit_finds_a_layer_by_its_place_where_variables_are_filled_in() {
    let dockerfile = "FROM a AS one\nRUN x\nFROM one\nENV X=1\nCOPY $A /\nWORKDIR /w\nADD $B /\n";
    let at = |vertex: &str| read_text(Dialect::BuildKit, &format!(" > {vertex}:\nno\n"), dockerfile).1;
    assert_eq!(at("[stage-1 1/3] COPY f /"), Some(5));
    assert_eq!(at("[linux/arm64 stage-1 3/3] ADD f /"), Some(7));
    assert_eq!(at("[ONE  2/2] RUN filled"), Some(2));
    assert_eq!(at("[one 1/2] FROM docker.io/library/a@sha256:1"), Some(1));
    assert_eq!(at("[stage-1 1/3] ADD f /"), None, "another kind stands there");
    assert_eq!(at("[stage-0 2/2] RUN filled"), None, "a stage with a name is called by it");
    assert_eq!(at("[nobody 1/3] COPY f /"), None);
    assert_eq!(at("[internal] load metadata for a"), Some(1));
}

#[test]
fn a_base_that_is_copied_from_is_found() {
    let log = " > [internal] load metadata for b:1:\nno\n";
    assert_eq!(read_text(Dialect::BuildKit, log, "FROM a\nCOPY --from=b:1 /x /y\n").1, Some(2));
}

#[test]
fn colours_are_dropped() {
    assert_eq!(without_colour("\u{1b}[91moops \u{1b}[1;31mx\u{1b}[0m"), "oops x");
    assert_eq!(without_colour("a\u{1b}[Kb m"), "aKb m");
}
