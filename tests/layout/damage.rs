//! Damage is told, what is damaged is not kept, and the next build makes up for it.

use std::fs;
use std::path::Path;

use images_tests::fake_registry::{Access, FakeRegistry};
use images_tests::workspace::Workspace;

use crate::{blob, build, layout, locked, manifest, named, workspace};

/// Changes one bit in the middle.
fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// Does harm to a file.
type Spoil = fn(&Path);

/// `base` with a registry.
fn with_registry() -> (Workspace, FakeRegistry) {
    let (workspace, registry) = (workspace(), FakeRegistry::start(Access::Free));
    workspace.settings(&format!("registry = \"{}\"\n", registry.address));
    (workspace, registry)
}

fn name(workspace: &Workspace, registry: &FakeRegistry) -> String {
    format!("{}/{}/base:1.0.0", registry.address, workspace.namespace)
}

#[test]
fn a_flipped_bit_in_a_layer_is_not_pushed_and_the_next_build_makes_the_layer_again() {
    let (workspace, registry) = with_registry();
    assert_eq!(build(&workspace), 1);
    let layer = blob(&workspace, &manifest(&workspace, &name(&workspace, &registry))["layers"][0]);
    let good = fs::read(&layer).unwrap();
    flip(&layer);
    let push = ["push", "base", "--engine", "builtin"];
    let refused = workspace.run(&push);
    assert_eq!((refused.code(), refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
    let told = format!("/{} is damaged: its bytes are sha256:", layer.file_name().unwrap().display());
    assert!(refused.stderr.contains(&told), "{}", refused.stderr);
    assert!(refused.stderr.contains("build again"), "{}", refused.stderr);
    assert!(!layer.exists(), "nothing damaged is kept");

    let refused = workspace.run(&push);
    assert!(refused.stderr.contains("cargo xtask images build base:1.0.0"), "{}", refused.stderr);
    assert_eq!(build(&workspace), 1);
    assert_eq!(fs::read(&layer).unwrap(), good);
    workspace.run(&push).ok();
}

#[test]
fn any_file_of_an_image_that_is_damaged_truncated_or_gone_is_made_again() {
    let spoil: [(&str, Spoil); 3] = [
        ("flipped", flip),
        ("truncated", |file| fs::write(file, &fs::read(file).unwrap()[..9]).unwrap()),
        ("gone", |file| fs::remove_file(file).unwrap()),
    ];
    let workspace = workspace();
    build(&workspace);
    let image = named(&workspace, &workspace.name("base"));
    let manifest = manifest(&workspace, &workspace.name("base"));
    let files = [("manifest", &image), ("config", &manifest["config"]), ("layer", &manifest["layers"][0])];
    for (part, file) in files.map(|(part, descriptor)| (part, blob(&workspace, descriptor))) {
        let good = fs::read(&file).unwrap();
        for (how, spoil) in &spoil {
            spoil(&file);
            if (part, *how) == ("layer", "flipped") {
                // A listing does not read layers; who does is told.
                let exported =
                    workspace.run(&["export", "oci", "base", "--engine", "builtin", "--output", "x"]);
                assert!(exported.stderr.contains("is damaged"), "{}", exported.stderr);
            }
            assert_eq!(build(&workspace), 1, "{part} {how}");
            assert_eq!(fs::read(&file).unwrap(), good, "{part} {how}");
            assert_eq!(build(&workspace), 0, "{part} {how}");
        }
    }
}

#[test]
fn an_index_that_is_truncated_or_gone_is_written_again() {
    let workspace = workspace();
    build(&workspace);
    let index = layout(&workspace).join("index.json");
    let good = fs::read(&index).unwrap();
    for bytes in [
        &good[..good.len() / 2],
        b"",
        b"[]",
        b"{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:../../../../etc/passwd\"}]}",
    ] {
        fs::write(&index, bytes).unwrap();
        assert_eq!(build(&workspace), 1, "{}", String::from_utf8_lossy(bytes));
        assert_eq!(build(&workspace), 0);
    }
    fs::remove_file(&index).unwrap();
    assert_eq!(build(&workspace), 1);
    fs::write(layout(&workspace).join("oci-layout"), "{").unwrap();
    fs::write(&index, &good).unwrap();
    assert_eq!(build(&workspace), 0);
}

/// An image that stands on what is in a registry and not in the workspace.
fn on_a_foreign_base() -> (Workspace, FakeRegistry, String) {
    let (makers, registry) = with_registry();
    build(&makers);
    makers.run(&["push", "base", "--engine", "builtin"]).ok();
    let base = name(&makers, &registry);
    let users = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    users.write(
        "Cargo.toml",
        "[workspace]\nmembers = []\nresolver = \"3\"\n[workspace.metadata.images]\nnamespace = \"others\"\n",
    );
    users.image("app", &format!("FROM {base}\nCOPY more /more\n"));
    users.write("images/app/more", "more");
    (users, registry, base)
}

#[test]
fn a_damaged_blob_of_a_base_is_told_and_pulled_again_by_the_next_build() {
    let (workspace, _registry, base) = on_a_foreign_base();
    build(&workspace);
    let layer = blob(&workspace, &manifest(&workspace, &locked(&workspace, &base))["layers"][0]);
    let good = fs::read(&layer).unwrap();
    flip(&layer);
    workspace.write("images/app/more", "other");
    let failed = workspace.run(&["build", "app", "--engine", "builtin"]);
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("is damaged"), "{}", failed.stderr);
    assert!(failed.stderr.contains("build again"), "{}", failed.stderr);
    assert_eq!(build(&workspace), 1);
    assert_eq!(fs::read(&layer).unwrap(), good);
}

#[test]
fn a_blob_of_a_base_that_is_gone_or_truncated_is_pulled_again_at_once() {
    let (workspace, registry, base) = on_a_foreign_base();
    build(&workspace);
    let base = locked(&workspace, &base);
    let image = named(&workspace, &base);
    let manifest = manifest(&workspace, &base);
    let files = [&image, &manifest["config"], &manifest["layers"][0]].map(|found| blob(&workspace, found));
    for (number, file) in files.iter().enumerate() {
        let good = fs::read(file).unwrap();
        for (how, bytes) in [("gone", None), ("truncated", Some(&good[..5]))] {
            match bytes {
                None => fs::remove_file(file).unwrap(),
                Some(bytes) => fs::write(file, bytes).unwrap(),
            }
            workspace.write("images/app/more", &format!("{number} {how}"));
            assert_eq!(build(&workspace), 1, "{how} {number}");
            assert_eq!(fs::read(file).unwrap(), good, "{how} {number}");
        }
    }
    let _ = registry.requests();
    workspace.write("images/app/more", "last");
    build(&workspace);
    assert_eq!(registry.requests().len(), 0, "what is whole is not asked for");
}

#[test]
fn a_parent_that_is_lost_is_never_asked_of_a_registry() {
    let workspace = workspace();
    workspace.image("child", "FROM {ns}/base\nCOPY more /more\n");
    workspace.write("images/child/more", "more");
    build(&workspace);
    flip(&blob(&workspace, &manifest(&workspace, &workspace.name("base"))["layers"][0]));
    workspace.write("images/child/more", "other");
    let failed = workspace.run(&["build", "child", "--engine", "builtin"]);
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("is damaged"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("pull localhost"), "{}", failed.stderr);
    assert_eq!(build(&workspace), 2, "the parent and its child");
}
