//! What an engine can see changes the key, and nothing else does.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use images_core::key::Parts;

use crate::project::{Project, SETTINGS};

const MANIFEST: &str = "[image]\nversion = \"1.0.0\"\n";

/// One image with a little of everything.
fn project() -> Project {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image_with(
        "app",
        "[image]\nversion = \"1.0.0\"\n[args]\nSEEN = \"a\"\nHTTP_PROXY = \"p\"\nUNSEEN = \"b\"\n[secrets]\ntoken = { env = \"TOKEN\" }\n",
        "FROM acme/base AS build\nARG SEEN\nFROM build\nCOPY --from=docker.io/busybox:1 /x /y\nCOPY files /\n",
    );
    project.write("images/app/files/a", "a");
    project.write("images/app/README.md", "not read");
    project
}

/// Whether the key of `app:1.0.0` changes by what `change` does.
fn changes(change: impl FnOnce(&mut Project)) -> bool {
    let mut project = project();
    let before = project.key("app:1.0.0");
    change(&mut project);
    before != project.key("app:1.0.0")
}

/// Replaces text in a file.
fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path} has {from}");
    project.write(path, text.replace(from, to));
}

fn edits_manifest(from: &str, to: &str) -> bool {
    changes(|project| edit(project, "images/app/Image.toml", from, to))
}

#[test]
fn a_key_is_64_hexadecimal_digits_and_the_same_each_time() {
    let (one, other) = (project(), project());
    let key = one.key("app:1.0.0");
    assert_eq!(key, other.key("app:1.0.0"), "not even the folder counts");
    assert_eq!((key.len(), key.bytes().all(|c| c.is_ascii_hexdigit())), (64, true));
    assert_eq!(one.key("app:1.0.0"), key, "with a stat cache");
}

#[test]
fn what_the_dockerfile_says_counts() {
    assert!(changes(|project| edit(project, "images/app/Dockerfile", "FROM build\n", "FROM build\n\n")));
    assert!(changes(|project| edit(project, "images/app/Dockerfile", "COPY files", "COPY  files")));
    assert!(changes(|project| edit(project, "images/app/Dockerfile", "busybox:1", "busybox:2")));
}

#[test]
fn target_platform_labels_and_secrets_count() {
    assert!(edits_manifest("[args]", "target = \"build\"\n[args]"));
    assert!(edits_manifest("[args]", "platforms = [\"linux/s390x\"]\n[args]"));
    assert!(edits_manifest("[args]", "description = \"An app\"\n[args]"));
    assert!(edits_manifest("[secrets]", "[labels]\nx = \"y\"\n[secrets]"));
    assert!(edits_manifest("token = ", "other = "));
    assert!(!edits_manifest("\"TOKEN\"", "\"ELSEWHERE\""), "where a secret's value comes from does not");
}

#[test]
fn the_platform_of_this_machine_counts_as_if_it_were_written() {
    let host = images_core::workspace::host_platform().to_string();
    assert!(!edits_manifest("[args]", &format!("platforms = [\"{host}\"]\n[args]")));
    assert!(edits_manifest("[args]", &format!("platforms = [\"{host}/v9\"]\n[args]")));
}

#[test]
fn arguments_count_where_something_takes_them() {
    assert!(edits_manifest("SEEN = \"a\"", "SEEN = \"b\""));
    assert!(edits_manifest("HTTP_PROXY = \"p\"", "HTTP_PROXY = \"q\""), "builders know it by themselves");
    assert!(!edits_manifest("UNSEEN = \"b\"", "UNSEEN = \"c\""));
    let given = |name: &str| {
        changes(|project| {
            project.options.build_args.insert(name.to_owned(), "given".to_owned());
        })
    };
    assert!(given("SEEN"));
    assert!(!given("UNSEEN"));
    assert!(given("BUILDKIT_SYNTAX"));
}

#[test]
fn the_version_and_the_tag_count_as_they_are_in_labels() {
    let project = Project::new();
    project.image_with("app", MANIFEST, "FROM scratch\n");
    let before = project.key("app:1.0.0");
    project.image_with("app", "[image]\nversion = \"1.0.1\"\n", "FROM scratch\n");
    assert_ne!(before, project.key("app:1.0.1"));
    project.image_with("app", "[[variant]]\nversion = \"1.0.0\"\nsuffix = \"-b\"\n", "FROM scratch\n");
    assert_ne!(before, project.key("app:1.0.0-b"));
}

#[test]
fn the_name_counts() {
    let project = Project::new();
    project.image_with(
        "a",
        "[image]\nversion = \"1\"\n[labels]\n\"org.opencontainers.image.title\" = \"x\"\n",
        "FROM scratch\n",
    );
    project.image_with(
        "b",
        "[image]\nversion = \"1\"\n[labels]\n\"org.opencontainers.image.title\" = \"x\"\n",
        "FROM scratch\n",
    );
    assert_ne!(project.key("a:1"), project.key("b:1"));
}

#[test]
fn every_part_of_an_entry_counts() {
    assert!(changes(|project| project.write("images/app/files/a", "b")));
    assert!(changes(|project| project.write("images/app/files/b", "")));
    assert!(changes(|project| fs::create_dir(project.path("images/app/files/folder")).unwrap()));
    assert!(changes(|project| {
        project.remove("images/app/files/a");
        project.write("images/app/files/c", "a");
    }));
    let mode = |mode: u32| {
        changes(|project| {
            fs::set_permissions(project.path("images/app/files/a"), Permissions::from_mode(mode)).unwrap();
        })
    };
    assert!(mode(0o755));
    assert!(!mode(0o600), "only whether a file can be executed");
    assert!(changes(|project| {
        project.remove("images/app/files/a");
        std::os::unix::fs::symlink("b", project.path("images/app/files/a")).unwrap();
    }));
}

#[test]
fn a_link_counts_by_what_it_says() {
    let key = |target: &str| {
        let project = project();
        std::os::unix::fs::symlink(target, project.path("images/app/files/l")).unwrap();
        project.key("app:1.0.0")
    };
    assert_eq!(key("a"), key("a"));
    assert_ne!(key("a"), key("b"));
}

#[test]
fn all_mode_bits_count_where_they_are_preserved() {
    let project = project();
    edit(&project, "images/app/Image.toml", "[args]", "modes = \"preserve\"\n[args]");
    let set = |mode| {
        fs::set_permissions(project.path("images/app/files/a"), Permissions::from_mode(mode)).unwrap();
        project.key("app:1.0.0")
    };
    let keys = [set(0o600), set(0o640), set(0o644)];
    assert_eq!(keys[2], set(0o644));
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
}

#[test]
fn what_nobody_sees_does_not_count() {
    assert!(!changes(|project| project.write("images/app/README.md", "changed")));
    assert!(!changes(|project| project.write("images/app/new", "")));
    assert!(!changes(|project| project.write("images/app/files/a", "a")), "a file written again");
    assert!(!changes(|project| project.write("images/base/unread", "")));
    assert!(!changes(|project| project.options.registry = Some("ghcr.io".to_owned())));
    assert!(!changes(|project| edit(project, "images/app/Image.toml", "[args]", "# a comment\n[args]")));
    assert!(!changes(|project| project.build.host.stat_cache = false));
    assert!(!changes(|project| project.build.host.jobs = 1));
}

#[test]
fn an_ignore_file_counts_by_what_it_leaves() {
    assert!(!changes(|project| project.write("images/app/.dockerignore", "README.md\n")));
    assert!(changes(|project| project.write("images/app/.dockerignore", "files/a\n")));
    assert!(changes(|project| project.write("images/app/Dockerfile.dockerignore", "files/a\n")));
}

/// Every file in an image shows it.
#[test]
fn the_time_that_files_get_counts() {
    assert!(changes(|project| project.build.host.epoch = 0));
}

#[test]
fn a_parent_counts_by_its_key_and_not_by_how_it_is_named() {
    assert!(changes(|project| project.write("images/base/Dockerfile", "FROM scratch\nLABEL a=b\n")));
    let project = Project::new();
    project.image_with("base", MANIFEST, "FROM scratch\n");
    project.image("middle", "FROM acme/base\n");
    project.image("app", "FROM acme/middle\n");
    let before = project.keys();
    project.image_with("base", "[image]\nversion = \"1.0.0\"\nvendor = \"x\"\n", "FROM scratch\n");
    let after = project.keys();
    for spec in ["base:1.0.0", "middle:1.0.0", "app:1.0.0"] {
        assert_ne!(before[spec], after[spec], "{spec}");
    }
}

#[test]
fn each_parent_counts_in_its_place() {
    let project = Project::new();
    project.image("a", "FROM scratch\nLABEL a=1\n");
    project.image("b", "FROM scratch\nLABEL b=1\n");
    let key = |first: &str, second: &str| {
        // The Dockerfile stays; what the arguments name changes.
        project.image_with(
            "app",
            &format!(
                "[image]\nversion = \"1\"\n[[variant]]\nargs = {{ X = \"{first}\", Y = \"{second}\" }}\n"
            ),
            "ARG X\nARG Y\nFROM acme/$X AS x\nFROM acme/$Y\nCOPY --from=x /a /b\n",
        );
        project.key("app:1")
    };
    let keys = [key("a", "a"), key("a", "b"), key("b", "a"), key("b", "b")];
    let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn variants_that_read_other_files_have_contexts_of_their_own() {
    let project = Project::new();
    let manifest =
        "[image]\nversion = \"1\"\n[matrix]\nargs = { PART = [\"a\", \"b\"] }\nsuffix = \"-{PART}\"\n";
    project.image_with("app", manifest, "FROM scratch\nARG PART\nCOPY ${PART} /\n");
    project.write("images/app/a", "first");
    project.write("images/app/b", "second");
    let before = project.keys();
    project.write("images/app/b", "changed");
    let after = project.keys();
    assert_eq!(before["app:1-a"], after["app:1-a"]);
    assert_ne!(before["app:1-b"], after["app:1-b"]);
}

#[test]
fn a_namespace_is_part_of_an_images_name() {
    let project = Project::with_settings(&SETTINGS.replace("acme", "other"));
    project.image_with("app", MANIFEST, "FROM scratch\n");
    let other = project.key("app:1.0.0");
    project.write("Cargo.toml", SETTINGS);
    assert_ne!(project.key("app:1.0.0"), other);
}

fn parts() -> Parts {
    Parts {
        format: "f".to_owned(),
        dockerfile: "d".to_owned(),
        target: None,
        platform: "p".to_owned(),
        args: Default::default(),
        labels: Default::default(),
        secrets: Vec::new(),
        parents: Vec::new(),
        externals: Vec::new(),
        epoch: 0,
        context: "c".to_owned(),
    }
}

fn map(pairs: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Texts that would be alike if they were only written one after another.
#[test]
fn no_two_lists_of_parts_have_one_key() {
    let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let with_keys = |keys: &[&str]| keys.iter().map(|key| (String::new(), (*key).to_owned())).collect();
    let all = [
        parts(),
        Parts { format: "fd".to_owned(), dockerfile: String::new(), ..parts() },
        Parts { format: "g".to_owned(), ..parts() },
        Parts { dockerfile: "e".to_owned(), ..parts() },
        Parts { target: Some(String::new()), ..parts() },
        Parts { target: Some("p".to_owned()), ..parts() },
        Parts { platform: "q".to_owned(), ..parts() },
        Parts { args: map(&[("a", "b")]), ..parts() },
        Parts { args: map(&[("ab", "")]), ..parts() },
        Parts { args: map(&[("", "ab")]), ..parts() },
        Parts { labels: map(&[("a", "b")]), ..parts() },
        Parts { args: map(&[("a", "b"), ("c", "d")]), ..parts() },
        Parts { args: map(&[("a", "b")]), labels: map(&[("c", "d")]), ..parts() },
        Parts { secrets: list(&["a", "b"]), ..parts() },
        Parts { secrets: list(&["ab"]), ..parts() },
        Parts { parents: with_keys(&["a", "b"]), ..parts() },
        Parts { parents: with_keys(&["b", "a"]), ..parts() },
        Parts { externals: list(&["a", "b"]), ..parts() },
        Parts { secrets: list(&["a"]), externals: list(&["b"]), ..parts() },
        Parts { epoch: 1, ..parts() },
        Parts { context: "d".to_owned(), ..parts() },
    ];
    let keys: std::collections::BTreeSet<_> = all.iter().map(Parts::key).collect();
    assert_eq!(keys.len(), all.len());
}

#[test]
fn a_parents_name_in_a_record_is_for_people() {
    let named = |name: &str| Parts { parents: vec![(name.to_owned(), "k".to_owned())], ..parts() };
    assert_eq!(named("a:1").key(), named("b:1").key());
}

/// A key that changes without need rebuilds everything everywhere: who means to changes the format's version.
#[test]
fn the_encoding_is_this_one() {
    let parts = Parts {
        target: Some("t".to_owned()),
        args: map(&[("a", "1")]),
        labels: map(&[("l", "2")]),
        secrets: vec!["s".to_owned()],
        parents: vec![("spec".to_owned(), "key".to_owned())],
        externals: vec!["x".to_owned()],
        epoch: 315_532_800,
        ..parts()
    };
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, n: u64| bytes.extend(n.to_le_bytes());
    let text = |bytes: &mut Vec<u8>, text: &str| {
        number(bytes, text.len() as u64);
        bytes.extend(text.as_bytes());
    };
    text(&mut bytes, "f");
    text(&mut bytes, "d");
    number(&mut bytes, 1);
    text(&mut bytes, "t");
    text(&mut bytes, "p");
    for row in [&["a", "1"][..], &["l", "2"], &["s"], &["key"], &["x"]] {
        number(&mut bytes, 1);
        row.iter().for_each(|part| text(&mut bytes, part));
    }
    text(&mut bytes, "315532800");
    text(&mut bytes, "c");
    assert_eq!(parts.key().to_string(), blake3::hash(&bytes).to_hex().to_string());
}
