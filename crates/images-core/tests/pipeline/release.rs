//! Which images a git tag means. What becomes of a release is told in `tests/release`, with registries.

use images_core::graph::Graph;
use images_core::release::of_git_tag;

use crate::project::{Project, told};

/// The specs that a tag means, or what is wrong with it.
fn meant(project: &Project, tag: &str) -> Vec<String> {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    match of_git_tag(&graph, tag) {
        Ok(ids) => ids.iter().map(|id| graph.spec(*id).to_string()).collect(),
        Err(error) => told(&error),
    }
}

#[test]
fn a_git_tag_means_an_image_or_the_images_of_a_crate() {
    let project = Project::with_settings(
        "[workspace]\nmembers = [\"images/app\", \"api\", \"lib\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n",
    );
    for (folder, name, version) in
        [("images/app", "app-crate", "1.2.3"), ("api", "api", "4.5.6"), ("lib", "lib", "0.1.0")]
    {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n");
        project.write(&format!("{folder}/Cargo.toml"), manifest);
        project.write(&format!("{folder}/src/main.rs"), "fn main() {}\n");
    }
    project.image_with("app", "", "FROM scratch\n");
    project.image_with("by-crate", "[image]\nversion.crate = \"api\"\n", "FROM scratch\n");
    project.image_with("too", "[image]\nversion.crate = \"api\"\n", "FROM scratch\n");
    assert_eq!(meant(&project, "app-v1.2.3"), ["app:1.2.3"]);
    assert_eq!(meant(&project, "app-crate-v1.2.3"), ["app:1.2.3"]);
    assert_eq!(meant(&project, "refs/tags/api-v4.5.6"), ["by-crate:4.5.6", "too:4.5.6"]);
    assert_eq!(meant(&project, "lib-v0.1.0"), [""; 0], "a crate that ships as no image");
    assert_eq!(
        meant(&project, "api-v4.5.7"),
        [
            "the git tag `api-v4.5.7` is for version 4.5.7, and `by-crate` is 4.5.6 |  | check out the commit that has this version, or tag the commit with its own"
        ]
    );
    assert_eq!(
        meant(&project, "v4.5.6"),
        [
            "the git tag `v4.5.6` names no image |  | a release's tag is `NAME-vVERSION`, where NAME is one of app, by-crate, too"
        ]
    );
}

#[test]
fn a_crates_tag_means_all_that_have_its_version_even_if_an_image_has_its_name() {
    let project = Project::with_settings(
        "[workspace]\nmembers = [\"images/api\"]\n[workspace.metadata.images]\nnamespace = \"acme\"\n",
    );
    let manifest = "[package]\nname = \"api\"\nversion = \"4.5.6\"\nedition = \"2024\"\n";
    project.write("images/api/Cargo.toml", manifest);
    project.write("images/api/src/main.rs", "fn main() {}\n");
    project.image_with("api", "", "FROM scratch\n");
    project.image_with("side", "[image]\nversion.crate = \"api\"\n", "FROM acme/api\n");
    project.image("other", "FROM scratch\n");
    assert_eq!(meant(&project, "api-v4.5.6"), ["api:4.5.6", "side:4.5.6"]);
    assert_eq!(meant(&project, "side-v4.5.6"), ["side:4.5.6"]);
    project.image_with("api", "[image]\nversion = \"1.0.0\"\n", "FROM scratch\n");
    assert_eq!(meant(&project, "api-v4.5.6"), ["side:4.5.6"], "the crate's version, not the image's");
    assert_eq!(meant(&project, "api-v1.0.0"), ["api:1.0.0"]);
}

#[test]
fn a_version_alone_means_the_only_image_whose_name_may_begin_with_a_v() {
    let project = Project::new();
    project.image("vault", "FROM scratch\n");
    assert_eq!(meant(&project, "v1.0.0"), ["vault:1.0.0"]);
    assert_eq!(meant(&project, "vault-v1.0.0"), ["vault:1.0.0"]);
    assert_eq!(
        meant(&project, "vault-1.0.0"),
        [
            "the git tag `vault-1.0.0` names no image |  | a release's tag is `NAME-vVERSION` or `vVERSION`, where NAME is one of vault"
        ]
    );
    project.image_with("vault", "[image]\nversion = \"bookworm\"\n", "FROM scratch\n");
    assert_eq!(meant(&project, "vbookworm"), ["vault:bookworm"]);
    project.image_with("vault", "[image]\nversion = \"v1.2.3\"\n", "FROM scratch\n");
    assert_eq!(meant(&project, "v1.2.3"), ["vault:v1.2.3"], "the v is the version's own");
    assert_eq!(meant(&project, "vault-v1.2.3"), ["vault:v1.2.3"]);
}

#[test]
fn of_several_names_the_longest_counts_and_all_variants_of_the_version() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    let variants = "[image]\nversion = \"2.0.0\"\n[[variant]]\n[[variant]]\nsuffix = \"-slim\"\n[[variant]]\nversion = \"3.0.0\"\n";
    project.image_with("a-v1", variants, "FROM scratch\n");
    assert_eq!(meant(&project, "a-v1.0.0"), ["a:1.0.0"]);
    assert_eq!(meant(&project, "a-v1-v2.0.0"), ["a-v1:2.0.0", "a-v1:2.0.0-slim"]);
}
