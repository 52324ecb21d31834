//! Image references: what they consist of, and what is wrong with bad ones.

use images_dockerfile::Reference;

/// Domain, path, tag and digest.
type Parts<'a> = (Option<&'a str>, &'a str, Option<&'a str>, Option<&'a str>);

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn references_have_domain_path_tag_and_digest() {
    let digest = format!("sha256:{HEX}");
    let digest = digest.as_str();
    let full = format!("ghcr.io/acme/python:3.11@{digest}");
    let pinned = format!("debian@{digest}");
    let cases: Vec<(&str, Parts<'_>)> = vec![
        ("debian", (None, "debian", None, None)),
        ("debian:12", (None, "debian", Some("12"), None)),
        (&pinned, (None, "debian", None, Some(digest))),
        (&full, (Some("ghcr.io"), "acme/python", Some("3.11"), Some(digest))),
        ("acme/python", (None, "acme/python", None, None)),
        ("localhost/acme", (Some("localhost"), "acme", None, None)),
        ("localhost", (None, "localhost", None, None)),
        ("localhost:5000", (None, "localhost", Some("5000"), None)),
        ("localhost:5000/a", (Some("localhost:5000"), "a", None, None)),
        ("host:5000/a:b", (Some("host:5000"), "a", Some("b"), None)),
        ("HOST/a", (Some("HOST"), "a", None, None)),
        ("a.b-c.d/e/f", (Some("a.b-c.d"), "e/f", None, None)),
        ("127.0.0.1/a", (Some("127.0.0.1"), "a", None, None)),
        ("[::1]/a", (Some("[::1]"), "a", None, None)),
        ("[2001:db8::1]:5000/a", (Some("[2001:db8::1]:5000"), "a", None, None)),
        ("docker.io/library/debian", (Some("docker.io"), "library/debian", None, None)),
        ("index.docker.io/debian", (Some("index.docker.io"), "debian", None, None)),
        ("foo_bar.com/a", (None, "foo_bar.com/a", None, None)),
        ("a__b/c---d/e.f_g", (None, "a__b/c---d/e.f_g", None, None)),
        ("a:_A-.z", (None, "a", Some("_A-.z"), None)),
    ];
    for (text, parts) in cases {
        let reference = Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let read = (
            reference.domain.as_deref(),
            reference.path.as_str(),
            reference.tag.as_deref(),
            reference.digest.as_deref(),
        );
        assert_eq!(read, parts, "{text}");
        assert_eq!(reference.to_string(), text);
    }
}

#[test]
fn other_digests_have_other_lengths() {
    for (algorithm, length) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
        let good = format!("a@{algorithm}:{}", "0".repeat(length));
        assert_eq!(Reference::parse(&good).expect("a digest").digest.as_deref(), Some(&good[2..]));
        let short = format!("a@{algorithm}:{}", "0".repeat(length - 2));
        assert_eq!(
            Reference::parse(&short).expect_err("a short one").message,
            format!("a {algorithm} digest has {length} hexadecimal digits, not {}", length - 2)
        );
    }
}

#[test]
fn bad_references_say_what_is_wrong() {
    let upper = format!("a@sha256:{}", HEX.to_uppercase());
    let id = format!("`{HEX}` is an image id, not a reference");
    for (text, message) in [
        ("", "an image reference cannot be empty"),
        (HEX, &id),
        ("Acme", "repository name `Acme` must be lowercase"),
        ("acme/Python:3", "repository name `acme/Python` must be lowercase"),
        ("ghcr.io/", "`ghcr.io/` has an empty part in its repository name"),
        ("a//b", "`a//b` has an empty part in its repository name"),
        ("/a", "`/a` has an empty part in its repository name"),
        (":tag", "`:tag` has an empty part in its repository name"),
        ("-a", "`-a` cannot be part of a repository name"),
        ("a-", "`a-` cannot be part of a repository name"),
        ("a..b", "`a..b` cannot be part of a repository name"),
        ("a___b", "`a___b` cannot be part of a repository name"),
        ("a._b", "`a._b` cannot be part of a repository name"),
        ("a b", "`a b` cannot be part of a repository name"),
        ("$x", "`$x` cannot be part of a repository name"),
        ("-host:1/a", "`-host:1` is no registry host"),
        ("host-:1/a", "`host-:1` is no registry host"),
        ("a..b:1/c", "`a..b:1` is no registry host"),
        ("host:x/a", "`host:x` is no registry host"),
        ("host:/a", "`host:` is no registry host"),
        ("[::g]/a", "`[::g]` is no registry host"),
        ("[]:1/a", "`[]:1` is no registry host"),
        ("[::1]x/a", "`[::1]x` is no registry host"),
        ("a:", "the tag is empty"),
        ("a:.b", "`.b` is no tag"),
        ("a:-b", "`-b` is no tag"),
        ("a:b:c", "`b:c` is no tag"),
        ("a:b/c", "`a:b` is no registry host"),
        ("a@", "`` is no digest: the algorithm must be sha256, sha384 or sha512"),
        ("a@md5:00", "`md5:00` is no digest: the algorithm must be sha256, sha384 or sha512"),
        (&upper, "a digest has lowercase hexadecimal digits only"),
    ] {
        let error = Reference::parse(text).expect_err(text);
        assert_eq!(error.message, message, "{text}");
        assert!(error.help.is_some(), "{text}");
    }
}

#[test]
fn names_and_tags_have_limits() {
    let error = |text: &str| Reference::parse(text).expect_err("too long").message;
    let accepted = |text: &str| Reference::parse(text).is_ok();
    let long = "a".repeat(255);
    assert!(accepted(&format!("ghcr.io/{long}")));
    assert_eq!(
        error(&format!("ghcr.io/{long}a")),
        "a repository name must not be longer than 255 characters"
    );
    // `library/` is added to a name of one part on docker's own registry.
    assert!(accepted(&long[..247]));
    assert_eq!(error(&long[..248]), "a repository name must not be longer than 255 characters");
    assert!(accepted(&format!("docker.io/{}", &long[..247])));
    assert_eq!(
        error(&format!("index.docker.io/{}", &long[..248])),
        "a repository name must not be longer than 255 characters"
    );
    assert!(accepted(&format!("b/{}", &long[..253])));
    assert!(accepted(&format!("a:{}", &long[..128])));
    assert_eq!(error(&format!("a:{}", &long[..129])), "a tag must not be longer than 128 characters");
}
