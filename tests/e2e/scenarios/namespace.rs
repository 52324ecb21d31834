//! A name that belongs to the workspace means the workspace's image, wherever else such a name is.

use images_tests::registry;

use super::Bench;

/// Pushes an image `base` of this namespace that another workspace built, and removes it from the engine.
fn push_foreign(bench: &Bench, address: &str, namespace: &str) {
    let mut other = bench.workspace();
    namespace.clone_into(&mut other.namespace);
    other.settings(&format!("registry = \"{address}\"\n"));
    other.image("base", "FROM scratch\nCOPY data /data\n");
    other.write("images/base/data", "foreign");
    other.run(&["build", "--workspace"]).ok();
    other.run(&["push", "--workspace"]).ok();
    bench.engine.remove_images(namespace);
}

pub(super) fn a_name_of_ours_is_never_pulled(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = bench.workspace();
    workspace.settings(&format!("registry = \"{address}\"\n"));
    let foreign = format!("{address}/{}/base:1.0.0", workspace.namespace);
    push_foreign(bench, address, &workspace.namespace);

    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "ours");
    workspace.image("child", &format!("FROM {foreign}\nCOPY --from={foreign} /data /copy\n"));
    workspace.run(&["build", "child"]).ok();
    assert_eq!(workspace.built(), ["base", "child"]);
    let child = format!("{address}/{}/child:1.0.0", workspace.namespace);
    let child = bench.engine.image(&child);
    assert_eq!([child.text("data"), child.text("copy")], ["ours", "ours"]);
    let tags = registry::get(address, &format!("/v2/{}/base/tags/list", workspace.namespace));
    assert!(tags.contains("\"1.0.0\""), "the other image was there to be pulled: {tags}");
}

pub(super) fn a_name_of_ours_that_is_no_member_is_refused(bench: &Bench) {
    let workspace = bench.workspace();
    workspace.image("base", "FROM scratch\n");
    workspace.image("child", "FROM {ns}/bsae:1.0.0\n");
    let refused = workspace.run(&["build", "--workspace"]);
    assert_eq!(refused.code(), 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("base"), "the nearest name is suggested: {}", refused.stderr);
    assert_eq!(workspace.calls(), "");
}
