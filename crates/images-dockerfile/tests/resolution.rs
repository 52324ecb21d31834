//! What a Dockerfile means for a target and arguments: stages, references, secrets, features.

mod support;

use images_dockerfile::{Feature, ReferenceKind, Resolution};
use support::{refused, resolve, resolve_with, try_resolve};

/// The references as kind, written text, reference, stage and whether it is behind `ONBUILD`.
fn references<'t>(
    text: &'t str,
    resolution: &Resolution,
) -> Vec<(ReferenceKind, &'t str, String, Option<usize>, bool)> {
    let shown = resolution.references.iter();
    shown.map(|r| (r.kind, &text[r.span.clone()], r.reference.to_string(), r.stage, r.onbuild)).collect()
}

/// The expanded bases.
fn bases(resolution: &Resolution) -> Vec<&str> {
    resolution.stages.iter().map(|stage| stage.base.as_str()).collect()
}

fn needed(resolution: &Resolution) -> Vec<bool> {
    resolution.stages.iter().map(|stage| stage.needed).collect()
}

/// The base of the last stage, which is made with these lines before it.
fn base(globals: &str, from: &str, args: &[(&str, &str)]) -> String {
    let text = format!("{globals}FROM {from}\n");
    resolve_with(&text, args, None).stages.pop().expect("a stage").base
}

#[test]
fn a_base_reached_through_arguments_of_arguments() {
    let text =
        "ARG REGISTRY=quay.io\nARG OWNER=jupyter\nARG BASE_IMAGE=$REGISTRY/$OWNER/x\nFROM $BASE_IMAGE\n";
    assert_eq!(
        references(text, &resolve(text)),
        [(ReferenceKind::From, "$BASE_IMAGE", "quay.io/jupyter/x".to_owned(), Some(0), false)]
    );
    let other = resolve_with(text, &[("OWNER", "acme"), ("UNDECLARED", "x")], None);
    assert_eq!(references(text, &other)[0].2, "quay.io/acme/x");
}

#[test]
fn a_stage_named_by_an_argument_is_no_image() {
    let text = "ARG BASE=builder\nFROM acme/x AS builder\nFROM $BASE\n";
    let resolution = resolve(text);
    assert_eq!(resolution.stages[1].base_stage, Some(0));
    assert_eq!(references(text, &resolution).len(), 1);
    let other = resolve_with(text, &[("BASE", "acme/y")], None);
    assert_eq!(other.stages[1].base_stage, None);
    assert_eq!(
        references(text, &other),
        [(ReferenceKind::From, "$BASE", "acme/y".to_owned(), Some(1), false)]
    );
}

#[test]
fn global_arguments_are_expanded_in_order() {
    assert_eq!(base("ARG A=1\nARG B=x:$A A=2\n", "$B", &[]), "x:1");
    assert_eq!(base("ARG A=1\nARG A=2\n", "x:$A", &[]), "x:2");
    assert_eq!(base("ARG A=1\nARG B=x:$A\n", "$B", &[("A", "9")]), "x:9");
    assert_eq!(base("ARG A\n", "x:${A:-d}", &[]), "x:d");
    assert_eq!(base("ARG A\n", "x:$A", &[("A", "v")]), "x:v");
    assert_eq!(base("ARG A=\"b\"\n", "\"x:$A\"", &[]), "x:b");
    assert_eq!(base("ARG A=1.2.3\n", "x:${A%.*}", &[]), "x:1.2");
    assert_eq!(base("# escape=`\nARG A=1\n", "`x:$A", &[]), "x:1");
}

#[test]
fn platforms_are_arguments_before_the_first_from() {
    for (from, expected) in [
        ("x:$TARGETOS-$TARGETARCH-$TARGETVARIANT", "x:linux-arm-v7"),
        ("x:$BUILDOS-$BUILDARCH$BUILDVARIANT", "x:linux-amd64"),
        ("$TARGETPLATFORM", "linux/arm/v7"),
        ("$BUILDPLATFORM", "linux/amd64"),
        ("x:$TARGETSTAGE", "x:default"),
    ] {
        assert_eq!(base("", from, &[]), expected, "{from}");
    }
    assert_eq!(base("", "x:$TARGETSTAGE AS last", &[]), "x:last");
    assert_eq!(base("", "x:$TARGETARCH", &[("TARGETARCH", "mips")]), "x:mips");
    let text = "ARG P=linux/s390x\nFROM --platform=$P x AS one\nFROM --platform=$BUILDPLATFORM y\nFROM one\n";
    let platforms: Vec<_> = resolve(text).stages.into_iter().map(|stage| stage.platform).collect();
    assert_eq!(platforms, [Some("linux/s390x".to_owned()), Some("linux/amd64".to_owned()), None]);
}

#[test]
fn a_variable_without_a_value_in_a_from_is_an_error() {
    let help = |text| try_resolve(text, &[], None).expect_err(text).help.expect("help");
    let label = |text| try_resolve(text, &[], None).expect_err(text).label;
    let message = |name| format!("the variable `{name}` has no value in this FROM");
    assert_eq!(refused("ARG A\nFROM $A\n"), (message("A"), "$A"));
    assert_eq!(label("ARG A\nFROM $A\n"), "expands to nothing");
    assert_eq!(help("ARG A\nFROM $A\n"), "add a default in `ARG A=…`, a value in [args], or --build-arg A=…");
    assert_eq!(refused("FROM x:${A}\n"), (message("A"), "x:${A}"));
    assert_eq!(refused("ARG S\nFROM x$S\n"), (message("S"), "x$S"));
    assert_eq!(label("ARG S\nFROM x$S\n"), "expands to `x`");
    assert_eq!(
        help("FROM x:$TAG\nARG TAG=1\n"),
        "add `ARG TAG=…` before the first FROM, a value in [args], or --build-arg TAG=…"
    );
    assert_eq!(
        help("ARG VERSION=1\nFROM x:$VERSON\n"),
        "did you mean `$VERSION`? Otherwise add `ARG VERSON=…` before the first FROM, a value in [args], or --build-arg VERSON=…"
    );
    // Through another argument.
    assert_eq!(refused("ARG R\nARG B=$R/x\nFROM $B\n"), (message("R"), "$B"));
    // Not in a stage that is not needed, as long as it is a reference.
    assert_eq!(needed(&resolve("ARG S\nFROM x$S\nFROM y\n")), [false, true]);
    assert_eq!(refused("ARG S\nFROM x:$S\nFROM y\n"), (message("S"), "x:$S"));
}

#[test]
fn a_from_without_a_meaning_is_an_error() {
    for (text, message, span) in [
        ("ARG A=\nFROM $A\n", "the image of this FROM is empty", "$A"),
        ("FROM \"\"\n", "the image of this FROM is empty", "\"\""),
        ("ARG A=\nFROM --platform=$A x\n", "the platform of this FROM is empty", "$A"),
        ("FROM --platform=$A x\n", "the platform of this FROM is empty", "$A"),
        ("FROM x:$\n", "`$` is no tag", "x:$"),
        ("FROM Acme\n", "repository name `Acme` must be lowercase", "Acme"),
        ("FROM Acme\nFROM x", "repository name `Acme` must be lowercase", "Acme"),
        ("FROM ${A\n", "`}` is missing after `${`", "${A"),
        ("ARG A=${B:?give}\nFROM x\n", "B: give", "${B:?give}"),
        ("# syntax=Acme\nFROM x\n", "repository name `Acme` must be lowercase", "Acme"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), span), "{text:?}");
    }
    assert_eq!(try_resolve("ARG T=\nFROM x:$T", &[], None).expect_err("no tag").label, "expands to `x:`");
}

#[test]
fn stages_shadow_images_from_their_declaration_on() {
    let text = "FROM b AS a\nFROM a AS b\nFROM b\nFROM scratch AS B\nFROM B\n";
    let resolution = resolve(text);
    let base_stages: Vec<_> = resolution.stages.iter().map(|stage| stage.base_stage).collect();
    assert_eq!(base_stages, [None, Some(0), Some(1), None, Some(3)]);
    assert_eq!(resolution.stages[3].name.as_deref(), Some("b"));
    assert_eq!(&text[resolution.stages[3].span.clone()], "FROM scratch AS B");
    assert_eq!(resolution.references, []);
}

#[test]
fn only_what_the_target_needs_counts() {
    let text = "FROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=ONE /x /\nFROM d AS four\nRUN --mount=from=three,target=/m true\nFROM e\nCOPY --from=1 /x /\n";
    for (target, expected) in [
        (None, [false, true, false, false, true]),
        (Some("4"), [false, true, false, false, true]),
        (Some("Four"), [true, false, true, true, false]),
        (Some("three"), [true, false, true, false, false]),
        (Some("0"), [true, false, false, false, false]),
        (Some(""), [false, true, false, false, true]),
    ] {
        let resolution = resolve_with(text, &[], target);
        assert_eq!(needed(&resolution), expected, "{target:?}");
    }
    let resolution = resolve_with(text, &[], Some("four"));
    assert_eq!(resolution.target, 3);
    let written: Vec<_> = references(text, &resolution).into_iter().map(|r| r.1).collect();
    assert_eq!(written, ["a", "c", "d"]);
}

#[test]
fn an_unknown_target_suggests_a_stage() {
    let fail = |text, target| try_resolve(text, &[], Some(target)).expect_err("no such stage");
    let problem = fail("FROM a AS runtime\nFROM b AS test", "runtme");
    assert_eq!(problem.message, "there is no stage `runtme` to build");
    assert_eq!(problem.span, 18..32);
    assert_eq!(problem.help.as_deref(), Some("did you mean `runtime`?"));
    assert_eq!(
        fail("FROM a AS runtime\nFROM b AS test", "x").help.as_deref(),
        Some("the stages are runtime, test")
    );
    assert_eq!(fail("FROM a", "1").help.as_deref(), Some("no stage has a name; add `AS name` to a FROM"));
}

#[test]
fn every_kind_of_reference_is_found_at_its_value() {
    let text = "# syntax=docker/dockerfile:1 x\n\
        FROM --platform=linux/amd64 debian:12 AS base\n\
        COPY --chown=1 --from=\"acme/a\":1 /x /\n\
        RUN --mount=type=bind,from=acme/b,target=/m --mount=\"type=cache\",\"from=acme/c:2\",target=/n true\n\
        ONBUILD COPY --from=acme/d /x /\n\
        ONBUILD RUN --mount=from=ghcr.io/acme/e,target=/m true\n\
        COPY --from=scratch / /\n\
        COPY --from=\"acme/f\" /x /\n";
    let onbuild = |kind, written, stage| (kind, written, str::to_owned(written), Some(stage), true);
    assert_eq!(
        references(text, &resolve(text)),
        [
            (ReferenceKind::Syntax, "docker/dockerfile:1", "docker/dockerfile:1".to_owned(), None, false),
            (ReferenceKind::From, "debian:12", "debian:12".to_owned(), Some(0), false),
            (ReferenceKind::CopyFrom, "\"acme/a\":1", "acme/a:1".to_owned(), Some(0), false),
            (ReferenceKind::MountFrom, "acme/b", "acme/b".to_owned(), Some(0), false),
            (ReferenceKind::MountFrom, "acme/c:2", "acme/c:2".to_owned(), Some(0), false),
            onbuild(ReferenceKind::CopyFrom, "acme/d", 0),
            onbuild(ReferenceKind::MountFrom, "ghcr.io/acme/e", 0),
            (ReferenceKind::CopyFrom, "acme/f", "acme/f".to_owned(), Some(0), false),
        ]
    );
}

#[test]
fn the_frontend_is_found_where_docker_looks_for_it() {
    let syntax =
        |text: &str| resolve(text).references.iter().filter(|r| r.kind == ReferenceKind::Syntax).count();
    assert_eq!(syntax("# syntax=a/b\nFROM x"), 1);
    assert_eq!(syntax("\u{feff}#SYNTAX = a/b\r\nFROM x"), 1);
    assert_eq!(syntax("#!/bin/x\n# syntax=a/b\nFROM x"), 1);
    assert_eq!(syntax("# escape=\\\n# syntax=a/b\nFROM x"), 1);
    assert_eq!(syntax(" # syntax=a/b\nFROM x"), 0);
    assert_eq!(syntax("# x\n# syntax=a/b\nFROM x"), 0);
    assert_eq!(syntax("\n# syntax=a/b\nFROM x"), 0);
    assert_eq!(syntax("FROM x\n# syntax=a/b\n"), 0);
}

#[test]
fn a_continued_reference_spans_its_lines() {
    let text = "FROM al\\\n# c\npine\n";
    let resolution = resolve(text);
    assert_eq!(bases(&resolution), ["alpine"]);
    assert_eq!(references(text, &resolution)[0].1, "al\\\n# c\npine");
    let text = "FROM x\nCOPY --from=al\\\npine /x /\n";
    assert_eq!(references(text, &resolve(text))[1].1, "al\\\npine");
}

#[test]
fn a_copy_from_what_is_not_there_is_an_error() {
    for (text, message, span) in [
        ("FROM a\nCOPY --from=1 /x /\n", "there is no stage 1", "1"),
        ("FROM a\nCOPY --from=-1 /x /\n", "there is no stage -1", "-1"),
        ("FROM a\nCOPY --from=0 /x /\n", "a stage cannot copy from itself", "0"),
        ("FROM a AS b\nCOPY --from=b /x /\nFROM c\n", "a stage cannot copy from itself", "b"),
        (
            "FROM a\nCOPY --from=l /x /\nFROM b AS l\nCOPY --from=0 /x /\n",
            "this stage is defined further down",
            "l",
        ),
        ("ARG X=a\nFROM a\nCOPY --from=$X /x /\n", "variables are not expanded in `from`", "$X"),
        ("FROM a\nCOPY --from=${X} /x /\n", "variables are not expanded in `from`", "${X}"),
        ("FROM a\nCOPY --from=Acme /x /\n", "repository name `Acme` must be lowercase", "Acme"),
        ("FROM a\nRUN --mount=from=x:,target=/m true\n", "the tag is empty", "x:"),
    ] {
        assert_eq!(refused(text), (message.to_owned(), span), "{text:?}");
    }
    // A later stage is no error where nobody needs it.
    assert_eq!(needed(&resolve("FROM a\nCOPY --from=l /x /\nFROM b AS l\n")), [false, true]);
}

#[test]
fn triggers_run_in_the_stages_that_are_based_on_theirs() {
    let text = "FROM a AS other\nFROM b AS base\nONBUILD COPY --from=other /x /\nONBUILD COPY --from=nginx /y /\nFROM base\n";
    let resolution = resolve(text);
    assert_eq!(needed(&resolution), [true, true, true]);
    assert_eq!(
        references(text, &resolution)[2],
        (ReferenceKind::CopyFrom, "nginx", "nginx".to_owned(), Some(1), true)
    );
    // Without such a stage a bare name may be a stage of some child.
    let text = "FROM b\nONBUILD COPY --from=nginx /y /\nONBUILD COPY --from=nginx:1 /y /\n";
    let written: Vec<_> = references(text, &resolve(text)).into_iter().map(|r| r.1).collect();
    assert_eq!(written, ["b", "nginx:1"]);
}

#[test]
fn secrets_have_ids() {
    let secret = |mount: &str| {
        let text = format!("FROM a\nARG N=named\nRUN --mount={mount} true\n");
        let secrets = resolve(&text).secrets;
        assert_eq!(&text[secrets[0].span.clone()], format!("--mount={mount}"));
        (secrets[0].id.clone(), secrets[0].required)
    };
    for (mount, id, required) in [
        ("type=secret,id=x", "x", false),
        ("TYPE=SECRET,id=x,required", "x", true),
        ("type=secret,id=x,required=true", "x", true),
        ("type=secret,id=x,required=false", "x", false),
        ("type=secret,id=x,required=0", "x", false),
        ("type=secret,src=y", "y", false),
        ("type=secret,source=y,target=/a/b", "y", false),
        ("type=secret,target=/root/.netrc", ".netrc", false),
        ("type=secret,dst=/a/b/", "b", false),
        ("type=secret,id=x,target=/root/.netrc", "x", false),
        ("type=secret,id=$N", "named", false),
        (r#"type=secret,\"id=a\"\"b,c\"\"\""#, "ab,c", false),
        ("type=secret,id=$OTHER", "$OTHER", false),
    ] {
        assert_eq!(secret(mount), (id.to_owned(), required), "{mount}");
    }
    assert_eq!(
        refused("FROM a\nRUN --mount=type=secret,required true\n"),
        ("this secret has no id".to_owned(), "--mount=type=secret,required")
    );
    assert_eq!(resolve("FROM a\nRUN --mount=type=secret true\nFROM b\n").secrets, []);
}

#[test]
fn features_of_needed_stages_are_told() {
    let text = "FROM a AS unused\nRUN --mount=type=ssh true\nFROM b\n\
        RUN <<EOF\nEOF\n\
        RUN --mount=type=cache,target=/c --network=none true\n\
        RUN --mount=type=secret,id=x --mount=type=ssh true\n\
        COPY --link --chmod=755 --chown=1 a b\n\
        COPY --link=false --parents --exclude=x a b\n\
        ADD --checksum=sha256:x --keep-git-dir=false https://x/y /\n\
        ONBUILD COPY <<EOF /x\nEOF\n";
    let uses: Vec<_> = resolve(text).features.into_iter().map(|u| (u.feature, &text[u.span])).collect();
    assert_eq!(
        uses,
        [
            (Feature::Heredoc, "<<EOF"),
            (Feature::Mount, "--mount=type=cache,target=/c"),
            (Feature::OtherFlag, "--network=none"),
            (Feature::Secret, "--mount=type=secret,id=x"),
            (Feature::Ssh, "--mount=type=ssh"),
            (Feature::Link, "--link"),
            (Feature::Chmod, "--chmod=755"),
            (Feature::OtherFlag, "--parents"),
            (Feature::OtherFlag, "--exclude=x"),
            (Feature::OtherFlag, "--checksum=sha256:x"),
            (Feature::Heredoc, "<<EOF"),
        ]
    );
}
