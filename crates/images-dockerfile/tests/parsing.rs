//! How a Dockerfile is split into instructions, and what is refused.

use images_dockerfile::{Dockerfile, Problem};

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(text).unwrap_or_else(|problem| panic!("{problem:?} in {text:?}"))
}

/// Line, keyword and text of each instruction.
fn instructions(text: &str) -> Vec<(usize, String, String)> {
    let dockerfile = parse(text);
    dockerfile.instructions().iter().map(|i| (i.line, i.keyword.clone(), i.text.clone())).collect()
}

fn texts(text: &str) -> Vec<String> {
    parse(text).instructions().iter().map(|i| i.text.clone()).collect()
}

/// Message and spanned text of the error.
fn refused(text: &str) -> (String, &str) {
    let problem = Dockerfile::parse(text).expect_err(text);
    (problem.message, &text[problem.span])
}

fn warnings(text: &str) -> Vec<(String, String, Option<String>)> {
    let shown = |p: &Problem| (p.message.clone(), text[p.span.clone()].to_owned(), p.help.clone());
    parse(text).warnings().iter().map(shown).collect()
}

#[test]
fn instructions_carry_their_lines() {
    let text = "\u{feff}# comment\r\n\r\nfrom scratch \\\r\n  # within\r\n\r\n as A\r\n  Copy a \\\n b\nRUN <<A <<B\nx\nA\ny\nB\nCMD x";
    assert_eq!(
        instructions(text),
        [
            (3, "FROM".to_owned(), "from scratch  as A".to_owned()),
            (7, "COPY".to_owned(), "Copy a  b".to_owned()),
            (9, "RUN".to_owned(), "RUN <<A <<B".to_owned()),
            (14, "CMD".to_owned(), "CMD x".to_owned()),
        ]
    );
    let dockerfile = parse(text);
    let spans: Vec<_> = dockerfile.instructions().iter().map(|i| &text[i.span.clone()]).collect();
    assert_eq!(spans[0], "from scratch \\\r\n  # within\r\n\r\n as A");
    assert_eq!(spans[2], "RUN <<A <<B");
}

#[test]
fn instructions_know_their_stages() {
    let dockerfile = parse("ARG A\nFROM a\nRUN x\nFROM b\nCMD y");
    let stages: Vec<_> = dockerfile.instructions().iter().map(|i| i.stage).collect();
    assert_eq!(stages, [None, Some(0), Some(0), Some(1), Some(1)]);
}

#[test]
fn an_escaped_escape_does_not_continue_a_line() {
    assert_eq!(texts("FROM a\nRUN x \\\\\nRUN y \\\t \nz"), ["FROM a", "RUN x \\\\", "RUN y z"]);
    assert_eq!(texts("FROM a\nRUN \\\n\\\nx\\\n"), ["FROM a", "RUN x"]);
}

#[test]
fn the_escape_directive_counts_at_the_top_only() {
    assert_eq!(texts("# escape=`\nFROM a\nRUN x `\n y \\\n"), ["FROM a", "RUN x  y \\"]);
    assert_eq!(texts("#syntax=a\n # ESCAPE = ` \nFROM a `\n AS b"), ["FROM a  AS b"]);
    assert_eq!(texts("# check=skip=all\n# escape=`\nFROM a `\n AS b"), ["FROM a  AS b"]);
    for ended in ["# other=x\n", "# comment\n", "\n", "ARG x\n"] {
        let text = format!("{ended}# escape=`\nFROM a\nRUN x `\nRUN y");
        let read = texts(&text);
        assert_eq!(read[read.len() - 2..], ["RUN x `", "RUN y"], "{ended:?}");
    }
}

#[test]
fn bad_directives_are_refused() {
    assert_eq!(refused("# escape=x\nFROM a"), ("`x` cannot be the escape character".to_owned(), "x"));
    assert_eq!(
        refused("# syntax=a\n# Syntax = b c\nFROM a"),
        ("the directive `syntax` is given twice".to_owned(), "b c")
    );
}

#[test]
fn heredocs_end_at_their_names() {
    for (text, expected) in [
        ("RUN cat <<EOF > /x\nFROM no\nEOF", vec!["RUN cat <<EOF > /x"]),
        ("RUN a && \\\n python3 - <<'PY'\nUSER\nPY", vec!["RUN a &&  python3 - <<'PY'"]),
        ("RUN <<-E\n\tx\n\tE\nUSER u", vec!["RUN <<-E", "USER u"]),
        ("RUN <<\"E F\"\nx\nE F\nUSER u", vec!["RUN <<\"E F\"", "USER u"]),
        ("RUN 3<<E\nE\r\nUSER u", vec!["RUN 3<<E", "USER u"]),
        ("COPY <<A <<B /x/\nA\nA\nB\nUSER u", vec!["COPY <<A <<B /x/", "USER u"]),
        ("ADD --chmod=644 <<A b /x/\nA\nUSER u", vec!["ADD --chmod=644 <<A b /x/", "USER u"]),
        ("ONBUILD RUN <<A\nA\nUSER u", vec!["ONBUILD RUN <<A", "USER u"]),
        ("ONBUILD COPY <<A\nx\nA\nUSER u", vec!["ONBUILD COPY <<A", "USER u"]),
        // No heredocs:
        ("RUN cat <<<x\nUSER u", vec!["RUN cat <<<x", "USER u"]),
        ("RUN cat<<EOF\nUSER u", vec!["RUN cat<<EOF", "USER u"]),
        ("RUN echo \"a <<EOF\"\nUSER u", vec!["RUN echo \"a <<EOF\"", "USER u"]),
        ("RUN << x\nUSER u", vec!["RUN << x", "USER u"]),
        ("RUN [\"<<EOF\"]\nUSER u", vec!["RUN [\"<<EOF\"]", "USER u"]),
        ("CMD <<EOF\nUSER u", vec!["CMD <<EOF", "USER u"]),
        ("ONBUILD CMD <<EOF\nUSER u", vec!["ONBUILD CMD <<EOF", "USER u"]),
    ] {
        assert_eq!(texts(&format!("FROM a\n{text}"))[1..], expected, "{text:?}");
    }
}

#[test]
fn a_heredoc_that_does_not_end_is_refused_at_its_start() {
    let (message, span) = refused("FROM a\nRUN cat <<'PY' > /x\nx\n PY\n");
    assert_eq!((message.as_str(), span), ("the heredoc `PY` is not ended", "<<'PY'"));
    let (message, _) = refused("FROM a\nRUN <<A <<-B\nA\n");
    assert_eq!(message, "the heredoc `B` is not ended");
    assert_eq!(refused("FROM a\nCOPY a <<EOF\nEOF\n").0, "COPY cannot copy to a heredoc");
}

#[test]
fn what_docker_refuses_is_an_error_at_its_place() {
    for (text, message, span) in [
        ("", "the Dockerfile has no instructions", ""),
        ("# x\n", "the Dockerfile has no instructions", "# x\n"),
        ("ARG x", "the Dockerfile has no FROM", "ARG x"),
        ("RUN x\nFROM a", "RUN before the first FROM", "RUN x"),
        ("FROM", "FROM takes an image, or an image, AS and a name", "FROM"),
        ("FROM a b", "FROM takes an image, or an image, AS and a name", "FROM a b"),
        ("FROM a AS 1b", "`1b` cannot name a stage", "1b"),
        ("FROM a AS b/c", "`b/c` cannot name a stage", "b/c"),
        ("FROM --platfrom=x a", "unknown flag `--platfrom`", "--platfrom=x"),
        ("FROM --platform a", "bad flag `--platform`", "--platform"),
        ("FROM a\nARG", "ARG needs a name", "ARG"),
        ("FROM a\nARG =x", "ARG needs a name before the `=`", "ARG =x"),
        ("FROM a\nENV", "ENV needs a key and a value", "ENV"),
        ("FROM a\nENV x", "ENV needs a key and a value", "ENV x"),
        ("FROM a\nENV a=b c", "`c` has no `=`", "c"),
        ("FROM a\nENV =b", "ENV needs a key before the `=`", "ENV =b"),
        ("FROM a\nLABEL x", "LABEL needs a key and a value", "LABEL x"),
        ("FROM a\nCOPY x", "COPY needs a source and a destination", "COPY x"),
        ("FROM a\nADD [\"x\"]", "ADD needs a source and a destination", "ADD [\"x\"]"),
        ("FROM a\nCOPY --from=b --from=c x y", "bad flag `--from`", "--from=c"),
        ("FROM a\nCOPY --link=maybe x y", "bad flag `--link`", "--link=maybe"),
        ("FROM a\nCOPY --link= x y", "bad flag `--link`", "--link="),
        ("FROM a\nADD --from=b x y", "unknown flag `--from`", "--from=b"),
        ("FROM a\nRUN --mount=type=bind,from=$x ls", "variables are not expanded in `from`", "$x"),
        (
            "FROM a\nRUN --mount=a\\\"b ls",
            "the mount is not a list of comma-separated fields",
            "--mount=a\\\"b",
        ),
        (
            "FROM a\nRUN --mount=\\\"a\\\"b ls",
            "the mount is not a list of comma-separated fields",
            "--mount=\\\"a\\\"b",
        ),
        ("FROM a\nRUN [\"a\", 1]", "a JSON array of arguments must consist of strings", "[\"a\", 1]"),
        ("FROM a\nCMD [null]", "a JSON array of arguments must consist of strings", "[null]"),
        ("FROM a\nONBUILD", "ONBUILD needs an instruction", "ONBUILD"),
        ("FROM a\nONBUILD onbuild RUN x", "ONBUILD cannot stand behind ONBUILD", "ONBUILD onbuild RUN x"),
        ("FROM a\nONBUILD FROM b", "FROM cannot stand behind ONBUILD", "ONBUILD FROM b"),
        ("FROM a\nONBUILD MAINTAINER b", "MAINTAINER cannot stand behind ONBUILD", "ONBUILD MAINTAINER b"),
        ("FROM a\nONBUILD ENV x", "ENV needs a key and a value", "ENV x"),
        ("FROM a\nSHELL sh", "SHELL needs a JSON array", "SHELL sh"),
        ("FROM a\nSHELL []", "SHELL needs a JSON array", "SHELL []"),
        ("FROM a\nVOLUME", "VOLUME needs a path", "VOLUME"),
        ("FROM a\nVOLUME [\"\"]", "VOLUME needs a path", "VOLUME [\"\"]"),
        ("FROM a\nEXPOSE", "EXPOSE needs an argument", "EXPOSE"),
        ("FROM a\nUSER", "USER needs an argument", "USER"),
        ("FROM a\nWORKDIR", "WORKDIR needs an argument", "WORKDIR"),
        ("FROM a\nSTOPSIGNAL", "STOPSIGNAL needs an argument", "STOPSIGNAL"),
        ("FROM a\nUSER --x y", "unknown flag `--x`", "--x"),
        ("FROM a\nHEALTHCHECK", "HEALTHCHECK takes CMD and a command, or NONE", "HEALTHCHECK"),
        ("FROM a\nHEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments", "HEALTHCHECK NONE x"),
        ("FROM a\nHEALTHCHECK CMD", "HEALTHCHECK CMD needs a command", "HEALTHCHECK CMD"),
        ("FROM a\nHEALTHCHECK CMD []", "HEALTHCHECK CMD needs a command", "HEALTHCHECK CMD []"),
        ("FROM a\n\\\n", "a continuation without an instruction", ""),
    ] {
        assert_eq!(refused(text), (message.to_owned(), span), "{text:?}");
    }
}

#[test]
fn what_is_merely_unusual_passes() {
    for text in [
        "FROM a\nRUN",
        "FROM a\nCMD []",
        "FROM a\nENV a b c",
        "FROM a\nARG --flag x",
        "FROM a\nARG a b=c 'd e'",
        "FROM a\nCOPY --from=b --link=FALSE -- --x y",
        "FROM a\nCOPY [\"a b\", \"c\"]",
        "FROM a\nCOPY [a b",
        "FROM a\nHEALTHCHECK --interval=5s --retries=3 cmd true",
        "FROM a\nHEALTHCHECK none",
        "FROM a\nRUN --network=none --security=insecure --device=x --device=y true",
        "FROM a\nADD --checksum=sha256:x --keep-git-dir --unpack=false https://x/y /z",
        "FROM a\nMAINTAINER x",
        "FROM a\nSTOPSIGNAL --x y",
        "# syntax=docker/dockerfile:99\nFROM a\nCOPY --future=1 x y",
    ] {
        assert_eq!(warnings(text), [], "{text:?}");
    }
}

#[test]
fn unknown_instructions_pass_with_a_warning() {
    let help = |text: &str| Some(text.to_owned());
    assert_eq!(
        warnings("FROM a\nCOYP x y\nQQQQQQ\n"),
        [
            ("unknown instruction COYP".to_owned(), "COYP".to_owned(), help("did you mean COPY?")),
            ("unknown instruction QQQQQQ".to_owned(), "QQQQQQ".to_owned(), help("it is passed on as it is")),
        ]
    );
}

#[test]
fn other_oddities_are_warned_of() {
    let messages = |text| warnings(text).into_iter().map(|(message, _, _)| message).collect::<Vec<_>>();
    assert_eq!(messages("FROM a\nRUN x \\\n\n y"), ["blank lines within a continued instruction"]);
    assert_eq!(messages("FROM a AS x\nFROM b AS X"), ["a second stage is named `x`"]);
    assert_eq!(messages("FROM a AS scratch"), ["the stage name `scratch` is reserved"]);
    assert_eq!(messages("FROM a\nONBUILD COPY x"), ["COPY needs a source and a destination"]);
}

#[test]
fn arguments_are_listed_with_their_defaults() {
    let text = "ARG A B=\"x y\"\nFROM a\nARG C=$A \\\n D\nONBUILD ARG E\n";
    let dockerfile = parse(text);
    let args: Vec<_> = dockerfile
        .args()
        .iter()
        .map(|a| (a.name.as_str(), a.default.as_deref(), &text[a.span.clone()], a.stage))
        .collect();
    assert_eq!(
        args,
        [
            ("A", None, "A", None),
            ("B", Some("\"x y\""), "B=\"x y\"", None),
            ("C", Some("$A"), "C=$A", Some(0)),
            ("D", None, "D", Some(0)),
        ]
    );
    let names: Vec<_> = dockerfile.declared_args().iter().map(String::as_str).collect();
    assert_eq!(names, ["A", "B", "C", "D", "E"]);
}
