//! A release that is killed at any of its requests leaves nothing half done, and the same command ends it.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::Duration;

use images_tests::fake_registry::{Access, FakeRegistry, Fault, Silence};
use images_tests::workspace::Workspace;

use crate::world::{World, end, release, start};
use crate::{Told, tests};

pub(crate) const ALL: &[(&str, Told)] = tests![
    Told,
    a_kill_before_any_request_is_made_up_for,
    a_kill_before_an_answer_is_made_up_for,
    an_interrupt_is_made_up_for
];

/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The workspace, in a namespace where nothing is published.
fn rename(workspace: &Workspace, address: &str, number: usize) {
    let text = format!(
        "[workspace]\nmembers = []\nresolver = \"3\"\n\n[workspace.metadata.images]\nmembers = [\"images/*\"]\n\
         namespace = \"acme\"\nregistry = \"{address}\"\n# {number}\n"
    );
    workspace.write("Cargo.toml", &text);
}

fn a_kill_before_any_request_is_made_up_for(world: &World) {
    let places = kill_at((0..).map(Silence::Before), world);
    assert!(places > 40, "{places} places only");
}

/// What a registry did without its answer having come differs from the above in what the journal knows alone.
fn a_kill_before_an_answer_is_made_up_for(world: &World) {
    kill_at((0..).step_by(4).map(Silence::After), world);
}

/// Kills releases at these requests until one has fewer, and returns how many it killed.
fn kill_at(places: impl Iterator<Item = Silence>, world: &World) -> usize {
    for (killed, silence) in places.enumerate() {
        let registry = FakeRegistry::start(Access::Free);
        rename(&world.workspace, &registry.address, killed);
        registry.fall_silent(silence);
        let mut child = start(&world.workspace, &["--execute", "--allow-dirty"]);
        if !falls_silent(&registry, &mut child) {
            end(child).ok();
            assert_eq!(registry.tags().len(), 8);
            return killed;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        registry.thaw();
        assert_eq!(registry.incomplete(), Vec::<String>::new(), "{silence:?}");
        release(&world.workspace, &["--execute", "--allow-dirty"]).ok();
        check_done(&registry.tags(), silence);
        assert_eq!(registry.incomplete(), Vec::<String>::new(), "{silence:?}");
    }
    unreachable!("there are places without an end")
}

/// Whether that comes before the child's end.
fn falls_silent(registry: &FakeRegistry, child: &mut Child) -> bool {
    while !registry.is_silent_within(Duration::from_millis(5)) {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
    }
    true
}

fn check_done(tags: &BTreeMap<String, String>, silence: Silence) {
    let names: Vec<&str> = tags.keys().map(String::as_str).collect();
    let expected = ["1", "1.0", "1.0.0", "latest"];
    let expected: Vec<_> =
        ["app", "base"].iter().flat_map(|image| expected.map(|tag| format!("acme/{image}:{tag}"))).collect();
    assert_eq!(names, expected, "{silence:?}");
    for image in ["app", "base"] {
        let digest = |tag: &str| &tags[&format!("acme/{image}:{tag}")];
        assert!(["1", "1.0", "latest"].iter().all(|tag| digest(tag) == digest("1.0.0")), "{tags:?}");
    }
}

fn an_interrupt_is_made_up_for(world: &World) {
    world.fake().fault("PUT", "/app/manifests/1.0.0", 1, Fault::Hold);
    let child = start(&world.workspace, &["--execute"]);
    assert!(world.fake().holds_within(1, PATIENCE));
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = end(child);
    assert_eq!(ended.code(), 130, "{}", ended.stderr);
    let journal = world.workspace.path().join("target/images/release/journal.json");
    assert!(std::fs::read_to_string(&journal).unwrap().contains("\"tagging\""));
    world.fake().let_go();
    let again = world.release(&["--execute"]);
    assert!(again.stderr.contains("Resuming a release that did not come to its end"), "{}", again.stderr);
    again.ok();
    assert!(!journal.exists());
}
