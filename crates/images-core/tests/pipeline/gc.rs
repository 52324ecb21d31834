//! What `gc` removes from a store, and what it leaves there.

use std::collections::BTreeMap;
use std::fs::File;
use std::time::{Duration, SystemTime};

use images_core::Error;
use images_core::gc::{self, Gc, GcOptions, Kept, Verdict};
use images_core::graph::Graph;
use images_core::store::KEY_LABEL;
use images_engine::{Removal, threads};
use images_schema::References;

use crate::project::{Project, told};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const KEY: &str = "00000000000000000000000000000001";

/// `base` ← `app`, built three times: `app` has two keys that nothing needs. Both are returned, the older one first.
fn rebuilt() -> (Project, Vec<String>) {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    let mut names = Vec::new();
    for value in ["1", "2", "3"] {
        project.image("app", &format!("FROM acme/base\nLABEL a={value}\n"));
        project.built();
        names.push(key_name(&project, "app:1.0.0"));
    }
    names.pop();
    (project, names)
}

/// The name that a variant has by its key.
fn key_name(project: &Project, spec: &str) -> String {
    let (name, _) = spec.split_once(':').unwrap();
    format!("localhost/acme/{name}:key-{}", &project.key(spec)[..32])
}

fn try_gc(project: &Project, keep_for: Duration, execute: bool) -> Result<Gc, Error> {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    let options = GcOptions { build: project.build.clone(), keep_for, execute };
    gc::gc(&graph, &options, &|| project.engine.detect(), &project.cancel, &project.events)
}

/// Removes everything that nothing needs, however young it is, and gives what went.
fn removed(project: &Project) -> Vec<String> {
    going(&try_gc(project, Duration::ZERO, true).unwrap())
}

fn going(gc: &Gc) -> Vec<String> {
    gc.images.iter().filter(|image| image.goes()).map(|image| image.name.clone()).collect()
}

/// Why an image stays.
fn kept(gc: &Gc, name: &str) -> Kept {
    let image = gc.images.iter().find(|image| image.name == name).unwrap();
    match &image.verdict {
        Verdict::Keep(kept) => kept.clone(),
        Verdict::Remove { .. } => panic!("{name} goes"),
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

/// Labels of an image whose key begins so.
fn labels(key: &str) -> Option<BTreeMap<String, String>> {
    Some(BTreeMap::from([(KEY_LABEL.to_owned(), format!("{key:0<64}"))]))
}

#[test]
fn superseded_keys_go_one_by_one_and_the_next_build_has_nothing_to_do() {
    let (project, superseded) = rebuilt();
    let others: Vec<_> =
        project.engine.names().into_keys().filter(|name| !superseded.contains(name)).collect();
    assert_eq!(removed(&project), sorted(superseded.clone()));
    assert_eq!(sorted(project.engine.removed()), sorted(superseded));
    assert_eq!(project.engine.names().into_keys().collect::<Vec<_>>(), others);
    assert_eq!(project.built(), [""; 0]);
    assert_eq!(removed(&project), [""; 0], "there is no more to remove");
}

#[test]
fn without_execute_nothing_is_removed() {
    let (project, superseded) = rebuilt();
    let before = project.engine.names();
    let gc = try_gc(&project, Duration::ZERO, false).unwrap();
    assert_eq!(going(&gc), sorted(superseded));
    assert_eq!(gc.images.iter().map(gc::GcImage::freed).sum::<u64>(), 2000);
    assert_eq!((project.engine.removed(), project.engine.names()), (Vec::new(), before));
}

#[test]
fn what_is_not_ours_by_name_and_label_is_not_touched() {
    let (project, superseded) = rebuilt();
    let ours = format!("localhost/acme/app:key-{KEY}");
    project.engine.put(&ours, labels("00000000000000000000000000000002"));
    project.engine.put(&format!("localhost/acme/base:key-{KEY}"), Some(BTreeMap::new()));
    project.engine.put(&format!("localhost/acme/gone:key-{KEY}"), None);
    for name in [
        format!("localhost/other/app:key-{KEY}"),
        format!("localhost/acme/images/app:key-{KEY}"),
        format!("ghcr.io/acme/app:key-{KEY}"),
        format!("localhost/acme/app:key-{KEY}0"),
        "localhost/acme/app:key-1".to_owned(),
    ] {
        project.engine.put(&name, labels(KEY));
    }
    let before = project.engine.names();
    assert_eq!(removed(&project), sorted(superseded.clone()));
    let gone: Vec<_> = before.into_keys().filter(|name| !project.engine.names().contains_key(name)).collect();
    assert_eq!(gone, sorted(superseded));
}

#[test]
fn images_of_members_that_there_were_go_as_well() {
    let (project, mut superseded) = rebuilt();
    let former = format!("localhost/acme/former:key-{KEY}");
    project.engine.put(&former, labels(KEY));
    superseded.push(former);
    assert_eq!(removed(&project), sorted(superseded));
}

#[test]
fn what_a_version_points_at_stays_whoever_set_it() {
    let (project, superseded) = rebuilt();
    project.engine.point("localhost/acme/app:0.9.0", &superseded[0]);
    project.engine.point("ghcr.io/acme/app:1.0.0", &superseded[1]);
    let gc = try_gc(&project, Duration::ZERO, true).unwrap();
    assert_eq!(going(&gc), [""; 0]);
    let version = |name: &str| Kept::Version { name: name.to_owned() };
    assert_eq!(kept(&gc, &superseded[0]), version("localhost/acme/app:0.9.0"));
    assert_eq!(kept(&gc, &superseded[1]), version("ghcr.io/acme/app:1.0.0"));
    let current = Kept::Current { spec: "app:1.0.0".to_owned() };
    assert_eq!(kept(&gc, &key_name(&project, "app:1.0.0")), current);
}

#[test]
fn an_image_with_a_name_of_its_users_loses_only_ours() {
    let (project, superseded) = rebuilt();
    project.engine.point("docker.io/library/mine:debug", &superseded[0]);
    let gc = try_gc(&project, Duration::ZERO, true).unwrap();
    assert_eq!(going(&gc), sorted(superseded.clone()));
    let untagged = gc.images.iter().find(|image| image.name == superseded[0]).unwrap();
    let others = vec!["docker.io/library/mine:debug".to_owned()];
    assert_eq!((&untagged.verdict, untagged.freed()), (&Verdict::Remove { others }, 0));
    assert!(project.engine.names().contains_key("docker.io/library/mine:debug"));
}

#[test]
fn what_build_scripts_were_told_of_stays() {
    let (project, superseded) = rebuilt();
    let mut references = References::parse(&project.read(References::PATH));
    references.images.insert("app:1.0.0".to_owned(), superseded[0].clone());
    project.write(References::PATH, references.to_text());
    let gc = try_gc(&project, Duration::ZERO, true).unwrap();
    assert_eq!(going(&gc), superseded[1..]);
    assert_eq!(kept(&gc, &superseded[0]), Kept::Referenced);
}

#[test]
fn what_is_young_by_the_engine_or_by_our_own_records_stays() {
    let (project, superseded) = rebuilt();
    let elsewhere = [3, 10].map(|days| {
        let key = format!("{days:032x}");
        let name = format!("localhost/acme/app:key-{key}");
        project.engine.put(&name, labels(&key));
        project.engine.date(&name, SystemTime::now() - days * DAY);
        name
    });
    let unknown = format!("localhost/acme/app:key-{KEY}");
    project.engine.put(&unknown, labels(KEY));
    superseded.iter().for_each(|name| project.engine.date(name, SystemTime::now() - 100 * DAY));
    let gc = try_gc(&project, 7 * DAY, true).unwrap();
    assert_eq!(going(&gc), elsewhere[1..]);
    assert!(matches!(kept(&gc, &elsewhere[0]), Kept::Young(Some(age)) if age >= 3 * DAY && age < 4 * DAY));
    assert!(matches!(kept(&gc, &superseded[0]), Kept::Young(Some(age)) if age < DAY), "it was built here");
    assert_eq!(kept(&gc, &unknown), Kept::Young(None));
}

#[test]
fn what_a_kept_image_was_made_from_stays() {
    let (project, superseded) = rebuilt();
    let base = key_name(&project, "base:1.0.0");
    project.engine.point("localhost/acme/app:0.9.0", &superseded[0]);
    project.image("base", "FROM scratch\nLABEL b=1\n");
    project.built();
    let gc = try_gc(&project, Duration::ZERO, true).unwrap();
    assert_eq!(going(&gc).len(), 2, "{gc:?}");
    assert_eq!(kept(&gc, &base), Kept::Parent { of: superseded[0].clone() });
}

#[test]
fn what_is_in_use_stays_and_is_told_and_a_refusal_keeps_nothing_else() {
    let (project, superseded) = rebuilt();
    let extra = format!("localhost/acme/app:key-{KEY}");
    project.engine.put(&extra, labels(KEY));
    project.engine.refuse(&superseded[0], Ok(Removal::InUse("container 1f".to_owned())));
    project.engine.refuse(&superseded[1], Err("the disk is read-only"));
    let gc = try_gc(&project, Duration::ZERO, true).unwrap();
    assert_eq!(going(&gc), [extra]);
    assert_eq!(kept(&gc, &superseded[0]), Kept::InUse { words: "container 1f".to_owned() });
    assert_eq!(kept(&gc, &superseded[1]), Kept::Refused);
    let failed: Vec<_> = gc.failed.iter().map(ToString::to_string).collect();
    assert_eq!(failed, ["fake: the disk is read-only"]);
}

#[test]
fn an_engine_whose_listing_has_no_labels_is_asked_for_those_of_what_may_go() {
    let (project, superseded) = rebuilt();
    let other = format!("localhost/acme/app:key-{KEY}");
    project.engine.put(&other, labels("00000000000000000000000000000002"));
    project.engine.forget_labels();
    assert_eq!(removed(&project), sorted(superseded.clone()));
    assert_eq!(sorted(project.engine.looked_at()), sorted([superseded, vec![other]].concat()));
}

#[test]
fn where_the_keys_of_the_work_tree_are_not_known_nothing_is_removed() {
    let (project, _) = rebuilt();
    project.image("app", "FROM acme/base\nCOPY missing /\n");
    let error = try_gc(&project, Duration::ZERO, true).unwrap_err();
    assert_eq!(error.exit_code(), 2, "{:?}", told(&error));
    assert_eq!(project.engine.removed(), [""; 0]);
}

#[test]
fn a_running_build_is_waited_for() {
    let (project, superseded) = rebuilt();
    let path = project.path("target/images/fake-unix----run-fake-sock.lock");
    let lock = File::options().write(true).open(path).unwrap();
    lock.lock().unwrap();
    project.events.take();
    threads::beside(
        || {
            while !project.events.take().contains(&"waits".to_owned()) {
                std::thread::yield_now();
            }
            assert_eq!(project.engine.removed(), [""; 0], "nothing goes while the build runs");
            lock.unlock().unwrap();
        },
        || assert_eq!(removed(&project), sorted(superseded.clone())),
    );
}

#[test]
fn an_interrupt_ends_it_between_two_removals() {
    let (project, _) = rebuilt();
    project.cancel.interrupt();
    assert!(matches!(try_gc(&project, Duration::ZERO, true), Err(Error::Interrupted)));
    assert_eq!(project.engine.removed(), [""; 0]);
}

#[test]
fn records_of_keys_that_are_gone_go_when_they_are_old() {
    let (project, superseded) = rebuilt();
    let key = |name: &String| name.rsplit('-').next().unwrap().to_owned();
    project.write(&format!("target/images/tests/{:0<64}.json", key(&superseded[0])), "{}");
    project.write("target/images/logs/former@1.0.0.log", "output");
    let files = || {
        let folders = ["keys", "tests", "logs"].into_iter();
        let entries =
            folders.flat_map(|name| project.path("target/images").join(name).read_dir_utf8().unwrap());
        entries.map(|entry| entry.unwrap().into_path()).collect::<Vec<_>>()
    };
    let count = files().len();
    assert_eq!(try_gc(&project, Duration::ZERO, true).unwrap().records.files, 0, "all of it is young");
    assert_eq!(files().len(), count);
    let old = SystemTime::now() - DAY;
    files()
        .iter()
        .for_each(|file| File::options().write(true).open(file).unwrap().set_modified(old).unwrap());
    let gc = try_gc(&project, Duration::ZERO, true).unwrap();
    assert_eq!(gc.records.files, 4, "two of `keys`, one of `tests`, one of `logs`");
    let left: Vec<_> = files().iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    let current = ["base:1.0.0", "app:1.0.0"].map(|spec| format!("{}.json", project.key(spec)));
    let expected = [current.to_vec(), vec!["app@1.0.0.log".to_owned(), "base@1.0.0.log".to_owned()]].concat();
    assert_eq!(sorted(left), sorted(expected));
    assert_eq!(project.built(), [""; 0]);
}
