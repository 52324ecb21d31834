//! Images leave their store: to a registry, from which they are pulled again, and to files.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

use images_tests::engine::{Engine, Tool};
use images_tests::program::{find, run};
use images_tests::registry;
use images_tests::workspace::Workspace;
use serde_json::Value;

use super::Bench;

/// A workspace with a registry, and `base` ← `child`.
pub(super) fn family(bench: &Bench, address: &str) -> Workspace {
    let workspace = bench.workspace();
    workspace.settings(&format!("registry = \"{address}\"\n"));
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "ours");
    workspace.image("child", "FROM {ns}/base\nCOPY more /more\nENV A=b\nLABEL own=child\n");
    workspace.write("images/child/more", "more");
    workspace
}

/// The same, built.
fn built(bench: &Bench, address: &str) -> Workspace {
    let workspace = family(bench, address);
    workspace.run(&["build", "--workspace"]).ok();
    workspace
}

/// The blobs of a repository's image.
fn blobs(address: &str, repository: &str, name: &str) -> BTreeSet<String> {
    let accept = "application/vnd.oci.image.manifest.v1+json";
    let manifest = registry::get_accepting(address, &format!("/v2/{repository}/manifests/{name}"), accept);
    let manifest: Value = serde_json::from_str(&manifest).expect("a manifest is JSON");
    let layers = manifest["layers"].as_array().expect("an image has layers").iter();
    layers.map(|layer| layer["digest"].as_str().expect("a layer has a digest").to_owned()).collect()
}

pub(super) fn what_is_pushed_is_pulled_by_its_digest(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = built(bench, address);
    let named = |name: &str| format!("{address}/{}/{name}:1.0.0", workspace.namespace);
    let before = bench.engine.images(&[named("base"), named("child")]);

    let pushed = workspace.run(&["push", "--workspace"]).ok();
    let lines: Vec<&str> = pushed.lines().collect();
    let names: Vec<_> = lines.iter().map(|line| line.split('@').next().unwrap_or_default()).collect();
    assert_eq!(names, [named("base"), named("child")], "parents first");
    let again = workspace.run(&["push", "--workspace", "--format", "json"]).ok();
    let again: Value = serde_json::from_str(&again).expect("it was asked for JSON");
    assert_eq!(again["images"][1]["uploaded"], 0, "all is there: {again}");
    assert_eq!(
        format!("{}@{}", named("child"), again["images"][1]["digest"].as_str().unwrap_or("")),
        lines[1]
    );

    let repository = |name: &str| format!("{}/{name}", workspace.namespace);
    let (base, child) =
        (blobs(address, &repository("base"), "1.0.0"), blobs(address, &repository("child"), "1.0.0"));
    assert!(base.is_subset(&child) && base.len() < child.len(), "{base:?} {child:?}");

    bench.engine.remove_images(&workspace.namespace);
    let digest = lines[1].split('@').nth(1).expect("a line has a digest");
    let by_digest = format!("{address}/{}/child@{digest}", workspace.namespace);
    bench.program().pull(&by_digest).ok();
    bench.program().tag(&by_digest, &named("child"));
    let after = bench.engine.image(&named("child"));
    let before = &before[&named("child")];
    assert_eq!(after.files, before.files);
    assert_eq!(after.id, before.id, "an image keeps the id that its engine gave it");
}

pub(super) fn what_is_stale_or_private_is_not_pushed(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = built(bench, address);
    workspace.write("images/base/data", "edited");
    let refused = workspace.run(&["push", "child"]);
    assert_eq!(refused.code(), 2, "{refused:?}");
    assert!(refused.stderr.contains("`child:1.0.0` is not built as it is now"), "{}", refused.stderr);
    assert!(refused.stderr.contains("cargo xtask images build child:1.0.0"), "{}", refused.stderr);

    workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\npublish = false\n");
    let refused = workspace.run(&["push", "--workspace"]);
    assert_eq!(refused.code(), 2, "{refused:?}");
    assert!(refused.stderr.contains("images/base/Image.toml:3"), "{}", refused.stderr);
    let tags = registry::get(address, &format!("/v2/{}/child/tags/list", workspace.namespace));
    assert!(tags.contains("NAME_UNKNOWN"), "{tags}");
}

pub(super) fn the_built_in_engine_builds_on_what_it_pulls(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = bench.workspace();
    let foreign = format!("{address}/{}-foreign/base:1", workspace.namespace);
    workspace.write("foreign/Dockerfile", "FROM scratch\nCOPY data /data\nENV BASE=1\n");
    workspace.write("foreign/data", "foreign");
    bench.program().plain_build(&workspace.path().join("foreign"), &foreign).ok();
    bench.program().push(&foreign).ok();

    workspace.settings(&format!("registry = \"{address}\"\n"));
    workspace.image("app", &format!("FROM {foreign}\nCOPY more /more\nCOPY --from={foreign} /data /copy\n"));
    workspace.write("images/app/more", "more");
    workspace.run(&["build", "app", "--engine", "builtin"]).ok();
    let pushed = workspace.run(&["push", "app", "--engine", "builtin"]).ok();
    let (name, digest) = pushed.trim().split_once('@').expect("a name and a digest");
    let by_digest = format!("{address}/{}/app@{digest}", workspace.namespace);
    bench.program().pull(&by_digest).ok();
    bench.program().tag(&by_digest, name);
    let pulled = bench.engine.image(name);
    assert_eq!(
        [pulled.text("data"), pulled.text("more"), pulled.text("copy")],
        ["foreign", "more", "foreign"]
    );
    assert!(pulled.config["config"]["Env"].to_string().contains("BASE=1"), "{}", pulled.config);

    if bench.program().tool != Tool::Buildah {
        bench.engine.remove_images(&format!("{}/app", workspace.namespace));
        workspace.run(&["load", "app", "--to", bench.program().tool.name()]).ok();
        assert_eq!(bench.engine.image(name).files, pulled.files);
    }
}

pub(super) fn variants_for_several_platforms_have_one_name(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = bench.workspace();
    workspace.settings(&format!("registry = \"{address}\"\n"));
    workspace.image("multi", "FROM scratch\nARG TARGETARCH\nCOPY ${TARGETARCH} /file\n");
    let variant = |arch: &str| {
        workspace.write(&format!("images/multi/{arch}"), arch);
        format!("[[variant]]\nsuffix = \"-{arch}\"\nplatform = \"linux/{arch}\"\n")
    };
    let manifest = format!("[image]\nversion = \"1.0.0\"\n{}{}", variant("amd64"), variant("arm64"));
    workspace.write("images/multi/Image.toml", &manifest);
    workspace.run(&["build", "multi", "--engine", "builtin"]).ok();
    let pushed = workspace.run(&["push", "multi", "--engine", "builtin"]).ok();
    let tags: Vec<_> = pushed.lines().filter_map(|line| line.split('@').next()?.rsplit(':').next()).collect();
    assert_eq!(tags, ["1.0.0-amd64", "1.0.0-arm64", "1.0.0"]);
    let repository = format!("{}/multi", workspace.namespace);
    let accept = "application/vnd.oci.image.index.v1+json";
    let index = registry::get_accepting(address, &format!("/v2/{repository}/manifests/1.0.0"), accept);
    let index: Value = serde_json::from_str(&index).expect("an index is JSON");
    let manifests = index["manifests"].as_array().expect("it lists manifests").iter();
    let platforms: Vec<_> = manifests.map(|manifest| manifest["platform"]["architecture"].clone()).collect();
    assert_eq!(platforms, ["amd64", "arm64"]);

    let name = format!("{address}/{repository}:1.0.0");
    bench.program().pull(&name).ok();
    let own = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    assert_eq!(bench.engine.image(&name).text("file"), own);
}

pub(super) fn a_container_of_an_image_runs_and_its_code_is_ours(bench: &Bench) {
    let workspace = bench.workspace();
    let dockerfile =
        "FROM scratch\nCOPY inmate /inmate\nENTRYPOINT [\"/inmate\"]\nCMD [\"say\", \"hello\"]\n";
    bench.image(&workspace, "app", dockerfile);
    let tool = bench.program().tool;
    if tool == Tool::Buildah && find("podman").is_none() {
        let refused = workspace.run(&["run", "app"]);
        assert_eq!(refused.code(), 1, "{refused:?}");
        assert!(refused.stderr.contains("cannot start podman"), "{}", refused.stderr);
        return;
    }
    assert_eq!(workspace.run(&["run", "app"]).ok(), "hello\n", "it is built first");
    let failed = workspace.run(&["run", "app", "--", "fail", "7", "2"]);
    assert_eq!((failed.code(), failed.stdout.as_str()), (7, "line 1\nline 2\n"));
    if tool == Tool::Docker {
        let loaded = workspace.run(&["run", "app", "--engine", "builtin", "--", "say", "--all"]);
        assert_eq!(loaded.ok(), "--all\n");
    }
}

pub(super) fn a_pushed_image_runs_after_a_pull_by_its_digest(bench: &Bench) {
    let engine = bench.program();
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let workspace = bench.workspace();
    workspace.settings(&format!("registry = \"{address}\"\n"));
    let dockerfile =
        "FROM scratch\nCOPY inmate /inmate\nENTRYPOINT [\"/inmate\"]\nCMD [\"say\", \"hello\"]\n";
    bench.image(&workspace, "app", dockerfile);
    for builder in [engine.tool.name(), "builtin"] {
        workspace.run(&["build", "app", "--engine", builder]).ok();
        let pushed = workspace.run(&["push", "app", "--engine", builder]).ok();
        engine.remove_images(&workspace.namespace);
        let (_, digest) = pushed.trim().split_once('@').expect("a name and a digest");
        let by_digest = format!("{address}/{}/app@{digest}", workspace.namespace);
        engine.pull(&by_digest).ok();
        assert_eq!(hello(engine, &by_digest), "hello\n", "built by {builder}");
    }
}

/// What a container of the image prints. buildah starts none by an image's own command.
#[track_caller]
fn hello(engine: &Engine, image: &str) -> String {
    if engine.tool != Tool::Buildah {
        return run(engine.command().args(["run", "--rm", image])).ok();
    }
    let container = run(engine.command().args(["from", image])).ok();
    let container = container.trim();
    let said = run(engine.command().args(["run", container, "--", "/inmate", "say", "hello"]));
    run(engine.command().args(["rm", container])).ok();
    said.ok()
}

pub(super) fn layers_of_any_compression_are_loaded(bench: &Bench) {
    let engine = bench.program();
    for compression in ["gzip", "zstd", "none"] {
        let workspace = bench.workspace();
        workspace.image("base", "FROM scratch\nCOPY data /data\n");
        workspace.write("images/base/data", compression);
        workspace.run(&["build", "base", "--engine", "builtin", "--compression", compression]).ok();
        let name = workspace.name("base");
        if engine.tool != Tool::Buildah {
            workspace.run(&["load", "base", "--to", engine.tool.name()]).ok();
            assert_eq!(engine.image(&name).text("data"), compression);
            engine.remove_images(&workspace.namespace);
        }
        workspace.run(&["export", "oci", "base", "--engine", "builtin", "--output", "base.tar"]).ok();
        engine.load(&workspace.path().join("base.tar"), &name);
        assert_eq!(engine.image(&name).text("data"), compression);
    }
}

pub(super) fn an_exported_archive_is_loaded_again(bench: &Bench) {
    let workspace = bench.workspace();
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "ours");
    workspace.run(&["build", "--workspace"]).ok();
    let name = workspace.name("base");
    let before = bench.engine.image(&name);
    workspace.run(&["export", "oci", "base", "--output", "base.tar"]).ok();
    workspace.run(&["export", "oci", "base", "--output", "layout"]).ok();
    let mode = |name: &str| std::fs::metadata(workspace.path().join(name)).map(|file| file.mode() & 0o777);
    std::fs::write(workspace.path().join("any"), "").expect("the folder is ours");
    assert_eq!(mode("base.tar").ok(), mode("any").ok(), "it is a file like any other");
    let index = std::fs::read_to_string(workspace.path().join("layout/index.json")).expect("it was written");
    assert!(index.contains(&name), "{index}");
    bench.engine.remove_images(&workspace.namespace);
    bench.engine.load(&workspace.path().join("base.tar"), &name);
    let after = bench.engine.image(&name);
    assert_eq!((after.id, after.files), (before.id, before.files));
}
