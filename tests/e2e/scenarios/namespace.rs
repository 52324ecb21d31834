//! A name that belongs to the workspace means the workspace's image, wherever else such a name is.

use images_tests::registry;

use super::Bench;

pub(super) fn a_name_of_ours_is_never_pulled(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = bench.workspace();
    workspace.settings(&format!("registry = \"{address}\"\n"));
    let foreign = format!("{address}/{}/base:1.0.0", workspace.namespace);
    workspace.write("foreign/Dockerfile", "FROM scratch\nCOPY data /data\n");
    workspace.write("foreign/data", "foreign");
    bench.engine.plain_build(&workspace.path().join("foreign"), &foreign).ok();
    bench.engine.push(&foreign).ok();
    bench.engine.remove(std::slice::from_ref(&foreign)).ok();

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
