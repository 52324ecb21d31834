//! Fresh, tagged again or built: what the store has decides, and nothing else is remembered.

use std::collections::BTreeMap;

use crate::project::Project;

/// `base` ← `tool` ← `app`.
fn chain() -> Project {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image("tool", "FROM acme/base\n");
    project.image("app", "FROM acme/tool\n");
    project
}

#[test]
fn everything_is_missing_at_first_and_fresh_after_a_build() {
    let project = chain();
    assert_eq!(
        project.plan(),
        [
            "base:1.0.0 build: not in the store",
            "tool:1.0.0 build: not in the store",
            "app:1.0.0 build: not in the store"
        ]
    );
    assert_eq!(project.built(), ["base:1.0.0", "tool:1.0.0", "app:1.0.0"]);
    assert_eq!(project.plan(), ["base:1.0.0 fresh", "tool:1.0.0 fresh", "app:1.0.0 fresh"]);
    assert_eq!(project.built(), Vec::<String>::new());
    assert_eq!(project.engine.tagged(), []);
}

#[test]
fn a_plan_lists_the_store_once_and_changes_nothing() {
    let project = chain();
    project.plan();
    assert_eq!(project.engine.listings(), 1);
    assert_eq!(project.engine.builds(), []);
    assert!(project.engine.names().is_empty());
}

#[test]
fn parents_that_nobody_asked_for_are_built_only_where_they_are_missing_for_a_stale_child() {
    let project = chain();
    assert_eq!(
        project.plan_of(&["app"]),
        [
            "base:1.0.0 build: not in the store (not asked for)",
            "tool:1.0.0 build: not in the store (not asked for)",
            "app:1.0.0 build: not in the store"
        ]
    );
    assert_eq!(project.plan_of(&["base"]), ["base:1.0.0 build: not in the store"]);
    project.built();
    project.engine.remove_variant("app", "localhost/acme/app:1.0.0");
    assert_eq!(project.plan_of(&["app"]), ["app:1.0.0 build: not in the store"]);
    project.engine.remove_variant("base", "localhost/acme/base:1.0.0");
    assert_eq!(project.plan_of(&["app"]), ["app:1.0.0 build: not in the store"], "its own parent is there");
    assert_eq!(project.plan_of(&["tool"]), ["tool:1.0.0 fresh"], "a fresh child of a removed parent");
    project.engine.remove_variant("tool", "localhost/acme/tool:1.0.0");
    assert_eq!(
        project.plan_of(&["app"]),
        [
            "base:1.0.0 build: not in the store (not asked for)",
            "tool:1.0.0 build: not in the store (not asked for)",
            "app:1.0.0 build: not in the store"
        ]
    );
}

#[test]
fn a_removed_image_is_built_again_and_its_fresh_children_are_left_alone() {
    let project = chain();
    project.built();
    project.engine.remove_variant("tool", "localhost/acme/tool:1.0.0");
    assert_eq!(project.plan(), ["base:1.0.0 fresh", "tool:1.0.0 build: not in the store", "app:1.0.0 fresh"]);
    assert_eq!(project.built(), ["tool:1.0.0"]);
}

#[test]
fn a_version_that_points_nowhere_or_elsewhere_is_tagged_and_not_built() {
    let project = chain();
    project.built();
    let fresh = project.engine.names();
    project.engine.remove("localhost/acme/tool:1.0.0");
    project.engine.put("localhost/acme/app:1.0.0", None);
    assert_eq!(
        project.plan(),
        [
            "base:1.0.0 fresh",
            "tool:1.0.0 retag: its tag is missing or points elsewhere",
            "app:1.0.0 retag: its tag is missing or points elsewhere"
        ]
    );
    project.events.take();
    let outcome = project.try_build().unwrap();
    assert_eq!((outcome.fresh, outcome.retagged, outcome.built), (1, 2, 0));
    assert_eq!(project.events.take(), ["retagged tool:1.0.0", "retagged app:1.0.0", "fresh base:1.0.0"]);
    assert_eq!(project.engine.names(), fresh);
    assert_eq!(project.engine.tagged()[0].1, "localhost/acme/tool:1.0.0");
    assert_eq!(project.plan(), ["base:1.0.0 fresh", "tool:1.0.0 fresh", "app:1.0.0 fresh"]);
}

#[test]
fn what_was_there_before_a_change_comes_back_by_its_tag() {
    let project = chain();
    project.built();
    project.write("images/app/Dockerfile", "FROM acme/tool\nLABEL a=b\n");
    assert_eq!(project.built(), ["app:1.0.0"]);
    project.write("images/app/Dockerfile", "FROM acme/tool\n");
    assert_eq!(project.plan_of(&["app"]), ["app:1.0.0 retag: its tag is missing or points elsewhere"]);
}

#[test]
fn an_image_whose_label_says_another_key_is_no_substitute() {
    let project = chain();
    project.built();
    let key_name = project.engine.last("app:1.0.0").tags[0].clone();
    let label = |value: &str| Some(BTreeMap::from([("dev.xtask-images.key".to_owned(), value.to_owned())]));
    for labels in [label("0"), Some(BTreeMap::new())] {
        project.engine.remove(&key_name);
        project.engine.put(&key_name, labels);
        assert_eq!(
            project.plan_of(&["app"]),
            ["app:1.0.0 build: the store's image of this key has the label of another"]
        );
    }
    project.built();
    assert_eq!(project.plan_of(&["app"]), ["app:1.0.0 fresh"]);
}

#[test]
fn a_listing_without_labels_goes_by_names_alone() {
    let project = chain();
    project.built();
    project.engine.forget_labels();
    assert_eq!(project.plan(), ["base:1.0.0 fresh", "tool:1.0.0 fresh", "app:1.0.0 fresh"]);
}

#[test]
fn caches_may_go_at_any_time() {
    let project = chain();
    project.built();
    project.remove("target");
    assert_eq!(project.plan(), ["base:1.0.0 fresh", "tool:1.0.0 fresh", "app:1.0.0 fresh"]);
    project.built();
    project.write("images/app/Dockerfile", "FROM acme/tool\nLABEL a=b\n");
    let unrecorded = "app:1.0.0 build: its inputs changed; what they were before is not recorded here";
    assert_eq!(project.plan_of(&["app"]), [unrecorded]);
    assert_eq!(project.built(), ["app:1.0.0"]);
    for entry in project.path("target/images/keys").read_dir_utf8().unwrap() {
        std::fs::write(entry.unwrap().path(), "{\"parts\":").unwrap();
    }
    project.write("images/app/Dockerfile", "FROM acme/tool\nLABEL a=c\n");
    assert_eq!(project.plan_of(&["app"]), [unrecorded], "records that are no records");
    project.write("target/images/stat-cache", "garbage");
    project.write("target/images/builds.jsonl", "garbage\n");
    assert_eq!(project.built(), ["app:1.0.0"]);
}

#[test]
fn one_label_of_another_tool_names_no_record() {
    let project = chain();
    project.built();
    let labels = BTreeMap::from([("dev.xtask-images.key".to_owned(), "../../../Cargo.toml".to_owned())]);
    project.engine.put("localhost/acme/app:1.0.0", Some(labels));
    project.write("images/app/Dockerfile", "FROM acme/tool\nLABEL a=b\n");
    assert_eq!(
        project.plan_of(&["app"]),
        ["app:1.0.0 build: its inputs changed; what they were before is not recorded here"]
    );
}

#[test]
fn a_registry_gives_the_version_its_name_and_the_key_stays_local() {
    let project = Project::with_settings(
        "[workspace]\n[workspace.metadata.images]\nnamespace = \"acme/images\"\nregistry = \"docker.io\"\n",
    );
    project.image("base", "FROM scratch\n");
    project.image("app", "FROM acme/images/base\n");
    project.built();
    let names: Vec<_> = project.engine.names().into_keys().collect();
    let keys = project.keys();
    assert_eq!(
        names,
        [
            "docker.io/acme/images/app:1.0.0".to_owned(),
            "docker.io/acme/images/base:1.0.0".to_owned(),
            format!("localhost/acme/images/app:key-{}", &keys["app:1.0.0"][..32]),
            format!("localhost/acme/images/base:key-{}", &keys["base:1.0.0"][..32]),
        ]
    );
    assert_eq!(project.plan(), ["base:1.0.0 fresh", "app:1.0.0 fresh"]);
}

#[test]
fn variants_that_differ_in_nothing_but_their_tag_are_images_of_their_own() {
    let project = Project::new();
    let manifest = "[image]\nversion = \"1\"\n[[variant]]\n[[variant]]\nsuffix = \"-b\"\n";
    project.image_with("twin", manifest, "FROM scratch\n");
    project.built();
    assert_eq!(project.engine.builds().len(), 2);
    assert_eq!(project.plan(), ["twin:1 fresh", "twin:1-b fresh"]);
}
