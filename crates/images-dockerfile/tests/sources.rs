//! What is read from the build context.

mod support;

use support::{refused, resolve, resolve_with, shown};

/// The sources of `lines` in a stage from `scratch`.
fn sources(lines: &str) -> Option<Vec<String>> {
    shown(&resolve(&format!("FROM scratch\n{lines}\n")).sources)
}

fn these(sources: &[&str]) -> Option<Vec<String>> {
    Some(sources.iter().map(|source| (*source).to_owned()).collect())
}

#[test]
fn paths_are_cleaned_and_end_at_the_root() {
    for (line, expected) in [
        ("COPY a b/c /d/", vec!["C a", "C b/c"]),
        ("ADD /a ./b/ ../../c a/../d /", vec!["A a", "A b", "A c", "A d"]),
        ("COPY . /", vec!["C ."]),
        ("COPY / /", vec!["C ."]),
        ("COPY a/.. /", vec!["C ."]),
        ("COPY \"\" /", vec!["C ."]),
        ("COPY [\"a b\", \"/c\", \"/d\"]", vec!["C a b", "C c"]),
        ("COPY a\\ b /", vec!["C a", "C b"]),
        ("COPY 'a' \"b\" /", vec!["C a", "C b"]),
        ("copy a /", vec!["C a"]),
        ("RUN a", vec![]),
        ("COPY <<EOF a /\nEOF", vec!["C a"]),
    ] {
        assert_eq!(sources(line), these(&expected), "{line}");
    }
}

#[test]
fn wildcards_make_patterns() {
    for (line, expected) in [
        ("COPY *.txt a?b/[c]/d /", vec!["C* *.txt", "C* a?b/[c]/d"]),
        ("ADD a/*/../b* /", vec!["A* a/b*"]),
        // A backslash before a wildcard: the component is taken as it is.
        ("COPY a\\\\*b /", vec!["C a\\*b"]),
        ("COPY a\\\\[b/*.c /", vec!["C* a\\\\\\[b/*.c"]),
        ("COPY a/\\\\*b* /", vec!["C* a/\\*b*"]),
    ] {
        assert_eq!(sources(line), these(&expected), "{line}");
    }
}

#[test]
fn what_comes_from_elsewhere_does_not_count() {
    let text = "FROM scratch AS one\nFROM scratch\nCOPY --from=one a /\nADD http://x/y https://x/y.git git@host:x ssh://h/x git://h/x b /\nRUN --mount=type=bind,from=one,target=/m --mount=type=tmpfs,target=/n --mount=type=cache,target=/o true\n";
    assert_eq!(shown(&resolve(text).sources), these(&["A b"]));
    assert_eq!(
        sources("ADD git@ho_st:x g.it@host:x @host:x git@host ftp://x /"),
        these(&["A git@ho_st:x", "A g.it@host:x", "A @host:x", "A git@host", "A ftp:/x"])
    );
    assert_eq!(
        refused("FROM scratch\nCOPY https://x/y /\n"),
        ("COPY cannot fetch a URL".to_owned(), "https://x/y")
    );
}

#[test]
fn bind_mounts_read_their_source() {
    for (line, expected) in [
        ("RUN --mount=target=/m true", vec!["B ."]),
        ("RUN --mount=type=bind,target=/m,source=a/../b true", vec!["B b"]),
        ("RUN --mount=type=bind,target=/m,src=/a* true", vec!["B a*"]),
        ("RUN --mount=type=Bind,from=,src=a,target=/m true", vec!["B a"]),
        ("ARG T=bind S=x\nRUN --mount=type=$T,target=/m,source=$S true", vec!["B x"]),
        ("ARG T=cache\nRUN --mount=type=$T,target=/m,source=x true", vec![]),
    ] {
        assert_eq!(sources(line), these(&expected), "{line}");
    }
    assert_eq!(sources("RUN --mount=type=bind,target=/m,source=$PATH true"), None);
    assert_eq!(sources("RUN --mount=type=$PATH,target=/m true"), None);
}

#[test]
fn variables_in_sources_have_the_values_of_their_stage() {
    for (lines, expected) in [
        ("ARG A=x\nCOPY $A /", vec!["C x"]),
        ("ENV A=x B=$A\nCOPY a$B /", vec!["C a"]),
        ("ENV A=x\nENV B=$A\nCOPY a$B /", vec!["C ax"]),
        ("ENV A x y\nCOPY \"$A\" /", vec!["C x y"]),
        ("ARG A=x\nENV A=y\nCOPY $A /", vec!["C y"]),
        ("ENV A=x\nARG A=x\nCOPY $A /", vec!["C x"]),
        ("ARG A=x\nARG A\nCOPY $A /", vec!["C x"]),
        ("ARG A=x B=$A\nCOPY $B /", vec!["C x"]),
        ("COPY a$A /", vec!["C a"]),
        ("ARG A\nCOPY a$A /", vec!["C a"]),
        ("ARG TARGETARCH\nCOPY bin/$TARGETARCH /", vec!["C bin/arm"]),
        ("COPY bin/$TARGETARCH /", vec!["C bin"]),
        ("ARG TARGETARCH=x\nCOPY $TARGETARCH /", vec!["C x"]),
        ("ARG A=* \nCOPY $A /", vec!["C* *"]),
        ("COPY '$A' /", vec!["C $A"]),
    ] {
        assert_eq!(sources(lines), these(&expected), "{lines}");
    }
    let text = "ARG G=g\nFROM scratch\nCOPY a$G /\nARG G\nCOPY b$G /\nARG G=own\nCOPY c$G /\n";
    assert_eq!(shown(&resolve(text).sources), these(&["C a", "C bg", "C cown"]));
    assert_eq!(shown(&resolve_with(text, &[("G", "x")], None).sources), these(&["C a", "C bx", "C cx"]));
}

#[test]
fn a_stage_inherits_the_variables_of_the_stage_below() {
    let text = "FROM scratch AS a\nARG X=x\nENV Y=y\nFROM a\nCOPY $X$Y /\n";
    assert_eq!(shown(&resolve(text).sources), these(&["C xy"]));
    let text = "FROM scratch AS a\nARG X=x\nFROM scratch\nCOPY a$X /\n";
    assert_eq!(shown(&resolve(text).sources), these(&["C a"]));
}

#[test]
fn what_only_a_builder_can_know_means_everything() {
    let from_image = |lines: &str| shown(&resolve(&format!("FROM debian\n{lines}\n")).sources);
    assert_eq!(from_image("COPY $HOME /"), None);
    assert_eq!(from_image("COPY a /\nCOPY $HOME /\nCOPY b /"), None);
    assert_eq!(from_image("ENV X=$HOME/x\nCOPY $X /"), None);
    assert_eq!(from_image("ARG X=$HOME\nCOPY $X /"), None);
    assert_eq!(from_image("ARG X\nCOPY $X /"), None);
    assert_eq!(from_image("ARG X=x\nCOPY $X /"), these(&["C x"]));
    assert_eq!(from_image("COPY ${HOME:-x} /"), None);
    // Builders disagree on which of the two counts.
    assert_eq!(sources("ENV A=x\nARG A=y\nCOPY $A /"), None);
    assert_eq!(sources("COPY $PATH /"), None);
    let text = "# syntax=acme/frontend\nFROM scratch\nCOPY --future a /\n";
    assert_eq!(shown(&resolve(text).sources), None);
}

#[test]
fn with_parents_everything_below_the_literal_start_counts() {
    for (source, expected) in [
        ("a/b", "C* a/b"),
        ("a/./b", "C* a/b"),
        ("a/**/b", "C* a/*"),
        ("*/b", "C* *"),
        ("a\\\\*/b/**", "C* a\\\\\\*/b/*"),
        (".", "C ."),
    ] {
        assert_eq!(sources(&format!("COPY --parents {source} /")), these(&[expected]), "{source}");
    }
    assert_eq!(sources("COPY --parents=false a/**/b /"), these(&["C* a/**/b"]));
    assert_eq!(sources("COPY --exclude=*.md a /"), these(&["C a"]));
}

#[test]
fn only_needed_stages_read() {
    let text = "FROM scratch AS a\nCOPY a /\nFROM scratch AS b\nCOPY b /\nFROM scratch\nCOPY --from=b x /\nCOPY c /\n";
    assert_eq!(shown(&resolve(text).sources), these(&["C b", "C c"]));
    assert_eq!(shown(&resolve_with(text, &[], Some("a")).sources), these(&["C a"]));
}

#[test]
fn triggers_of_the_target_are_told_apart() {
    let text = "FROM scratch\nENV E=e\nARG A=a\nONBUILD ADD $E/x /\nONBUILD RUN --mount=src=y,target=/m true\nONBUILD RUN --mount=type=cache,target=/m true\nONBUILD COPY --from=0 z /\n";
    let resolution = resolve(text);
    assert_eq!(shown(&resolution.sources), these(&[]));
    assert_eq!(shown(&resolution.triggers), these(&["A e/x", "B y"]));
    let triggers = |lines: &str| shown(&resolve(&format!("FROM scratch\n{lines}\n")).triggers);
    assert_eq!(triggers("ARG A=a\nONBUILD COPY a$A /"), these(&["C a"]));
    assert_eq!(triggers("ONBUILD ENV A=x\nONBUILD COPY $A /"), these(&["C x"]));
    assert_eq!(triggers("ONBUILD ARG A=x\nONBUILD COPY $A /"), None);
    assert_eq!(triggers("ONBUILD COPY ${A?} /"), None);
    assert_eq!(triggers("ONBUILD RUN --mount=type=$PATH,target=/m true"), None);
    assert_eq!(shown(&resolve("FROM debian\nONBUILD COPY $A /\n").triggers), None);
}

#[test]
fn triggers_of_a_stage_below_run_first() {
    let text = "FROM scratch AS base\nONBUILD ARG X=x\nONBUILD COPY $X /\nFROM base AS next\nCOPY $X y /\nFROM next\n";
    let resolution = resolve(text);
    assert_eq!(shown(&resolution.sources), these(&["C x", "C x", "C y"]));
    assert_eq!(shown(&resolution.triggers), these(&[]));
    assert_eq!(shown(&resolve_with(text, &[], Some("base")).sources), these(&[]));
    assert_eq!(shown(&resolve_with(text, &[], Some("base")).triggers), None);
}

#[test]
fn a_source_that_cannot_be_expanded_is_an_error() {
    assert_eq!(refused("FROM scratch\nCOPY a ${X:?needed} /\n"), ("X: needed".to_owned(), "${X:?needed}"));
    assert_eq!(
        refused("FROM scratch\nENV A='x\nRUN true\n"),
        ("the closing single quote is missing".to_owned(), "'x")
    );
}
