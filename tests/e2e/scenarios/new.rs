//! New images, as they are written.

use std::collections::BTreeMap;

use images_tests::archive::Node;

use super::Bench;

pub(super) fn new_images_build_without_an_edit(bench: &Bench) {
    let workspace = bench.workspace();
    workspace.run(&["new", "base"]).ok();
    workspace.run(&["new", "job", "--from", "base", "--template", "python"]).ok();
    workspace.run(&["check", "--workspace"]).ok();
    workspace.run(&["build", "job"]).ok();
    assert_eq!(workspace.built(), ["base", "job"]);
    let image = bench.engine.image(&format!("localhost/{}/job:0.1.0", workspace.namespace));
    let script = Node::File { content: b"print(\"Hello from job!\")\n".to_vec(), executable: false };
    assert_eq!(image.files, BTreeMap::from([("srv".into(), Node::Folder), ("srv/main.py".into(), script)]));
}
