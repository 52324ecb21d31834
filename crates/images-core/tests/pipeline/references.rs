//! What build scripts are told of the images that are there.

use std::collections::BTreeMap;
use std::fs;

use images_schema::References;

use crate::project::{Project, modified};

fn told(project: &Project) -> BTreeMap<String, String> {
    References::parse(&project.read(References::PATH)).images
}

/// The name by which the tool knows a variant that is built now.
fn named(project: &Project, spec: &str) -> (String, String) {
    let (name, _) = spec.split_once(':').unwrap();
    (spec.to_owned(), format!("localhost/acme/{name}:key-{}", &project.key(spec)[..32]))
}

/// The image `top` on `base`, and `other`.
fn project() -> Project {
    let project = Project::new();
    project.image("base", "FROM scratch\nCOPY file /\n");
    project.image("top", "FROM acme/base\n");
    project.image("other", "FROM scratch\n");
    project.write("images/base/file", "one");
    project
}

#[test]
fn what_is_built_is_named_by_its_key_and_the_file_changes_only_with_it() {
    let project = project();
    project.try_build().unwrap();
    let all = ["base:1.0.0", "other:1.0.0", "top:1.0.0"].map(|spec| named(&project, spec));
    assert_eq!(told(&project), all.clone().into());
    let path = project.path(References::PATH);
    let before = modified(&path);
    project.write("images/base/README.md", "for people");
    project.try_build().unwrap();
    assert_eq!(modified(&path), before, "nothing was built");
    fs::remove_file(&path).unwrap();
    project.try_build().unwrap();
    assert_eq!(told(&project), all.into(), "what is fresh is named as well");
}

#[test]
fn what_was_not_asked_for_or_failed_keeps_its_name_and_what_is_gone_loses_it() {
    let project = project();
    project.try_build().unwrap();
    let before = told(&project);
    project.write("images/base/file", "two");
    project.engine.fail("top:1.0.0");
    project.try_build_of(&["top"]).unwrap();
    let after = told(&project);
    assert_eq!(after["base:1.0.0"], named(&project, "base:1.0.0").1, "it was built for `top`");
    assert_ne!(after["base:1.0.0"], before["base:1.0.0"]);
    assert_eq!(after["top:1.0.0"], before["top:1.0.0"], "the last one that was built");
    assert_eq!(after["other:1.0.0"], before["other:1.0.0"]);
    project.remove("images/other");
    project.try_build_of(&["base"]).unwrap();
    assert_eq!(told(&project).keys().collect::<Vec<_>>(), ["base:1.0.0", "top:1.0.0"]);
}

#[test]
fn a_tag_that_is_set_again_names_the_image() {
    let project = project();
    project.try_build().unwrap();
    fs::remove_file(project.path(References::PATH)).unwrap();
    project.engine.remove("localhost/acme/other:1.0.0");
    assert_eq!(project.try_build().unwrap().retagged, 1);
    assert_eq!(told(&project).len(), 3);
}

#[test]
fn what_another_version_wrote_or_is_damaged_is_written_anew() {
    let project = project();
    project.try_build().unwrap();
    let good = project.read(References::PATH);
    for bad in ["version = 2\n", "version = 1\n[images]\n\"base:1.0.0\" = ", ""] {
        project.write(References::PATH, bad);
        project.try_build().unwrap();
        assert_eq!(project.read(References::PATH), good);
    }
}
