//! The engine by itself: what the other scenarios compare with.

use std::collections::BTreeMap;

use images_tests::archive::Node;
use images_tests::machine::namespace_prefix;
use images_tests::registry;

use super::Bench;

/// Builds `FROM scratch`, a label `a=b` and the file `sub/x` with the name. What two builds share, one of them could remove
/// while the other commits it.
fn build(bench: &Bench, name: &str) {
    let context = tempfile::tempdir().expect("a temporary folder");
    let write =
        |name: &str, text: &str| std::fs::write(context.path().join(name), text).expect("the folder is ours");
    write("Dockerfile", "FROM scratch\nLABEL a=b\nCOPY x /sub/x\n");
    write("x", name);
    bench.program().plain_build(context.path(), name).ok();
}

pub(super) fn a_plain_build_is_read_back(bench: &Bench) {
    let name = format!("localhost/{}-plain/{}:1", namespace_prefix(), bench.engine.flavour());
    build(bench, &name);

    let image = bench.engine.image(&name);
    let file = Node::File { content: name.as_bytes().to_vec(), executable: false };
    assert_eq!(image.files, BTreeMap::from([("sub".into(), Node::Folder), ("sub/x".into(), file)]));
    assert_eq!(image.label("a"), Some("b"));

    assert_eq!(bench.engine.names(&name), [name.as_str()]);
    bench.engine.remove(std::slice::from_ref(&name));
    assert_eq!(bench.engine.names(&name), [""; 0]);
}

pub(super) fn the_registry_takes_an_image(bench: &Bench) {
    let registry = bench.registry.as_ref().expect("the scenario needs it");
    let repository = format!("{}-pushed/{}", namespace_prefix(), bench.engine.flavour());
    let name = format!("{registry}/{repository}:1");
    build(bench, &name);
    bench.program().push(&name).ok();
    let tags = registry::get(registry, &format!("/v2/{repository}/tags/list"));
    assert_eq!(tags, format!("{{\"name\":\"{repository}\",\"tags\":[\"1\"]}}\n"));
}
