//! What must hold with every registry.

use images_tests::checkout::git;

use crate::world::{World, record, release};
use crate::{Told, tests};

pub(crate) const ALL: &[(&str, Told)] = tests![
    Told,
    a_plan_changes_nothing,
    a_release_sets_the_version_and_its_aliases,
    a_second_release_changes_nothing,
    other_content_by_the_same_version_is_refused,
    a_new_version_moves_the_aliases,
    an_older_patch_leaves_the_aliases_of_newer_versions,
    a_version_that_somebody_overwrote_is_refused,
    a_prerelease_gets_its_tag_alone,
    an_alias_that_was_moved_by_hand_is_set_again,
    variants_for_several_platforms_become_one_index,
    an_index_is_made_of_images_that_are_published_already,
    what_another_checkout_published_with_the_same_key_is_published,
    check_finds_what_is_published_with_other_content,
    what_changed_since_another_machine_published_it_is_told_by_its_commit,
    a_new_version_of_equal_layers_sends_none_of_them,
    an_alias_neither_replaces_a_versions_own_tag_nor_goes_back,
    of_versions_without_an_order_the_default_one_has_the_alias,
];

const FIRST: &str = "1=1.0.0 1.0=1.0.0 1.0.0=1.0.0 latest=1.0.0";

fn a_plan_changes_nothing(world: &World) {
    let planned = world.release(&[]);
    let address = &world.address;
    let expected = format!(
        "publish base:1.0.0 as {address}/acme/base:1.0.0, built first\n  1.0 moves to it\n  1 moves to it\n  latest moves to it\n\
         publish app:1.0.0 as {address}/acme/app:1.0.0, built first\n  1.0 moves to it\n  1 moves to it\n  latest moves to it\n"
    );
    assert!(planned.stderr.contains("nothing was done; `--execute` does it"), "{}", planned.stderr);
    assert_eq!(planned.ok(), expected);
    assert_eq!((world.told_tags("base"), world.told_tags("app")), (String::new(), String::new()));
    assert_eq!(world.workspace.built(), Vec::<String>::new());
}

fn a_release_sets_the_version_and_its_aliases(world: &World) {
    let done = world.released();
    assert_eq!((world.told_tags("base"), world.told_tags("app")), (FIRST.to_owned(), FIRST.to_owned()));
    assert_eq!(world.workspace.built(), ["base", "app"], "what is stale is built first");
    let digest = |image: &str| world.digest(image, "1.0.0").unwrap().to_string();
    let line = |image: &str| format!("{}/acme/{image}:1.0.0@{}\n", world.address, digest(image));
    assert_eq!(done, format!("{}{}", line("base"), line("app")));
    let kept = record(&world.workspace, "app@1.0.0");
    assert_eq!(kept["digest"], digest("app"));
    assert_eq!(kept["bases"][0]["digest"], digest("base"));
    assert_eq!(kept["tags"], serde_json::json!(["1.0.0", "1.0", "1", "latest"]));
    assert_eq!(kept["revision"].as_str().unwrap().len(), 40);
    assert!(!world.workspace.path().join("target/images/release/journal.json").exists());
}

fn a_second_release_changes_nothing(world: &World) {
    world.released();
    let before = (world.tags("base"), world.digest("app", "1.0.0"));
    std::fs::remove_dir_all(world.workspace.path().join("target/images")).unwrap();
    let again = world.release(&["--execute"]);
    assert!(again.stderr.contains("Published app:1.0.0 before"), "{}", again.stderr);
    again.ok();
    assert_eq!((world.tags("base"), world.digest("app", "1.0.0")), before);
    assert_eq!(world.workspace.built(), Vec::<String>::new(), "what is published is not built again");
}

fn other_content_by_the_same_version_is_refused(world: &World) {
    world.released();
    let before = world.digest("base", "1.0.0").unwrap();
    world.workspace.write("images/base/data", "edited");
    world.commit();
    for words in [&[][..], &["--execute"]] {
        let refused = world.release(words);
        assert_eq!(refused.code(), 1, "{}", refused.stderr);
        let reference = format!("{}/acme/base:1.0.0", world.address);
        for part in [
            &format!(
                "`base:1.0.0` is published with other content: {reference} is {before}, and it is another here, with key "
            ),
            "since then `data` changed; publish this as a new version: `cargo xtask images bump base --patch`",
            "since then its parent `base:1.0.0` changed",
        ] {
            assert!(refused.stderr.contains(part), "{part}\n{}", refused.stderr);
        }
    }
    world.workspace.run(&["build", "--workspace", "--engine=builtin"]).ok();
    let refused = world.release(&["--execute"]);
    let two = format!("is {before}, and it is sha256:");
    assert!(refused.stderr.contains(&two), "both digests are named: {}", refused.stderr);
    assert_eq!(world.told_tags("base"), FIRST);
    assert_eq!(world.digest("base", "1.0.0"), Some(before));
}

fn a_new_version_moves_the_aliases(world: &World) {
    world.released();
    world.workspace.write("images/app/more", "edited");
    world.version("app", "1.1.0");
    world.commit();
    world.released();
    assert_eq!(world.told_tags("base"), FIRST);
    assert_eq!(world.told_tags("app"), "1=1.1.0 1.0=1.0.0 1.0.0=1.0.0 1.1=1.1.0 1.1.0=1.1.0 latest=1.1.0");
}

fn an_older_patch_leaves_the_aliases_of_newer_versions(world: &World) {
    a_new_version_moves_the_aliases(world);
    world.version("app", "1.0.5");
    world.commit();
    let planned = world.release(&["app"]).ok();
    assert!(planned.contains("  1.0 moves to it\n  1 stays: 1.1.0 is newer\n"), "{planned}");
    world.released();
    assert_eq!(
        world.told_tags("app"),
        "1=1.1.0 1.0=1.0.5 1.0.0=1.0.0 1.0.5=1.0.5 1.1=1.1.0 1.1.0=1.1.0 latest=1.1.0"
    );
}

fn a_version_that_somebody_overwrote_is_refused(world: &World) {
    a_new_version_moves_the_aliases(world);
    world.put_tag("app", "1.0.0", "1.1.0");
    let [theirs, ours] = [world.digest("app", "1.0.0").unwrap(), world.digest("app", "1.1").unwrap()];
    let refused = world.release(&["--execute"]);
    assert_eq!(refused.code(), 1);
    let told = format!("app:1.1.0 is {theirs}, and it is {ours} here");
    assert!(refused.stderr.contains(&told), "{told}\n{}", refused.stderr);
}

fn a_prerelease_gets_its_tag_alone(world: &World) {
    world.version("app", "2.0.0-rc.1");
    world.commit();
    world.released();
    assert_eq!(world.told_tags("app"), "2.0.0-rc.1=2.0.0-rc.1");
}

fn an_alias_that_was_moved_by_hand_is_set_again(world: &World) {
    a_new_version_moves_the_aliases(world);
    world.put_tag("app", "1.0.0", "latest");
    world.released();
    assert_eq!(world.tags("app")["latest"], "1.1.0");
}

/// An image for two platforms.
fn add_multi(world: &World) {
    world.workspace.image("multi", "FROM scratch\nARG TARGETARCH\nCOPY ${TARGETARCH} /file\n");
    let variant = |arch: &str| {
        world.workspace.write(&format!("images/multi/{arch}"), arch);
        format!("[[variant]]\nsuffix = \"-{arch}\"\nplatform = \"linux/{arch}\"\n")
    };
    let text = format!("[image]\nversion = \"1.0.0\"\n{}{}", variant("amd64"), variant("arm64"));
    world.workspace.write("images/multi/Image.toml", &text);
    world.commit();
}

fn variants_for_several_platforms_become_one_index(world: &World) {
    add_multi(world);
    world.released();
    let kept = record(&world.workspace, "multi@1.0.0");
    assert_eq!(kept["members"], serde_json::json!(["multi:1.0.0-amd64", "multi:1.0.0-arm64"]));
    assert_eq!(kept["platforms"], serde_json::json!(["linux/amd64", "linux/arm64"]));
    assert_eq!(kept["tags"], serde_json::json!(["1.0.0", "1.0", "1", "latest"]));
    let index = world.digest("multi", "latest");
    assert_eq!((world.digest("multi", "1"), world.digest("multi", "1.0.0")), (index, index));
    assert_ne!(world.digest("multi", "1-arm64"), index);
    let again = world.release(&["--execute"]);
    assert!(again.stderr.contains("Published multi:1.0.0 before"), "{}", again.stderr);
    world.workspace.write("images/multi/arm64", "edited");
    let refused = world.release(&["multi", "--execute", "--allow-dirty"]);
    assert!(refused.stderr.contains("`multi:1.0.0` is published with other content"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("`multi:1.0.0-amd64`"), "{}", refused.stderr);
}

fn what_another_checkout_published_with_the_same_key_is_published(world: &World) {
    let other = world.another_checkout();
    // Another commit, so other labels, and other bytes.
    git(&other, &["commit", "--quiet", "--amend", "--message=other", "--date=2001-01-01T00:00:00Z"]);
    release(&other, &["--execute"]).ok();
    let before = world.digest("app", "1.0.0");
    world.workspace.run(&["build", "--workspace", "--engine=builtin"]).ok();
    world.released();
    assert_eq!(world.digest("app", "1.0.0"), before);
    assert_eq!(record(&world.workspace, "app@1.0.0")["digest"], before.unwrap().to_string());
}

fn check_finds_what_is_published_with_other_content(world: &World) {
    let check = || world.workspace.run(&["check", "--workspace", "--published"]);
    check().ok();
    world.released();
    check().ok();
    world.workspace.write("images/base/data", "edited");
    let found = check();
    assert_eq!(found.code(), 1);
    assert!(found.stderr.contains("`base:1.0.0` is published with other content"), "{}", found.stderr);
    assert!(found.stderr.contains("images bump base --patch"), "{}", found.stderr);
}

fn what_changed_since_another_machine_published_it_is_told_by_its_commit(world: &World) {
    world.released();
    let commit = git(&world.workspace, &["rev-parse", "HEAD"]);
    world.workspace.write("images/base/data", "edited");
    world.commit();
    std::fs::remove_dir_all(world.workspace.path().join("target/images")).unwrap();
    let found = world.workspace.run(&["check", "base", "--published"]);
    assert_eq!(found.code(), 1);
    let command = format!("affected base --since {}", commit.trim());
    let told =
        format!("`cargo xtask images {command}` tells what changed since; publish this as a new version");
    assert!(found.stderr.contains(&told), "{}", found.stderr);
    let words: Vec<_> = command.split(' ').collect();
    assert_eq!(world.workspace.run(&words).ok(), "changed base:1.0.0 (`data` changed)\n");
}

fn a_new_version_of_equal_layers_sends_none_of_them(world: &World) {
    world.released();
    world.version("base", "1.0.1");
    world.version("app", "1.0.1");
    world.commit();
    let again = world.release(&["--execute"]);
    for told in [
        "Pushed base:1.0.1 by its digest (1 blob of 0.0 MiB sent, 1 there before)",
        "Pushed app:1.0.1 by its digest (1 blob of 0.0 MiB sent, 2 there before)",
    ] {
        assert!(again.stderr.contains(told), "{told}: {}", again.stderr);
    }
    again.ok();
}

fn an_alias_neither_replaces_a_versions_own_tag_nor_goes_back(world: &World) {
    for version in ["1.0", "0.9"] {
        world.version("app", version);
        world.commit();
        world.release(&["app", "--execute"]).ok();
    }
    assert_eq!(world.told_tags("app"), "0.9=0.9 1.0=1.0 latest=1.0");
    world.version("app", "1.0.0");
    world.commit();
    let planned = world.release(&["app"]).ok();
    assert!(planned.contains("  1.0 stays: it is the tag of a version itself\n"), "{planned}");
    world.release(&["app", "--execute"]).ok();
    assert_eq!(world.told_tags("app"), "0.9=0.9 1=1.0.0 1.0=1.0 1.0.0=1.0.0 latest=1.0.0");
}

fn of_versions_without_an_order_the_default_one_has_the_alias(world: &World) {
    for version in ["trixie", "forky"] {
        world.version("app", version);
        world.commit();
        world.release(&["app", "--execute"]).ok();
    }
    assert_eq!(world.told_tags("app"), "forky=forky latest=forky trixie=trixie");
}

fn an_index_is_made_of_images_that_are_published_already(world: &World) {
    add_multi(world);
    for arch in ["amd64", "arm64"] {
        world.release(&[&format!("multi:1.0.0-{arch}"), "--execute"]).ok();
        std::fs::remove_dir_all(world.workspace.path().join("target/images")).unwrap();
    }
    let versions = ["1-amd64", "1-arm64", "1.0-amd64", "1.0-arm64", "1.0.0-amd64", "1.0.0-arm64"];
    let alone: Vec<_> = world.tags("multi").into_keys().collect();
    assert_eq!(alone, versions, "latest waits for the index");
    world.workspace.built();
    world.release(&["multi", "--execute"]).ok();
    assert_eq!(world.workspace.built(), Vec::<String>::new());
    assert_eq!(
        record(&world.workspace, "multi@1.0.0")["tags"],
        serde_json::json!(["1.0.0", "1.0", "1", "latest"])
    );
}
