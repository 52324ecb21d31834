//! What is superseded goes from a store, and nothing else.

use images_tests::engine::{Engine, Tool};
use images_tests::program::run;
use images_tests::workspace::Workspace;
use serde_json::Value;

use super::Bench;

/// `base` ← `app`, built once for each content of `app`'s file. Gives the names of `app`'s keys, the oldest first.
fn built(bench: &Bench, contents: &[&str]) -> (Workspace, Vec<String>) {
    let workspace = bench.workspace();
    workspace.image("base", "FROM scratch\nCOPY data /base\n");
    workspace.write("images/base/data", "base");
    workspace.image("app", "FROM {ns}/base\nCOPY data /app\n");
    let mut keys: Vec<String> = Vec::new();
    for content in contents {
        workspace.write("images/app/data", content);
        workspace.run(&["build", "--workspace"]).ok();
        let names = key_names(bench, &workspace, "app");
        let new = names.into_iter().find(|name| !keys.contains(name));
        keys.push(new.expect("each content has a key of its own"));
    }
    (workspace, keys)
}

fn key_names(bench: &Bench, workspace: &Workspace, image: &str) -> Vec<String> {
    bench.engine.names(&format!("localhost/{}/{image}:key-", workspace.namespace))
}

/// What `gc` says of each name of the workspace: the name, what becomes of it, and why it stays.
#[track_caller]
fn gc(workspace: &Workspace, more: &[&str]) -> Vec<(String, String, Option<String>)> {
    let args = [&["gc", "--keep-for", "0", "--format", "json"], more].concat();
    let told: Value =
        serde_json::from_str(&workspace.run_removing(&args).ok()).expect("it was asked for JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let images = told["images"].as_array().expect("it lists images").iter();
    let image =
        |image: &Value| Some((text(&image["name"])?, text(&image["action"])?, text(&image["reason"])));
    images.filter_map(image).collect()
}

fn going(told: &[(String, String, Option<String>)]) -> Vec<&str> {
    told.iter().filter(|(_, action, _)| action != "keep").map(|(name, ..)| name.as_str()).collect()
}

pub(super) fn superseded_images_go_and_nothing_else(bench: &Bench) {
    let (workspace, keys) = built(bench, &["one", "two", "three"]);
    let names = || bench.engine.names(&format!("localhost/{}", workspace.namespace));
    let mut old = keys[..2].to_vec();
    old.sort();
    if let Some(engine) = bench.engine.program() {
        // Another namespace's, which begins as ours does, and one whose label has another key.
        let digits = "0123456789abcdef0123456789abcdef";
        engine.tag(&keys[2], &format!("localhost/{}-other/app:key-{digits}", workspace.namespace));
        engine.tag(&keys[1], &format!("localhost/{}/app:key-{digits}", workspace.namespace));
    }
    let before = names();
    assert_eq!(going(&gc(&workspace, &[])), old);
    assert_eq!(names(), before, "without `--execute` nothing goes");
    assert_eq!(going(&gc(&workspace, &["--execute"])), old);
    let left: Vec<_> = before.into_iter().filter(|name| !old.contains(name)).collect();
    assert_eq!(names(), left);
    assert_eq!(going(&gc(&workspace, &["--execute"])), [""; 0]);

    workspace.built();
    workspace.run(&["build", "--workspace"]).ok();
    assert_eq!(workspace.built(), [""; 0]);
    let app = bench.engine.image(&workspace.name("app"));
    assert_eq!((app.text("base").as_str(), app.text("app").as_str()), ("base", "three"));
}

pub(super) fn young_images_stay(bench: &Bench) {
    let (workspace, keys) = built(bench, &["one", "two"]);
    let told = workspace.run_removing(&["gc", "--execute"]);
    assert_eq!((told.code(), told.stdout.as_str()), (0, ""), "{}", told.stderr);
    assert!(told.stderr.contains("Removed nothing, 3 of ours stay"), "{}", told.stderr);
    let mut keys = keys;
    keys.sort();
    assert_eq!(key_names(bench, &workspace, "app"), keys);
}

pub(super) fn an_image_that_a_container_uses_stays_until_that_is_gone(bench: &Bench) {
    let (workspace, keys) = built(bench, &["one", "two"]);
    let engine = bench.program();
    let container = hold(engine, &keys[0]);
    let told = gc(&workspace, &["--execute"]);
    let of_old = told.iter().find(|(name, ..)| *name == keys[0]).expect("it is told of");
    assert_eq!((of_old.1.as_str(), of_old.2.as_deref()), ("keep", Some("in-use")));
    assert!(key_names(bench, &workspace, "app").contains(&keys[0]));
    run(engine.command().args(["rm", &container])).ok();
    assert_eq!(going(&gc(&workspace, &["--execute"])), [&keys[0]]);
    assert_eq!(key_names(bench, &workspace, "app"), keys[1..]);
}

/// Makes a container of an image, and gives its name.
fn hold(engine: &Engine, image: &str) -> String {
    let args: &[&str] = match engine.tool {
        Tool::Buildah => &["from", "--pull-never", image],
        Tool::Docker | Tool::Podman => &["create", "--pull=never", image, "/nothing"],
    };
    run(engine.command().args(args)).ok().trim().to_owned()
}
