//! Bases that are pulled.

use images_tests::fake_registry::{Access, FakeRegistry};
use images_tests::workspace::Workspace;

use crate::{blob, build, json, locked, manifest, named};

/// Declares a variant for each of two platforms.
fn variants(workspace: &Workspace, image: &str) {
    let variant = |arch: &str| format!("[[variant]]\nsuffix = \"-{arch}\"\nplatform = \"linux/{arch}\"\n");
    let text = format!("[image]\nversion = \"1.0.0\"\n{}{}", variant("amd64"), variant("arm64"));
    workspace.write(&format!("images/{image}/Image.toml"), &text);
}

#[test]
fn one_name_in_a_registry_is_a_base_for_several_platforms() {
    let registry = FakeRegistry::start(Access::Free);
    let makers = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    makers.settings(&format!("registry = \"{}\"\n", registry.address));
    makers.image("multi", "FROM scratch\nARG TARGETARCH\nENV ARCH=${TARGETARCH}\nCOPY data /\n");
    makers.write("images/multi/data", "data");
    variants(&makers, "multi");
    build(&makers);
    makers.run(&["push", "multi", "--engine", "builtin"]).ok();

    let base = format!("{}/acme/multi:1.0.0", registry.address);
    let users = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    users.write(
        "Cargo.toml",
        "[workspace]\nmembers = []\nresolver = \"3\"\n[workspace.metadata.images]\nnamespace = \"others\"\n",
    );
    users.image("app", &format!("FROM {base}\nCOPY more /more\n"));
    users.write("images/app/more", "more");
    variants(&users, "app");
    users.run(&["build", "app", "--engine", "builtin", "--jobs", "1"]).ok();
    for arch in ["amd64", "arm64"] {
        let image = manifest(&users, &format!("localhost/others/app:1.0.0-{arch}"));
        let config = json(&blob(&users, &image["config"]));
        assert_eq!(config["architecture"], arch);
        assert!(config["config"]["Env"].to_string().contains(&format!("ARCH={arch}")), "{config}");
    }
    assert_eq!(named(&users, &locked(&users, &base))["mediaType"], "application/vnd.oci.image.index.v1+json");
    let _ = registry.requests();
    users.write("images/app/more", "other");
    assert_eq!(build(&users), 2);
    assert_eq!(registry.requests().len(), 0, "both are here");
}
