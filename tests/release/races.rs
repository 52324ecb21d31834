//! Two releases at once.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use images_tests::checkout::commit;
use images_tests::fake_registry::Fault;

use crate::world::{World, end, release, start};
use crate::{Told, tests};

pub(crate) const ALL: &[(&str, Told)] = tests![
    Told,
    of_two_releases_of_one_version_the_later_loses,
    a_release_whose_tag_is_overwritten_says_so,
    equal_releases_at_once_both_succeed,
    aliases_end_at_the_newest_of_two_versions,
    two_releases_in_one_checkout_come_one_after_the_other,
    no_try_to_set_a_tag_follows_another_blindly,
    what_changes_after_the_questions_is_not_released,
];

const PATIENCE: Duration = Duration::from_secs(60);

/// Another checkout, with other content in `app`.
fn rival(world: &World) -> images_tests::workspace::Workspace {
    let other = world.another_checkout();
    other.write("images/app/more", "theirs");
    commit(&other);
    other
}

/// One is held before it looks at the tag for the last time; meanwhile the other is done.
fn of_two_releases_of_one_version_the_later_loses(world: &World) {
    let other = rival(world);
    world.fake().fault("PUT", "/app/manifests/sha256:", 1, Fault::Hold);
    let child = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE));
    release(&other, &["--execute"]).ok();
    let winner = world.digest("app", "1.0.0").unwrap();
    world.fake().let_go();
    let lost = end(child);
    assert_eq!(lost.code(), 1, "{}", lost.stderr);
    let told = "somebody else released it at the same time: `app:1.0.0` is published with other content";
    assert!(lost.stderr.contains(told), "{}", lost.stderr);
    assert_eq!(world.digest("app", "1.0.0"), Some(winner));
    assert_eq!(world.digest("app", "latest"), Some(winner));
}

/// Both saw that the tag is absent, and the other's comes after ours: ours finds out at its end.
fn a_release_whose_tag_is_overwritten_says_so(world: &World) {
    let other = rival(world);
    world.fake().fault("PUT", "/app/manifests/1.0.0", 1, Fault::Hold);
    let theirs = start(&other, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE), "it has looked");
    world.fake().fault("PUT", "/app/manifests/latest", 1, Fault::Hold);
    let ours = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(2, PATIENCE), "it has set its tag, and not its aliases");
    let before = world.digest("app", "1.0.0");
    world.fake().let_go();
    let (ours, theirs) = (end(ours), end(theirs));
    assert_ne!(world.digest("app", "1.0.0"), before);
    assert_eq!((ours.code(), theirs.code()), (1, 0), "{}\n{}", ours.stderr, theirs.stderr);
    assert!(ours.stderr.contains("somebody else released it at the same time"), "{}", ours.stderr);
}

fn equal_releases_at_once_both_succeed(world: &World) {
    let other = world.another_checkout();
    world.fake().fault("PUT", "/app/manifests/1.0.0", 1, Fault::Hold);
    let child = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE));
    release(&other, &["--execute"]).ok();
    world.fake().let_go();
    end(child).ok();
    assert_eq!(world.told_tags("app"), "1=1.0.0 1.0=1.0.0 1.0.0=1.0.0 latest=1.0.0");
}

/// The older one has decided where `latest` goes before the newer one had its tag, and sets it last.
fn aliases_end_at_the_newest_of_two_versions(world: &World) {
    let other = world.another_checkout();
    other.write("images/app/Image.toml", "[image]\nversion = \"1.1.0\"\n");
    commit(&other);
    world.fake().fault("PUT", "/app/manifests/latest", 1, Fault::Hold);
    let older = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE));
    release(&other, &["--execute"]).ok();
    world.fake().let_go();
    end(older).ok();
    assert_eq!(world.told_tags("app"), "1=1.1.0 1.0=1.0.0 1.0.0=1.0.0 1.1=1.1.0 1.1.0=1.1.0 latest=1.1.0");
}

fn two_releases_in_one_checkout_come_one_after_the_other(world: &World) {
    world.fake().fault("PUT", "/app/manifests/1.0.0", 1, Fault::Hold);
    let first = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE));
    let mut second = start(&world.workspace, &["--execute"]);
    let lines = BufReader::new(second.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut lines = lines.skip_while(|line| !line.contains("waiting for another release of this workspace"));
    assert!(lines.next().is_some(), "it waits");
    world.fake().let_go();
    end(first).ok();
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().any(|line| line.contains("Published app:1.0.0 before")), "{rest:?}");
    end(second).ok();
}

/// A tag is looked at before each try to set it.
fn no_try_to_set_a_tag_follows_another_blindly(world: &World) {
    for (version, fault, expected) in
        [("1.0.1", Fault::Hangup, "GET GET PUT GET PUT GET"), ("1.0.2", Fault::Swallow, "GET GET PUT GET")]
    {
        world.version("app", version);
        let target = format!("/app/manifests/{version}");
        world.fake().fault("PUT", &target, 1, fault);
        world.fake().requests();
        world.release(&["app", "--execute", "--allow-dirty"]).ok();
        let asked = world.fake().requests().into_iter().filter(|request| request.method != "HEAD");
        let about = asked.filter(|request| request.target.ends_with(&target));
        let methods: Vec<_> = about.map(|request| request.method).collect();
        assert_eq!(methods.join(" "), expected);
    }
}

/// The registry was asked about other content than is built then.
fn what_changes_after_the_questions_is_not_released(world: &World) {
    world.fake().fault("GET", "/app/manifests/1.0.0", 1, Fault::Hold);
    let child = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE));
    world.workspace.write("images/app/more", "edited meanwhile");
    world.fake().let_go();
    let refused = end(child);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    assert!(refused.stderr.contains("`app:1.0.0` changed while it was being released"), "{}", refused.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}
