//! What has to hold before anything is published, and which images a command means.

use images_tests::checkout::git;

use crate::world::World;
use crate::{Told, tests};

pub(crate) const ALL: &[(&str, Told)] = tests![
    Told,
    files_that_differ_from_the_commit_are_refused_by_name,
    a_plan_says_that_files_differ_from_the_commit,
    a_refused_variant_is_shown_where_its_version_is,
    pins_that_differ_from_the_commit_are_refused,
    a_name_that_is_not_locked_is_refused_at_its_place,
    what_asks_a_registry_refuses_to_be_offline,
    a_detached_commit_is_as_good_as_a_branch,
    without_a_commit_nothing_is_released,
    private_images_are_left_out,
    a_git_tag_selects_its_image,
    a_git_tag_of_another_version_is_an_error,
    further_aliases_are_checked_and_set,
    a_failing_build_publishes_nothing,
    a_failing_test_publishes_nothing,
    where_there_are_no_tests_none_are_told_of,
    nothing_is_published_on_a_base_of_other_content_than_the_published_one,
];

fn files_that_differ_from_the_commit_are_refused_by_name(world: &World) {
    world.workspace.write("images/base/README.md", "nothing that an image has");
    world.workspace.write("elsewhere.txt", "nor this");
    world.workspace.write("images/app/more", "edited");
    world.workspace.write("images/app/.dockerignore", "x\n");
    let refused = world.release(&["--execute"]);
    assert_eq!(refused.code(), 1);
    let told = "2 files differ from the commit:";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    for (path, is_told) in [
        ("images/app/more", true),
        ("images/app/.dockerignore", true),
        ("README.md", false),
        ("elsewhere.txt", false),
    ] {
        assert_eq!(refused.stderr.contains(path), is_told, "{path}: {}", refused.stderr);
    }
    assert!(refused.stderr.contains("`--allow-dirty`"), "{}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.release(&["base", "--execute"]).ok();
    world.release(&["--execute", "--allow-dirty"]).ok();
}

fn a_plan_says_that_files_differ_from_the_commit(world: &World) {
    world.workspace.write("images/app/more", "edited");
    let planned = world.release(&[]);
    let told = "warning: `--execute` would refuse this: 1 file differs from the commit:\n";
    assert!(planned.stderr.contains(told), "{}", planned.stderr);
    planned.ok();
    let planned = world.release(&["--allow-dirty"]);
    assert!(!planned.stderr.contains("differs from the commit"), "{}", planned.stderr);
}

fn a_refused_variant_is_shown_where_its_version_is(world: &World) {
    let text = "[[variant]]\nversion = \"1.0.0\"\n\n[[variant]]\nversion = \"2.0.0-rc.1\"\n";
    world.workspace.write("images/app/Image.toml", text);
    world.commit();
    world.released();
    world.workspace.write("images/app/more", "edited");
    let refused = world.release(&["--allow-dirty", "--execute"]).stderr;
    for told in [
        "images/app/Image.toml:2:11",
        "`cargo xtask images bump app:1.0.0 --patch`",
        "images/app/Image.toml:5:11",
        "`cargo xtask images bump app:2.0.0-rc.1 --pre rc`",
    ] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
}

/// Images.lock with a pin of the base of `base`.
fn pin(world: &World, digit: &str) {
    world.workspace.image("base", &format!("FROM {}/other/os:1\nCOPY data /data\n", world.address));
    let digest = digit.repeat(64);
    let text = format!(
        "version = 1\n\n[[image]]\nreference = \"{}/other/os:1\"\ndigest = \"sha256:{digest}\"\n\
         platforms = [\"linux/amd64\"]\nresolved = \"2026-01-31T12:00:00Z\"\n",
        world.address
    );
    world.workspace.write("Images.lock", &text);
}

fn pins_that_differ_from_the_commit_are_refused(world: &World) {
    pin(world, "a");
    world.workspace.image("alone", "FROM scratch\nCOPY data /data\n");
    world.workspace.write("images/alone/data", "its own");
    world.commit();
    pin(world, "b");
    let refused = world.release(&["app", "--execute"]);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    let told = "1 file differs from the commit:\n         Images.lock\n";
    assert!(refused.stderr.contains(told), "it is its parent's: {}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    world.release(&["alone", "--execute"]).ok();
}

fn a_name_that_is_not_locked_is_refused_at_its_place(world: &World) {
    pin(world, "a");
    std::fs::remove_file(world.workspace.path().join("Images.lock")).unwrap();
    world.commit();
    for words in [&[][..], &["--execute"]] {
        let refused = world.release(words);
        assert_eq!(refused.code(), 2, "{}", refused.stderr);
        for told in [
            "/other/os:1` is not in Images.lock, and a release adds nothing to it",
            "images/base/Dockerfile:1:6",
        ] {
            assert!(refused.stderr.contains(told), "{}", refused.stderr);
        }
    }
    assert!(!world.workspace.path().join("Images.lock").exists());
}

fn what_asks_a_registry_refuses_to_be_offline(world: &World) {
    for words in [
        &["release", "--workspace", "--offline"][..],
        &["release", "--workspace", "--execute", "--frozen"],
        &["push", "--workspace", "--offline"],
        &["check", "--workspace", "--published", "--offline"],
        &["outdated", "--offline"],
        &["update", "--offline"],
    ] {
        let refused = world.workspace.run(words);
        assert_eq!(refused.code(), 2, "{words:?}: {}", refused.stderr);
        assert!(refused.stderr.contains("--offline forbids the network"), "{words:?}: {}", refused.stderr);
    }
    assert!(world.fake().requests().is_empty());
}

fn a_detached_commit_is_as_good_as_a_branch(world: &World) {
    git(&world.workspace, &["checkout", "--quiet", "--detach"]);
    world.released();
}

fn without_a_commit_nothing_is_released(world: &World) {
    std::fs::remove_dir_all(world.workspace.path().join(".git")).unwrap();
    let refused = world.release(&["--execute"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("is no git checkout with a commit"), "{}", refused.stderr);
    world.release(&[]).ok();
}

fn private_images_are_left_out(world: &World) {
    world.workspace.write("images/base/Image.toml", "[image]\nversion = \"1.0.0\"\npublish = false\n");
    world.commit();
    world.released();
    assert_eq!((world.tags("base").len(), world.tags("app").len()), (0, 4));
    for word in ["base", "--from-tag=base-v1.0.0"] {
        let refused = world.release(&[word]);
        assert_eq!(refused.code(), 2);
        assert!(refused.stderr.contains("`base:1.0.0` is not published"), "{}", refused.stderr);
    }
}

fn a_git_tag_selects_its_image(world: &World) {
    world.release(&["--from-tag=refs/tags/app-v1.0.0", "--execute"]).ok();
    assert_eq!((world.tags("base").len(), world.tags("app").len()), (0, 4));
    for tag in ["v1.0.0", "other-v1.0.0", "app-1.0.0"] {
        let refused = world.release(&[&format!("--from-tag={tag}")]);
        assert_eq!(refused.code(), 2);
        assert!(
            refused.stderr.contains(&format!("the git tag `{tag}` names no image")),
            "{}",
            refused.stderr
        );
    }
    std::fs::remove_dir_all(world.workspace.path().join("images/app")).unwrap();
    let planned = world.release(&["--from-tag=v1.0.0"]).ok();
    assert!(planned.starts_with("publish base:1.0.0 "), "there is one image now: {planned}");
}

fn a_git_tag_of_another_version_is_an_error(world: &World) {
    let refused = world.release(&["--from-tag=app-v1.2.3", "--execute"]);
    assert_eq!(refused.code(), 2);
    let told = "the git tag `app-v1.2.3` is for version 1.2.3, and `app` is 1.0.0";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
}

fn further_aliases_are_checked_and_set(world: &World) {
    let manifest = |aliases: &str| {
        let text = format!("[image]\nversion = \"1.0.0\"\naliases = {aliases}\n");
        world.workspace.write("images/app/Image.toml", &text);
        world.commit();
        world.release(&["app", "--execute"])
    };
    for (aliases, told) in [
        ("[\"a b\"]", "`a b` is no legal tag"),
        ("[\"1.0.0\"]", "the alias `1.0.0` is the tag of version 1.0.0 itself"),
    ] {
        let refused = manifest(aliases);
        assert_eq!(refused.code(), 2);
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        assert!(refused.stderr.contains("images/app/Image.toml:3"), "{}", refused.stderr);
    }
    manifest("[\"stable\"]").ok();
    assert_eq!(world.tags("app")["stable"], "1.0.0");
}

fn a_failing_build_publishes_nothing(world: &World) {
    world.workspace.image("broken", "FROM {ns}/base\nRUN true\n");
    world.commit();
    let ended = world.release(&["--execute"]);
    assert_eq!(ended.code(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("a build failed, so nothing was released"), "{}", ended.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

fn a_failing_test_publishes_nothing(world: &World) {
    let manifest = |user: &str| {
        let test = format!("[[test]]\nname = \"runs as its user\"\nconfig = {{ user = \"{user}\" }}\n");
        world.workspace.write("images/app/Image.toml", &format!("[image]\nversion = \"1.0.0\"\n{test}"));
        world.workspace.write("images/app/Dockerfile", "FROM {ns}/base\nCOPY more /more\nUSER 1000\n");
        world.commit();
    };
    manifest("1001");
    let refused = world.release(&["--execute"]);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    let told = "tests of `app:1.0.0` failed: runs as its user";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new(), "what would have passed is not published either");
    manifest("1000");
    let released = world.release(&["--execute"]);
    assert!(released.stderr.contains("runs as its user"), "it ran by itself: {}", released.stderr);
    released.ok();
    assert_eq!(world.tags("app").len(), 4);
}

fn where_there_are_no_tests_none_are_told_of(world: &World) {
    let released = world.release(&["--execute"]);
    assert!(!released.stderr.contains("tests"), "{}", released.stderr);
    released.ok();
}

fn nothing_is_published_on_a_base_of_other_content_than_the_published_one(world: &World) {
    world.release(&["base", "--execute"]).ok();
    world.workspace.write("images/base/data", "edited");
    world.commit();
    world.writes();
    for words in [&["app"][..], &["app", "--execute"]] {
        let refused = world.release(words);
        assert_eq!(refused.code(), 1, "{}", refused.stderr);
        for told in ["`base:1.0.0` is published with other content", "; what is to be released stands on it"]
        {
            assert!(refused.stderr.contains(told), "{}", refused.stderr);
        }
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    let private = "[image]\nversion = \"1.0.0\"\npublish = false\n";
    world.workspace.write("images/base/Image.toml", private);
    world.commit();
    world.release(&["app", "--execute"]).ok();
}
