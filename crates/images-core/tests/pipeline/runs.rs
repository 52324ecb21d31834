//! Runs beside one another, runs that died, and inputs that change under them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use camino::Utf8PathBuf;
use images_core::exec::Outcome;

use crate::fake_engine::files;
use crate::project::{Project, told};

#[test]
fn a_file_that_changes_after_planning_means_a_new_plan() {
    let mut project = Project::new();
    project.image("a", "FROM scratch\n");
    project.image("b", "FROM acme/a\nCOPY file /\n");
    project.write("images/b/file", "before");
    project.build.host.jobs = 1;
    let file = project.path("images/b/file");
    project.engine.on("a:1.0.0", move |_, _| {
        fs::write(&file, "after").unwrap();
        Ok(())
    });
    let before = project.key("b:1.0.0");
    let outcome = project.try_build().unwrap();
    assert_eq!((outcome.built, outcome.fresh, outcome.failed), (1, 1, 0));
    let events = project.events.take();
    assert!(events.contains(&"replans for file".to_owned()));
    assert_eq!(events.iter().filter(|event| event.starts_with("engine ")).count(), 1, "said once");
    let sent = project.engine.last("b:1.0.0");
    assert_eq!(files(&sent.context)["file"], "after");
    let after = project.key("b:1.0.0");
    assert_ne!(before, after);
    assert_eq!(sent.labels["dev.xtask-images.key"], after);
    assert_eq!(project.engine.specs_since(0), ["a:1.0.0", "b:1.0.0"]);
    assert_eq!(project.built(), Vec::<String>::new());
}

#[test]
fn inputs_that_never_rest_are_given_up() {
    let mut project = Project::new();
    project.image("a", "FROM scratch\nCOPY file /\n");
    project.image("b", "FROM acme/a\nCOPY file other /\n");
    project.write("images/a/file", "0");
    project.write("images/b/file", "0");
    project.write("images/b/other", "");
    project.build.host.jobs = 1;
    project.build.host.stat_cache = false;
    // Whenever `a` is built, both change: `b` can never be staged as planned.
    let files = [project.path("images/a/file"), project.path("images/b/file")];
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    project.engine.on("a:1.0.0", move |_, _| {
        let text = format!("{} more", counted.fetch_add(1, Ordering::Relaxed));
        files.iter().for_each(|file| fs::write(file, &text).unwrap());
        Ok(())
    });
    let error = project.try_build().unwrap_err();
    assert_eq!(
        told(&error),
        ["`file` changes faster than it can be read |  | stop what writes to the contexts and build again"]
    );
    assert_eq!(count.load(Ordering::Relaxed), 5);
}

fn lock_file(project: &Project) -> Utf8PathBuf {
    project.path("target/images/fake-unix----run-fake-sock.lock")
}

#[test]
fn a_second_run_waits_for_the_first_and_plans_again() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    fs::create_dir_all(project.path("target/images")).unwrap();
    let held = File::create(lock_file(&project)).unwrap();
    held.lock().unwrap();
    images_engine::threads::beside(
        || {
            while project.events.take() != ["waits"] {
                std::thread::sleep(Duration::from_millis(5));
            }
            // What the other run builds while this one waits.
            let key = project.key("a:1.0.0");
            let labels = BTreeMap::from([("dev.xtask-images.key".to_owned(), key.clone())]);
            project.engine.put(&format!("localhost/acme/a:key-{}", &key[..32]), Some(labels));
            drop(held);
        },
        || {
            let outcome = project.try_build().unwrap();
            assert_eq!(outcome, Outcome { retagged: 1, ..Outcome::default() });
        },
    );
    assert_eq!(project.engine.builds(), []);
    assert_eq!(project.engine.listings(), 2);
}

/// A run that ended between this run's plan and its lock has built what this one planned.
#[test]
fn a_run_that_ended_since_the_plan_means_a_new_plan() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.write(
        "target/images/fake-unix----run-fake-sock.lock",
        "what some other program left here, at length",
    );
    let workspace = project.load();
    let graph = images_core::graph::Graph::of(&workspace, 1).unwrap();
    let selected: Vec<_> = graph.ids().collect();
    let first = AtomicUsize::new(0);
    let detect = || {
        let detected = project.engine.detect();
        if first.fetch_add(1, Ordering::Relaxed) == 0 {
            project.built();
        }
        detected
    };
    let outcome = images_core::build::build(
        &graph,
        &selected,
        &project.build,
        &detect,
        &project.cancel,
        &project.events,
    );
    assert_eq!(outcome.unwrap(), Outcome { fresh: 1, ..Outcome::default() });
    assert_eq!(project.engine.builds().len(), 1);
}

#[test]
fn a_lock_that_nobody_holds_is_no_hindrance() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    fs::create_dir_all(project.path("target/images")).unwrap();
    let left = File::create(lock_file(&project)).unwrap();
    left.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    drop(left);
    assert_eq!(project.built(), ["a:1.0.0"]);
    assert_eq!(project.engine.listings(), 1, "nothing happened since the plan");
}

#[test]
fn a_crash_after_the_tags_and_before_the_record_costs_only_the_reason() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.built();
    project.remove("target/images/keys");
    assert_eq!(project.plan(), ["a:1.0.0 fresh"]);
}

#[test]
fn a_crash_between_the_two_tags_costs_one_tag() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.built();
    project.engine.remove("localhost/acme/a:1.0.0");
    let outcome = project.try_build().unwrap();
    assert_eq!(outcome, Outcome { retagged: 1, ..Outcome::default() });
}
