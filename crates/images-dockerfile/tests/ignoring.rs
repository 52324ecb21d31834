//! What a `.dockerignore` excludes.

use images_dockerfile::{Ignore, ParentMatch};

/// Whether the path is excluded, its folders asked first.
fn excludes(ignore: &Ignore, path: &str) -> bool {
    let mut parent = ParentMatch::default();
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let mut excluded = false;
    for end in ends {
        (excluded, parent) = ignore.excludes(&path[..end], &parent);
    }
    excluded
}

#[test]
fn patterns_exclude_paths() {
    for (text, excluded, kept) in [
        ("a", vec!["a", "a/b"], vec!["b/a", "ab"]),
        ("/a/", vec!["a", "a/b"], vec!["b/a"]),
        ("./a/../b//c", vec!["b/c"], vec!["a", "b"]),
        ("  a  ", vec!["a"], vec![]),
        ("a b", vec!["a b"], vec!["a"]),
        ("*", vec!["a", ".a", "a/b"], vec![]),
        ("*.log", vec!["x.log", ".log"], vec!["a/x.log", "log"]),
        ("*/*.log", vec!["a/x.log"], vec!["x.log", "a/b/x.log"]),
        ("**/*.log", vec!["x.log", "a/x.log", "a/b/x.log"], vec!["x.log2"]),
        ("**/a", vec!["a", "b/a", "b/c/a/d"], vec!["ba", "b/ca"]),
        ("**a", vec!["a", "ba", "b/ca"], vec!["ab"]),
        ("a/**", vec!["a/b", "a/b/c"], vec!["a", "ab"]),
        ("a**", vec!["a", "ab", "a/b"], vec!["b"]),
        ("a/**/b", vec!["a/b", "a/x/b", "a/x/y/b"], vec!["a/xb"]),
        ("a/*", vec!["a/b", "a/b/c"], vec!["a"]),
        ("a?c", vec!["abc", "aéc"], vec!["ac", "a/c"]),
        ("[a-c]x", vec!["ax", "cx"], vec!["dx", "x"]),
        ("[^a-c]x", vec!["dx"], vec!["ax"]),
        ("\\*", vec!["*"], vec!["a"]),
        ("a.b", vec!["a.b"], vec!["axb"]),
        ("*a.b", vec!["a.b"], vec!["axb"]),
        ("#a", vec![], vec!["#a"]),
        (" #a", vec!["#a"], vec![]),
        ("\u{feff}#a\nb", vec!["b"], vec!["#a"]),
        ("a\r\nb\r\n", vec!["a", "b"], vec![]),
        ("..", vec![], vec!["a"]),
        ("/", vec![], vec!["a"]),
        (".", vec![], vec!["a"]),
        ("a\n!a", vec![], vec!["a", "a/b"]),
        ("!a\na", vec!["a"], vec![]),
        ("a\n! /a/b/", vec!["a", "a/c"], vec!["a/b", "a/b/d"]),
        ("a\n!a/b\na/b/c", vec!["a/b/c"], vec!["a/b", "a/b/d"]),
        ("*\n!**/*.rs", vec!["a", "a/b"], vec!["x.rs", "a/x.rs"]),
        ("a\n!!a", vec!["a"], vec!["b"]),
        ("a\n./!a", vec![], vec!["a"]),
        ("src\\bin", vec![], vec!["src/bin", "src\\bin", "srcbin"]),
        ("x\\d", vec!["x1"], vec!["xd"]),
        ("x\\D", vec!["xd"], vec!["x1"]),
        ("a\\Bb", vec!["ab"], vec!["a"]),
        ("a\\b.b", vec!["a.b"], vec!["axb"]),
    ] {
        let ignore = Ignore::parse(text).unwrap_or_else(|problem| panic!("{text:?}: {problem:?}"));
        for path in excluded {
            assert!(excludes(&ignore, path), "{text:?} excludes {path:?}");
        }
        for path in kept {
            assert!(!excludes(&ignore, path), "{text:?} keeps {path:?}");
        }
    }
}

#[test]
fn the_walk_enters_excluded_folders_where_exceptions_may_be() {
    for (text, entered, passed) in [
        ("*", vec![], vec!["a"]),
        ("*\n!a/b/c", vec!["a", "a/b", "a/b/c"], vec!["b", "a/c", "a/b/c/d", "ab"]),
        ("*\n!a/b/**", vec!["a", "a/b"], vec!["a/b/c"]),
        ("*\n!a/*", vec!["a"], vec!["a/b"]),
        ("*\n!a/*.rs", vec!["a", "b", "b/c"], vec![]),
        ("*\n!a\\b", vec!["x"], vec![]),
        ("a*/b\n!c", vec!["c"], vec!["a"]),
    ] {
        let ignore = Ignore::parse(text).expect("good patterns");
        for path in entered {
            assert!(ignore.enters(path), "{text:?} enters {path:?}");
        }
        for path in passed {
            assert!(!ignore.enters(path), "{text:?} passes over {path:?}");
        }
    }
}

#[test]
fn only_patterns_make_it_not_empty() {
    for (text, empty) in [("", true), ("# a\n \n", true), ("a", false), ("!a", false)] {
        assert_eq!(Ignore::parse(text).expect("good patterns").is_empty(), empty, "{text:?}");
    }
}

#[test]
fn bad_patterns_are_errors_at_their_line() {
    for (text, span, label) in [
        ("a\n  [b \nc", "[b", "this class is not closed"),
        ("[]", "[]", "this class is empty, or a range in it has no end"),
        ("[-a]", "[-a]", "a range in this class has no start or no end"),
        ("a\\", "a\\", "nothing follows the escape"),
        ("a*[b", "a*[b", "this class is not closed"),
        ("*[c-a]", "*[c-a]", "a range in this class ends before it starts"),
        ("*[[:x:]]", "*[[:x:]]", "there is no class of this name"),
        ("!", "!", "nothing follows the `!`"),
        ("a\r\n! /\r\n", "! /", "nothing follows the `!`"),
        ("\\yes", "\\yes", "docker gives this escape no meaning, or another"),
        ("x\\1", "x\\1", "docker knows no back-references"),
    ] {
        let problem = Ignore::parse(text).expect_err(text);
        assert_eq!((&text[problem.span], problem.label.as_str()), (span, label), "{text:?}");
        assert!(problem.help.is_some());
    }
}

#[test]
fn many_stars_stay_fast() {
    let ignore = Ignore::parse("**/a*a*a*a*a*a*a*a*a*a*b").expect("a good pattern");
    assert!(!excludes(&ignore, &"a".repeat(300)));
}
