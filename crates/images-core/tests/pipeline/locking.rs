//! Images.lock: what is pinned, what is sent, what changes keys, what is refused.

use images_core::Error;
use images_core::graph::Graph;
use images_core::lock::{self, Change, LockMode, UpdateOptions};
use images_oci::registry::RegistryErrorKind;
use images_schema::{Pin, Severity};

use crate::fake_resolver::{digest, pinned};
use crate::project::{Project, told};

const DEBIAN: &str = "docker.io/library/debian:12";

/// An image on debian, one on that, and one on nothing.
fn project() -> Project {
    let project = Project::new();
    project.image("base", "FROM debian:12\n");
    project.image("app", "FROM acme/base\n");
    project.image("alone", "FROM scratch\n");
    project
}

fn names(project: &Project) -> Vec<String> {
    lock::read(&project.root()).unwrap().images.into_keys().collect()
}

fn locked_only(project: &mut Project) {
    project.build.lock.mode = LockMode::Locked;
}

fn offline(project: &mut Project) {
    project.build.lock.resolver = None;
}

fn problems(project: &Project) -> Vec<String> {
    told(&project.try_build().unwrap_err())
}

fn update(project: &Project, options: &UpdateOptions) -> Result<Vec<Change>, Error> {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    let detect = || project.engine.detect();
    lock::update(&graph, options, &project.registries, &detect, &project.cancel)
}

fn change(name: &str, old: Option<&str>, new: Option<&str>) -> Change {
    let pin = |content: &str| Pin::Digest(digest(content).to_string());
    Change { name: name.to_owned(), old: old.map(pin), new: new.map(pin) }
}

#[test]
fn a_build_pins_what_it_needs_and_sends_the_pin_but_leaves_the_file() {
    let project = project();
    assert_eq!(project.built().len(), 3);
    assert_eq!(names(&project), [DEBIAN]);
    let sent = project.engine.last("base:1.0.0");
    assert_eq!(sent.dockerfile, format!("FROM docker.io/library/debian@{}\n", digest(DEBIAN)));
    assert_eq!(project.read("images/base/Dockerfile"), "FROM debian:12\n");
    assert_eq!(sent.labels["org.opencontainers.image.base.name"], "debian:12");
    assert_eq!(sent.labels["org.opencontainers.image.base.digest"], digest(DEBIAN).to_string());
    assert_eq!(project.registries.asked(), [DEBIAN], "each name once");
    assert!(project.events.take().contains(&format!("locks {DEBIAN}")));
}

#[test]
fn what_is_pinned_is_asked_for_no_more_even_where_its_tag_moved() {
    let mut project = project();
    project.built();
    project.registries.asked();
    let text = project.read("Images.lock");
    project.registries.moves(DEBIAN, "newer");
    locked_only(&mut project);
    assert_eq!(project.built(), [] as [&str; 0]);
    project.engine.remove_variant("base", "localhost/acme/base:1.0.0");
    project.write("images/base/Dockerfile", "FROM debian:12\nLABEL a=b\n");
    assert_eq!(project.built(), ["base:1.0.0", "app:1.0.0"]);
    let sent = project.engine.last("base:1.0.0").dockerfile;
    assert!(sent.contains(&digest(DEBIAN).to_string()), "{sent}");
    assert_eq!(project.registries.asked(), [] as [&str; 0]);
    assert_eq!(project.read("Images.lock"), text);
}

#[test]
fn one_selected_image_pins_only_what_it_stands_on() {
    let project = project();
    project.image("other", "FROM alpine:3\n");
    assert_eq!(project.try_build_of(&["app"]).unwrap().built, 2);
    assert_eq!(names(&project), [DEBIAN]);
    assert_eq!(project.try_build_of(&["other"]).unwrap().built, 1);
    assert_eq!(names(&project), ["docker.io/library/alpine:3", DEBIAN]);
}

#[test]
fn frontends_copied_and_mounted_images_are_pinned_and_stages_that_are_not_needed_are_not() {
    let project = Project::new();
    let text = "# syntax=docker/dockerfile:1\nFROM golang:1 AS unneeded\nFROM ONE\nCOPY --from=two /a /\n\
                RUN --mount=from=three,target=/x true\nONBUILD COPY --from=four:1 /a /\n";
    project.image("a", &text.replace("ONE", "one:1"));
    project.built();
    let hub = |name: &str| format!("docker.io/library/{name}");
    let expected = [
        "docker.io/docker/dockerfile:1".to_owned(),
        hub("four:1"),
        hub("one:1"),
        hub("three:latest"),
        hub("two:latest"),
    ];
    assert_eq!(names(&project), expected);
    let sent = project.engine.last("a:1.0.0").dockerfile;
    let [frontend, four, one, three, two] = expected.map(|name| pinned(&name));
    assert_eq!(
        sent,
        format!(
            "# syntax={frontend}\nFROM scratch AS unneeded\nFROM {one}\nCOPY --from={two} /a /\n\
             RUN --mount=from={three},target=/x true\nONBUILD COPY --from={four} /a /\n"
        )
    );
}

#[test]
fn a_digest_in_the_dockerfile_pins_itself() {
    let project = Project::new();
    let text = format!("FROM debian:12@{}\n", digest("mine"));
    project.image("a", &text);
    project.built();
    assert_eq!(project.registries.asked(), [] as [&str; 0]);
    assert!(!project.path("Images.lock").exists(), "there is nothing to pin");
    let sent = project.engine.last("a:1.0.0");
    assert_eq!(sent.dockerfile, text);
    assert_eq!(sent.labels["org.opencontainers.image.base.digest"], digest("mine").to_string());
}

#[test]
fn a_moved_pin_rebuilds_what_stands_on_it_and_nothing_else() {
    let project = project();
    project.built();
    project.registries.moves(DEBIAN, "newer");
    let changes = update(&project, &UpdateOptions::default()).unwrap();
    assert_eq!(changes, [change(DEBIAN, Some(DEBIAN), Some("newer"))]);
    let newer = digest("newer");
    assert_eq!(
        project.plan(),
        [
            "alone:1.0.0 fresh".to_owned(),
            format!("base:1.0.0 build: the external image `{DEBIAN}@{newer}` changed"),
            "app:1.0.0 build: its parent `base:1.0.0` changed".to_owned(),
        ]
    );
}

#[test]
fn locked_refuses_to_add_and_says_where() {
    let mut project = project();
    locked_only(&mut project);
    let text = &problems(&project)[0];
    let message = format!("`{DEBIAN}` is not in Images.lock, and --locked forbids to add it");
    assert!(
        text.contains(&message) && text.contains("images/base/Dockerfile") && text.contains("debian:12"),
        "{text}"
    );
    project.build.lock.mode = LockMode::Release;
    let text = &problems(&project)[0];
    assert!(text.contains("Images.lock, and a release adds nothing to it"), "{text}");
    assert!(!project.path("Images.lock").exists());
    assert_eq!(project.engine.builds(), []);
}

#[test]
fn a_plan_looks_and_leaves_the_file() {
    let mut project = project();
    project.build.lock.mode = LockMode::Look;
    project.plan();
    assert_eq!(project.registries.asked(), [DEBIAN]);
    assert!(!project.path("Images.lock").exists());
}

#[test]
fn without_a_registry_an_image_of_the_store_is_pinned_by_its_id() {
    let mut project = project();
    project.engine.put("debian:12", None);
    project.registries.breaks(DEBIAN, RegistryErrorKind::Unreachable);
    project.built();
    let lock = lock::read(&project.root()).unwrap();
    let Pin::Id(id) = lock.images[DEBIAN].pin.clone() else { panic!("{lock:?}") };
    let why = Some(format!("{DEBIAN} does not answer"));
    assert!(
        project
            .events
            .take()
            .iter()
            .any(|told| told.starts_with(&format!("locks {DEBIAN} to "))
                && told.ends_with(&format!("{why:?}")))
    );
    assert_eq!(
        project.engine.last("base:1.0.0").dockerfile,
        "FROM debian:12\n",
        "its name is all that engines take"
    );
    offline(&mut project);
    assert_eq!(project.built(), [] as [&str; 0]);
    project.engine.remove("debian:12");
    let text = &problems(&project)[0];
    assert!(text.contains(&format!("the engine has no `{DEBIAN}`")), "{text}");
    project.engine.put("other", None);
    project.engine.put("debian:12", None);
    let text = &problems(&project)[0];
    assert!(text.contains("the engine's `docker.io/library/debian:12` is ") && !id.is_empty(), "{text}");
    let changes = update(&project, &UpdateOptions::default()).unwrap();
    assert!(
        matches!(&changes[..], [Change { old: Some(Pin::Id(old)), new: Some(Pin::Id(new)), .. }] if old != new)
    );
    project.built();
}

#[test]
fn what_nobody_knows_is_left_to_the_engine_and_told() {
    let project = project();
    project.registries.breaks(DEBIAN, RegistryErrorKind::Unreachable);
    project.built();
    assert!(project.events.take().contains(&format!("leaves {DEBIAN}: {DEBIAN} does not answer")));
    assert!(!project.path("Images.lock").exists());
    assert_eq!(project.engine.last("base:1.0.0").dockerfile, "FROM debian:12\n");
}

#[test]
fn offline_nothing_is_asked_and_nothing_is_pulled() {
    let mut project = project();
    offline(&mut project);
    let text = &problems(&project)[0];
    assert!(text.contains("neither in Images.lock nor in the engine's store"), "{text}");
    let before = project.engine.builds().len();
    offline_after_a_pin(&mut project);
    let name = format!("docker.io/library/debian@{}", digest(DEBIAN));
    let text = &problems(&project)[0];
    assert!(text.contains(&format!("does not have `{name}`, and --offline forbids to pull it")), "{text}");
    assert_eq!(project.engine.builds().len(), before, "nothing is built when one cannot be");
    project.engine.put(&name, None);
    project.built();
    assert!(project.engine.last("base:1.0.0").never_pull);
}

fn offline_after_a_pin(project: &mut Project) {
    assert_eq!(update(project, &UpdateOptions::default()).unwrap().len(), 1);
    offline(project);
}

#[test]
fn update_adds_what_is_missing_and_removes_what_is_not_named_but_with_names_only_moves_these() {
    let project = project();
    project.image("other", "FROM alpine:3\n");
    project.built();
    let alpine = "docker.io/library/alpine:3";
    project.registries.moves(DEBIAN, "newer");
    project.registries.moves(alpine, "newer");
    let one = UpdateOptions { references: vec!["debian:12".to_owned()], ..UpdateOptions::default() };
    project.write("images/other/Dockerfile", "FROM alpine:4\n");
    assert_eq!(update(&project, &one).unwrap(), [change(DEBIAN, Some(DEBIAN), Some("newer"))]);
    assert_eq!(names(&project), [alpine, DEBIAN]);
    let four = "docker.io/library/alpine:4";
    let expected = [change(alpine, Some(alpine), None), change(four, None, Some(four))];
    let dry = UpdateOptions { dry_run: true, ..UpdateOptions::default() };
    assert_eq!(update(&project, &dry).unwrap(), expected);
    assert_eq!(names(&project), [alpine, DEBIAN], "a dry run writes nothing");
    assert_eq!(update(&project, &UpdateOptions::default()).unwrap(), expected);
    assert_eq!(names(&project), [four, DEBIAN]);
    assert_eq!(update(&project, &UpdateOptions::default()).unwrap(), []);
}

#[test]
fn update_writes_nothing_when_a_registry_does_not_answer() {
    let project = project();
    project.image("other", "FROM alpine:3\n");
    project.registries.breaks(DEBIAN, RegistryErrorKind::Denied);
    let error = update(&project, &UpdateOptions::default()).unwrap_err();
    assert_eq!(error.exit_code(), 1);
    let message = format!("cannot resolve {DEBIAN}: {DEBIAN} does not answer");
    assert_eq!(told(&error), [format!("images/base/Dockerfile:1 [debian:12] {message} | asked for this | ")]);
    assert!(!project.path("Images.lock").exists());
}

#[test]
fn update_says_what_to_do_about_a_name_that_its_registry_lacks() {
    let project = project();
    project.registries.breaks(DEBIAN, RegistryErrorKind::Absent);
    let text = told(&update(&project, &UpdateOptions::default()).unwrap_err()).remove(0);
    assert!(text.ends_with("| its registry has no such image: name one that there is"), "{text}");
    project.registries.breaks(DEBIAN, RegistryErrorKind::Unavailable);
    let text = told(&update(&project, &UpdateOptions::default()).unwrap_err()).remove(0);
    assert!(text.ends_with("| the registry is busy or broken: try again later"), "{text}");
}

#[test]
fn precise_moves_one_image_to_a_digest() {
    let project = project();
    project.built();
    let precise = Some(digest("older").to_string());
    let options = UpdateOptions { references: vec!["debian:12".to_owned()], precise, dry_run: false };
    assert_eq!(update(&project, &options).unwrap(), [change(DEBIAN, Some(DEBIAN), Some("older"))]);
    let wrong = UpdateOptions { precise: Some("sha256:12".to_owned()), ..options.clone() };
    let text = told(&update(&project, &wrong).unwrap_err()).remove(0);
    assert!(text.starts_with("a sha256 digest has 64 hexadecimal digits, not 2"), "{text}");
    let unknown = UpdateOptions { references: vec!["debain:12".to_owned()], ..options };
    let text = told(&update(&project, &unknown).unwrap_err()).remove(0);
    assert!(text.contains("did you mean `docker.io/library/debian:12`?"), "{text}");
}

#[test]
fn outdated_tells_what_moved_and_changes_nothing() {
    let project = project();
    project.built();
    let text = project.read("Images.lock");
    let outdated = || {
        let workspace = project.load();
        let graph = Graph::of(&workspace, 2).unwrap();
        lock::outdated(&graph, &project.registries, &project.cancel).unwrap()
    };
    assert_eq!(outdated(), []);
    project.registries.moves(DEBIAN, "newer");
    let found = outdated().remove(0);
    assert_eq!((found.name.as_str(), found.latest), (DEBIAN, digest("newer").to_string()));
    assert_eq!(found.locked, Pin::Digest(digest(DEBIAN).to_string()));
    assert_eq!(project.read("Images.lock"), text);
}

#[test]
fn what_the_file_has_too_much_or_too_little_is_found() {
    let project = project();
    project.built();
    project.write("images/base/Dockerfile", "FROM debian:13\n");
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    let all: Vec<_> = graph.ids().collect();
    let messages: Vec<_> =
        lock::findings(&graph, &all, false).unwrap().into_iter().map(|found| found.message).collect();
    assert_eq!(
        messages,
        [
            format!("no Dockerfile names `{DEBIAN}` any more"),
            "`docker.io/library/debian:13` is not in Images.lock".to_owned()
        ]
    );
    let severities = |is_locked| -> Vec<_> {
        lock::findings(&graph, &all, is_locked).unwrap().into_iter().map(|found| found.severity).collect()
    };
    assert_eq!(severities(false), [Severity::Warning, Severity::Warning]);
    assert_eq!(severities(true), [Severity::Warning, Severity::Error], "what is not used harms nobody");
    let alone: Vec<_> = graph.ids().filter(|id| graph.image(*id).name == "alone").collect();
    assert_eq!(lock::findings(&graph, &alone, true).unwrap().len(), 1, "another image's pin is not its own");
}

#[test]
fn a_conflict_in_the_file_stops_everything() {
    let project = project();
    project.write("Images.lock", "version = 1\n<<<<<<< HEAD\n");
    let text = &problems(&project)[0];
    assert!(text.contains("a merge left its conflict in this file"), "{text}");
}
