//! Every reason comes out of the pipeline, from a change that a person can make.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::fake_resolver::digest;
use crate::project::{Project, SETTINGS};

/// `app` with all that a key is made of, built once.
fn built() -> Project {
    let mut project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image("tool", "FROM scratch\nLABEL a=tool\n");
    project.image_with("app", MANIFEST, DOCKERFILE);
    project.write("images/app/files/a", "a");
    project.write("images/app/files/b", "b");
    project.write("images/app/files/sub/c", "c");
    project.build.host.variables.insert("S".to_owned());
    project.built();
    project
}

const MANIFEST: &str =
    "[image]\nversion = \"1\"\n[args]\nA = \"one\"\n[labels]\nl = \"one\"\n[secrets]\ns = { env = \"S\" }\n";
const DOCKERFILE: &str = "ARG A\nARG B\nARG X=acme/base\nARG E=docker.io/busybox:1\nFROM ${X} AS x\nCOPY files /\nFROM ${E}\nCOPY --from=x / /\nCOPY --from=acme/tool / /\n";

impl Project {
    /// The reason for which `app:1` would be built now.
    fn reason(&self) -> String {
        let plan = self.plan_of(&["app"]);
        plan.last().unwrap().strip_prefix("app:1 build: ").unwrap().to_owned()
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has {from}");
        self.write(path, text.replacen(from, to, 1));
    }
}

/// The reason after `change`.
fn after(change: impl FnOnce(&mut Project)) -> String {
    let mut project = built();
    assert_eq!(project.plan_of(&["app"]), ["app:1 fresh"]);
    change(&mut project);
    project.reason()
}

fn after_manifest(from: &str, to: &str) -> String {
    after(|project| project.edit("images/app/Image.toml", from, to))
}

#[test]
fn missing() {
    assert_eq!(
        after(|project| project.engine.remove_variant("app", "localhost/acme/app:1")),
        "not in the store"
    );
}

/// The version's tag is on an image of this very key, but the key's own tag is gone.
#[test]
fn missing_by_its_key_alone() {
    let removed = |project: &mut Project| {
        let name = project.engine.last("app:1").tags[0].clone();
        project.engine.remove(&name);
    };
    assert_eq!(after(removed), "not in the store");
    let without_records = |project: &mut Project| {
        removed(project);
        project.remove("target/images/keys");
    };
    assert_eq!(after(without_records), "not in the store");
}

#[test]
fn foreign() {
    let foreign = |project: &mut Project| {
        let name = project.engine.last("app:1").tags[0].clone();
        project.engine.put(&name, Some(Default::default()));
    };
    assert_eq!(after(foreign), "the store's image of this key has the label of another");
}

#[test]
fn unrecorded() {
    let forgotten = |project: &mut Project| {
        project.remove("target/images/keys");
        project.edit("images/app/files/a", "a", "b");
    };
    assert_eq!(after(forgotten), "its inputs changed; what they were before is not recorded here");
    let unlabelled = |project: &mut Project| {
        project.edit("images/app/files/a", "a", "b");
        project.engine.put("localhost/acme/app:1", None);
    };
    assert_eq!(after(unlabelled), "its inputs changed; what they were before is not recorded here");
}

#[test]
fn format() {
    let older = |project: &mut Project| {
        let record = format!("target/images/keys/{}.json", project.key("app:1"));
        project.edit(&record, "xtask-images key v1", "xtask-images key v0");
        project.edit("images/app/files/a", "a", "b");
    };
    assert_eq!(after(older), "keys are made in another way than before");
}

#[test]
fn dockerfile() {
    assert_eq!(
        after(|project| project.edit("images/app/Dockerfile", "COPY files /", "COPY files ./")),
        "the Dockerfile changed"
    );
}

#[test]
fn target() {
    assert_eq!(after_manifest("[args]", "target = \"x\"\n[args]"), "target changed from none to `x`");
}

#[test]
fn platform() {
    let host = images_core::workspace::host_platform();
    assert_eq!(
        after_manifest("[args]", "platforms = [\"linux/s390x\"]\n[args]"),
        format!("platform changed from `{host}` to `linux/s390x`")
    );
}

#[test]
fn argument() {
    assert_eq!(after_manifest("A = \"one\"", "A = \"two\""), "argument `A` changed from `one` to `two`");
    assert_eq!(after_manifest("A = \"one\"", ""), "argument `A` changed from `one` to none");
    assert_eq!(
        after_manifest("A = \"one\"", "A = \"one\"\nB = \"\""),
        "argument `B` changed from none to ``"
    );
    assert_eq!(
        after_manifest("A = \"one\"", "A = \"two\"\nB = \"\""),
        "argument `A` changed from `one` to `two`",
        "the first by name"
    );
}

#[test]
fn label() {
    assert_eq!(after_manifest("l = \"one\"", "l = \"two\""), "label `l` changed from `one` to `two`");
    assert_eq!(
        after_manifest("[args]", "vendor = \"me\"\n[args]"),
        "label `org.opencontainers.image.vendor` changed from none to `me`"
    );
}

#[test]
fn secrets() {
    assert_eq!(after_manifest("s = {", "t = {"), "its secrets are other ones");
}

#[test]
fn parent() {
    assert_eq!(
        after(|project| project.image("tool", "FROM scratch\nLABEL a=other\n")),
        "its parent `tool:1.0.0` changed"
    );
    assert_eq!(
        after(|project| project.image("base", "FROM scratch\nLABEL a=other\n")),
        "its parent `base:1.0.0` changed"
    );
}

/// One parent less, without another change: the Dockerfile's text comes first in an order that is only seen otherwise.
#[test]
fn parent_that_is_gone() {
    let less = |project: &mut Project| {
        let record = format!("target/images/keys/{}.json", project.key("app:1"));
        let tool = project.key("tool:1.0.0");
        project.edit(
            &record,
            &format!("[\"tool:1.0.0\",\"{tool}\"]"),
            &format!("[\"tool:1.0.0\",\"{tool}\"],[\"more:1\",\"{tool}\"]"),
        );
        project.edit("images/app/files/a", "a", "b");
    };
    assert_eq!(after(less), "its parent `more:1` changed");
}

#[test]
fn external() {
    // The argument comes first, so it is taken out of the record.
    let now = format!("docker.io/library/busybox:1@{}", digest("docker.io/library/busybox:1"));
    let other = |project: &mut Project| {
        let record = format!("target/images/keys/{}.json", project.key("app:1"));
        project.edit(&record, &now, "docker.io/library/busybox:0");
        project.edit("images/app/files/a", "a", "b");
    };
    assert_eq!(after(other), format!("the external image `{now}` changed"));
    let fewer = |project: &mut Project| {
        let record = format!("target/images/keys/{}.json", project.key("app:1"));
        project.edit(&record, &format!("\"{now}\""), &format!("\"{now}\",\"debian\""));
        project.edit("images/app/files/a", "a", "b");
    };
    assert_eq!(after(fewer), "the external image `debian` changed");
}

#[test]
fn epoch() {
    assert_eq!(
        after(|project| project.build.host.epoch = 1),
        "the time of its files changed from 315532800 to 1"
    );
}

#[test]
fn file() {
    assert_eq!(after(|project| project.write("images/app/files/a", "other")), "`files/a` changed");
    assert_eq!(after(|project| project.remove("images/app/files/b")), "`files/b` is gone");
    assert_eq!(after(|project| project.write("images/app/files/new", "")), "`files/new` is new");
    assert_eq!(
        after(|project| {
            fs::set_permissions(project.path("images/app/files/a"), Permissions::from_mode(0o755)).unwrap();
        }),
        "the mode of `files/a` changed"
    );
    assert_eq!(
        after(|project| {
            project.remove("images/app/files/sub");
            project.write("images/app/files/sub", "");
        }),
        "`files/sub` changed"
    );
    assert_eq!(
        after(|project| {
            project.remove("images/app/files/b");
            project.write("images/app/files/a", "other");
        }),
        "`files/a` changed",
        "the first by path"
    );
    assert_eq!(
        after(|project| {
            project.write("images/app/files/b", "other");
            project.write("images/app/files/aa", "");
        }),
        "`files/aa` is new",
        "the first by path, whatever became of it"
    );
}

#[test]
fn tag() {
    let project = built();
    project.engine.remove("localhost/acme/app:1");
    assert_eq!(project.plan_of(&["app"]), ["app:1 retag: its tag is missing or points elsewhere"]);
}

#[test]
fn reasons_are_data_too() {
    use images_core::reason::{Change, FileChange, Reason};
    let json = |reason: Reason| serde_json::to_string(&reason).unwrap();
    assert_eq!(json(Reason::Missing), r#"{"kind":"missing"}"#);
    let change = Change { name: "A".to_owned(), old: None, new: Some("b".to_owned()) };
    assert_eq!(json(Reason::Argument(change)), r#"{"kind":"argument","name":"A","old":null,"new":"b"}"#);
    let file = Reason::File { path: "a".to_owned(), change: FileChange::Removed };
    assert_eq!(json(file), r#"{"kind":"file","path":"a","change":"removed"}"#);
    assert_eq!(json(Reason::Epoch { old: 1, new: 2 }), r#"{"kind":"epoch","old":1,"new":2}"#);
}

#[test]
fn a_variant_that_was_never_built_under_this_version_is_missing() {
    let project = Project::with_settings(SETTINGS);
    project.image("app", "FROM scratch\n");
    project.built();
    project.image_with("app", "[image]\nversion = \"1.0.1\"\n", "FROM scratch\n");
    assert_eq!(project.plan(), ["app:1.0.1 build: not in the store"]);
}
