//! Images from elsewhere stay what they were when they were locked.

use images_tests::workspace::Workspace;

use super::Bench;

/// What the registry has by the one name, from now on.
fn publish(bench: &Bench, address: &str, namespace: &str, content: &str) {
    let mut other = bench.workspace();
    namespace.clone_into(&mut other.namespace);
    other.settings(&format!("registry = \"{address}\"\n"));
    other.image("base", "FROM scratch\nCOPY data /data\n");
    other.write("images/base/data", content);
    other.run(&["build", "base", "--engine", "builtin"]).ok();
    other.run(&["push", "base", "--engine", "builtin"]).ok();
}

/// A workspace whose engine speaks to the registry over plain HTTP: docker does so with every registry of this machine,
/// podman and buildah have to be told, <https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md>.
fn workspace(bench: &Bench, address: &str) -> Workspace {
    let mut workspace = bench.workspace();
    let settings = format!("[[registry]]\nlocation = \"{address}\"\ninsecure = true\n");
    workspace.write("target/registries.conf", &settings);
    let file = workspace.path().join("target/registries.conf");
    workspace.environment.insert("CONTAINERS_REGISTRIES_CONF".into(), file.into());
    workspace
}

fn text(bench: &Bench, workspace: &Workspace) -> String {
    bench.engine.image(&workspace.name("app")).text("copy").to_owned()
}

pub(super) fn a_locked_image_stays_the_same_though_its_tag_moved(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = workspace(bench, address);
    let namespace = format!("{}-elsewhere", workspace.namespace);
    let foreign = format!("{address}/{namespace}/base:1.0.0");
    publish(bench, address, &namespace, "old");
    workspace.image("app", &format!("FROM {foreign}\nCOPY --from={foreign} /data /copy\n"));
    let refused = workspace.run(&["build", "app", "--locked"]);
    assert_eq!(refused.code(), 2, "{refused:?}");
    assert!(refused.stderr.contains("--locked forbids to add it"), "{}", refused.stderr);
    workspace.run(&["build", "app"]).ok();
    assert_eq!(text(bench, &workspace), "old");
    let lock = std::fs::read_to_string(workspace.path().join("Images.lock")).expect("it was written");
    let before = workspace.run(&["plan", "app", "--format", "json"]).ok();

    publish(bench, address, &namespace, "new");
    let outdated = workspace.run(&["outdated"]);
    assert_eq!(outdated.code(), 1, "{outdated:?}");
    assert!(outdated.stdout.starts_with(&format!("{foreign} sha256:")), "{}", outdated.stdout);
    // What stands on it, and it itself: the next build has to pull.
    bench.engine.remove_images(&workspace.namespace);
    workspace.run(&["build", "app", "--locked"]).ok();
    assert_eq!(text(bench, &workspace), "old", "the tag is another image by now");
    assert_eq!(workspace.run(&["plan", "app", "--format", "json"]).ok(), before);

    let dry = workspace.run(&["update", "--dry-run"]).ok();
    assert!(dry.starts_with(&format!("move {foreign} sha256:")), "{dry}");
    let read = || std::fs::read_to_string(workspace.path().join("Images.lock")).expect("it is there");
    assert_eq!(read(), lock, "a dry run writes nothing");
    assert_eq!(workspace.run(&["update"]).ok(), dry);
    assert_eq!(workspace.run(&["outdated"]).ok(), "");
    let planned = workspace.run(&["plan", "app"]).ok();
    // buildah's listing says nothing of what its images were built from.
    if bench.engine.flavour() != "buildah" {
        assert!(planned.contains("the external image `") && planned.contains("` changed"), "{planned}");
    }
    workspace.run(&["build", "app"]).ok();
    assert_eq!(text(bench, &workspace), "new");
}

pub(super) fn without_the_network_only_what_is_there_is_used(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = workspace(bench, address);
    let namespace = format!("{}-elsewhere", workspace.namespace);
    let foreign = format!("{address}/{namespace}/base:1.0.0");
    publish(bench, address, &namespace, "old");
    workspace.image("app", &format!("FROM {foreign}\nCOPY --from={foreign} /data /copy\n"));
    let refused = workspace.run(&["build", "app", "--offline"]);
    assert_eq!(refused.code(), 2, "{refused:?}");
    assert!(
        refused.stderr.contains("neither in Images.lock nor in the engine's store"),
        "{}",
        refused.stderr
    );
    workspace.run(&["update"]).ok();
    let refused = workspace.run(&["build", "app", "--frozen"]);
    assert_eq!(refused.code(), 2, "{refused:?}");
    assert!(refused.stderr.contains("--offline forbids to pull it"), "{}", refused.stderr);
    assert_eq!(workspace.built(), [] as [&str; 0]);
    match bench.engine.program() {
        Some(engine) => {
            let mut quoted = refused.stderr.split('`');
            let pull = quoted.find(|text| text.split(' ').nth(1) == Some("pull")).expect("the help says it");
            engine.pull(pull.rsplit(' ').next().unwrap_or_default()).ok();
        }
        None => {
            workspace.run(&["build", "app"]).ok();
            let text = format!("FROM {foreign}\nENV A=b\nCOPY --from={foreign} /data /copy\n");
            workspace.write("images/app/Dockerfile", &text);
        }
    }
    workspace.run(&["build", "app", "--frozen"]).ok();
    assert_eq!(text(bench, &workspace), "old");
}
