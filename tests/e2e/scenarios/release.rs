//! Versions get their tags in a registry.

use images_tests::checkout::{commit, init};
use images_tests::registry;
use serde_json::Value;

use super::Bench;
use super::transfer::family;

pub(super) fn a_version_is_released_once_and_pulled_by_its_alias(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = family(bench, address);
    init(&workspace);

    let release = |words: &[&str]| workspace.run(&[&["release", "--workspace", "--execute"], words].concat());
    let first: Value =
        serde_json::from_str(&release(&["--format=json"]).ok()).expect("it was asked for JSON");
    assert_eq!(workspace.built(), ["base", "child"], "it is built first");
    let (base, child) = (&first["images"][0], &first["images"][1]);
    assert_eq!(child["action"], "publish");
    assert_eq!(child["tags"], serde_json::json!(["1.0.0", "1.0", "1", "latest"]));
    assert_eq!(child["bases"][0]["digest"], base["digest"], "parents come first");
    let tags = registry::get(address, &format!("/v2/{}/child/tags/list", workspace.namespace));
    let tags: Value = serde_json::from_str(&tags).expect("a list of tags is JSON");
    assert_eq!(tags["tags"].as_array().expect("it lists tags").len(), 4, "{tags}");

    let again: Value =
        serde_json::from_str(&release(&["--format=json"]).ok()).expect("it was asked for JSON");
    assert_eq!(again["images"][1]["action"], "published");
    assert_eq!(again["images"][1]["digest"], child["digest"]);

    if let Some(program) = bench.engine.program() {
        let named = |tag: &str| format!("{address}/{}/child:{tag}", workspace.namespace);
        let before = bench.engine.image(&named("1.0.0"));
        bench.engine.remove_images(&workspace.namespace);
        program.pull(&named("latest")).ok();
        let after = bench.engine.image(&named("latest"));
        assert_eq!((after.id, after.files), (before.id, before.files));
    }

    workspace.write("images/child/more", "edited");
    commit(&workspace);
    let refused = release(&[]);
    assert_eq!(refused.code(), 1, "{refused:?}");
    let digest = child["digest"].as_str().expect("a digest is text");
    let told = format!(
        "`child:1.0.0` is published with other content: {address}/{}/child:1.0.0 is {digest}",
        workspace.namespace
    );
    assert!(refused.stderr.contains(&told), "{}", refused.stderr);
    assert!(refused.stderr.contains("since then `more` changed"), "{}", refused.stderr);
}
