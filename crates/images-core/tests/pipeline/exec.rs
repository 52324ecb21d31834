//! Builds as the engine sees them, and what becomes of failures, interrupts and changes on the way.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::Utf8PathBuf;
use images_core::exec::Outcome;
use images_core::history::History;
use images_dockerfile::{Feature, FeatureUse};
use images_engine::process::{Cancel, Child, Output};
use images_engine::{BuildFailure, BuildRequest, ContextEntry, ContextEntryKind, EngineError};

use crate::fake_engine::files;
use crate::fake_resolver::{digest, pinned};
use crate::project::{Project, modified, told};

/// `base` ← `left`, `right`; `left` ← `leaf`; and `apart`.
fn diamond() -> Project {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image("left", "FROM acme/base\n");
    project.image("right", "FROM acme/base\n");
    project.image("leaf", "FROM acme/left\nCOPY --from=acme/right /x /x\n");
    project.image("apart", "FROM scratch\n");
    project
}

fn position(specs: &[String], spec: &str) -> usize {
    specs.iter().position(|other| other == spec).unwrap()
}

#[test]
fn parents_come_first_and_each_variant_once() {
    for jobs in [1, 2, 8] {
        let mut project = diamond();
        project.build.host.jobs = jobs;
        let built = project.built();
        assert_eq!(project.engine.missing_parents(), Vec::<String>::new());
        assert_eq!(built.len(), 5);
        for (parent, child) in [("base", "left"), ("base", "right"), ("left", "leaf"), ("right", "leaf")] {
            let place = |name: &str| position(&built, &format!("{name}:1.0.0"));
            assert!(place(parent) < place(child), "{parent} before {child} in {built:?}");
        }
    }
}

#[test]
fn as_many_builds_run_at_once_as_there_are_jobs() {
    for jobs in [1, 3] {
        let mut project = Project::new();
        for name in ["a", "b", "c", "d", "e"] {
            project.image(name, "FROM scratch\n");
        }
        project.build.host.jobs = jobs;
        project.engine.on_every(|_, _| {
            std::thread::sleep(Duration::from_millis(60));
            Ok(())
        });
        project.built();
        assert_eq!(project.engine.most_running(), jobs);
    }
}

#[test]
fn a_build_is_told_from_its_start_to_its_end() {
    let mut project = Project::new();
    project.image("a", "FROM scratch\n");
    project.image("b", "FROM acme/a\n");
    project.build.automatic = true;
    assert_eq!(project.try_build().unwrap(), Outcome { built: 2, ..Outcome::default() });
    assert_eq!(
        project.events.take(),
        [
            "engine fake 1.0, automatic true",
            "starts a:1.0.0: not in the store",
            "built a:1.0.0",
            "starts b:1.0.0: not in the store",
            "built b:1.0.0",
        ]
    );
    assert_eq!(project.try_build().unwrap(), Outcome { fresh: 2, ..Outcome::default() });
    assert_eq!(project.events.take(), ["fresh a:1.0.0", "fresh b:1.0.0"]);
}

#[test]
fn the_engine_gets_exactly_the_context_the_tags_and_the_rewritten_dockerfile() {
    let project = Project::with_settings(
        "[workspace]\n[workspace.metadata.images]\nnamespace = \"acme\"\nregistry = \"ghcr.io\"\n",
    );
    project.image("base", "FROM scratch\n");
    let dockerfile = "# comment\r\nARG V=1\r\nFROM ghcr.io/acme/base:${V} AS build # x\r\nRUN true \\\r\n  && false\r\nFROM docker.io/busybox\r\nCOPY --from=build /z /z\r\nCOPY --from=acme/base /x /y\r\nCOPY . /\r\n";
    let dockerfile = dockerfile.replace(" # x", "");
    project.image_with(
        "app",
        "[image]\nversion = \"2.0.0\"\nplatforms = [\"linux/s390x\"]\n[args]\nV = \"1.0\"\nW = \"x\"\n",
        &dockerfile,
    );
    project.write("images/app/.dockerignore", "Dockerfile\nImage.toml\n.dockerignore\nsecret*\n");
    project.write("images/app/secret.txt", "no");
    project.write("images/app/src/main", "fn main() {}");
    project.built();
    let sent = project.engine.last("app:2.0.0");
    let key = project.key("app:2.0.0");
    assert_eq!(
        sent.tags,
        [format!("localhost/acme/app:key-{}", &key[..32]), "ghcr.io/acme/app:2.0.0".to_owned()]
    );
    assert_eq!(files(&sent.context), BTreeMap::from([("src/main".to_owned(), "fn main() {}".to_owned())]));
    assert_eq!(sent.context.parent().unwrap(), project.path("target/images/stage"));
    assert_eq!(sent.dockerfile_path, project.path(&format!("target/images/stage/{key}.file/Dockerfile")));
    let base = format!("localhost/acme/base:key-{}", &project.key("base:1.0.0")[..32]);
    let expected = dockerfile
        .replace("ghcr.io/acme/base:${V}", &base)
        .replace("--from=acme/base", &format!("--from={base}"))
        .replace("docker.io/busybox", &pinned("docker.io/library/busybox:latest"));
    assert_eq!(sent.dockerfile, expected);
    assert_eq!(sent.args, BTreeMap::from([("V".to_owned(), "1.0".to_owned())]));
    assert_eq!((sent.target, sent.platform.as_deref()), (None, Some("linux/s390x")));
    assert!(!sent.never_pull, "busybox is not ours");
    assert!(project.engine.last("base:1.0.0").never_pull);
    assert_eq!(sent.log, project.path("target/images/logs/app@2.0.0.log"));
}

/// The legacy builder builds them, too, and would look for `acme/base` elsewhere.
#[test]
fn stages_that_the_target_does_not_need_are_sent_empty() {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image_with(
        "app",
        "[image]\nversion = \"1\"\ntarget = \"final\"\n",
        "ARG V=1\nFROM acme/base:${V} AS Other\nRUN a \\\n  b\n# comment\nFROM acme/base AS final\nCOPY --from=acme/base /x /x\nFROM debian\nRUN x\n",
    );
    project.built();
    let base = format!("localhost/acme/base:key-{}", &project.key("base:1.0.0")[..32]);
    let sent = project.engine.last("app:1");
    assert_eq!(
        sent.dockerfile,
        format!(
            "ARG V=1\nFROM scratch AS other\n\n\n\nFROM {base} AS final\nCOPY --from={base} /x /x\nFROM scratch\n\n"
        )
    );
    assert!(sent.never_pull);
}

#[test]
fn a_target_is_handed_on() {
    let project = Project::new();
    project.image_with(
        "a",
        "[image]\nversion = \"1\"\ntarget = \"first\"\n",
        "FROM scratch AS first\nFROM scratch\n",
    );
    project.built();
    assert_eq!(project.engine.last("a:1").target.as_deref(), Some("first"));
    assert_eq!(project.engine.last("a:1").platform, None);
}

#[test]
fn logs_of_images_whose_names_and_tags_run_together_are_apart() {
    let project = Project::new();
    project.image_with("a", "[[variant]]\nversion = \"b-1\"\n", "FROM scratch\n");
    project.image_with("a-b", "[image]\nversion = \"1\"\n", "FROM scratch\n");
    project.built();
    let logs: Vec<_> = project.engine.builds().into_iter().map(|sent| sent.log).collect();
    assert_ne!(logs[0], logs[1]);
    assert_eq!(fs::read_to_string(&project.engine.last("a:b-1").log).unwrap(), "output of a:b-1\n");
}

/// Runs git in the project's folder.
pub(crate) fn git(project: &Project, args: &[&str]) -> String {
    let mut all = vec!["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"];
    all.extend(args);
    let child = Child {
        program: "git".to_owned(),
        args: all.into_iter().map(str::to_owned).collect(),
        env: BTreeMap::from([("GIT_COMMITTER_DATE".to_owned(), "2020-01-02T03:04:05+01:00".to_owned())]),
        cwd: Some(project.root()),
        output: Output::Capture,
    };
    let ended = child.run(&Cancel::default()).unwrap();
    assert_eq!(ended.code, Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8(ended.stdout).unwrap().trim().to_owned()
}

#[test]
fn labels_say_what_it_is_what_it_stands_on_and_which_commit_it_is() {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image("app", "FROM acme/base AS build\nFROM build\n");
    project.image_with(
        "other",
        "[image]\nversion = \"1\"\ndescription = \"D\"\n",
        "FROM docker.io/busybox:1 AS x\nFROM scratch\nCOPY --from=x /a /b\n",
    );
    project.image("busy", "FROM acme/base AS x\nFROM docker.io/busybox:1\nCOPY --from=x /a /b\n");
    project.image_with("far", "[image]\nversion = \"1\"\ncontext = \"../../shared\"\n", "FROM scratch\n");
    project.write("shared/file", "");
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "first"]);
    let first = git(&project, &["rev-parse", "HEAD"]);
    project.write("images/other/README.md", "x");
    project.write("shared/file", "x");
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "second"]);
    let second = git(&project, &["rev-parse", "HEAD"]);
    project.built();
    let labels = |spec: &str| {
        let labels = project.engine.last(spec).labels.into_iter();
        labels
            .map(|(name, value)| format!("{}={value}", name.replace("org.opencontainers.image.", "")))
            .collect::<Vec<_>>()
    };
    let expected = |name: &str, version: &str, revision: &str, base: Option<&str>| {
        let spec = format!("{name}:{version}");
        let mut all = vec![
            format!("dev.xtask-images.image=acme/{spec}"),
            format!("dev.xtask-images.key={}", project.key(&spec)),
        ];
        let external = base.filter(|base| !base.starts_with("localhost/"));
        let digest = external.map(|_| digest("docker.io/library/busybox:1"));
        all.extend(digest.map(|digest| format!("base.digest={digest}")));
        all.extend(base.map(|base| format!("base.name={base}")));
        all.extend(["created=2020-01-02T03:04:05+01:00".to_owned()]);
        all.extend((name == "other").then(|| "description=D".to_owned()));
        all.extend([format!("revision={revision}"), format!("title={name}"), format!("version={version}")]);
        all
    };
    assert_eq!(labels("base:1.0.0"), expected("base", "1.0.0", &first, None));
    assert_eq!(labels("app:1.0.0"), expected("app", "1.0.0", &first, Some("localhost/acme/base:1.0.0")));
    assert_eq!(labels("other:1"), expected("other", "1", &second, None));
    assert_eq!(labels("busy:1.0.0"), expected("busy", "1.0.0", &first, Some("docker.io/busybox:1")));
    assert_eq!(labels("far:1"), expected("far", "1", &second, None));
    git(&project, &["commit", "-q", "--allow-empty", "-m", "third"]);
    assert_eq!(project.built(), Vec::<String>::new(), "a commit is no input");
}

#[test]
fn the_digest_of_a_base_is_not_passed_on_to_what_stands_on_that() {
    let project = Project::new();
    project.image("base", "FROM busybox:1\n");
    project.image("app", "FROM acme/base\n");
    project.image("top", "FROM acme/app\n");
    project.image("plain", "FROM scratch\n");
    project.image("on-plain", "FROM acme/plain\n");
    project.built();
    let label = |spec: &str| {
        let labels = project.engine.last(spec).labels;
        labels.get("org.opencontainers.image.base.digest").cloned()
    };
    assert_eq!(label("base:1.0.0"), Some(digest("docker.io/library/busybox:1").to_string()));
    assert_eq!(label("app:1.0.0").as_deref(), Some(""), "it would have that of busybox");
    assert_eq!(label("top:1.0.0").as_deref(), Some(""));
    assert_eq!(label("on-plain:1.0.0"), None, "there is none to inherit");
}

#[test]
fn a_label_that_a_person_wrote_stays() {
    let project = Project::new();
    project.image("base", "FROM scratch\n");
    project.image_with(
        "app",
        "[image]\nversion = \"1\"\n[labels]\n\"org.opencontainers.image.base.name\" = \"mine\"\n\"org.opencontainers.image.created\" = \"never\"\n",
        "FROM acme/base\n",
    );
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "first"]);
    project.built();
    let labels = project.engine.last("app:1").labels;
    assert_eq!(labels["org.opencontainers.image.base.name"], "mine");
    assert_eq!(labels["org.opencontainers.image.created"], "never");
    assert_eq!(labels["org.opencontainers.image.revision"], git(&project, &["rev-parse", "HEAD"]));
}

#[test]
fn a_failure_skips_exactly_its_descendants() {
    let mut project = diamond();
    project.build.keep_going = true;
    project.build.host.jobs = 1;
    project.engine.fail("left:1.0.0");
    let outcome = project.try_build().unwrap();
    assert_eq!(outcome, Outcome { built: 3, failed: 1, skipped: 1, ..Outcome::default() });
    assert!(!outcome.is_success());
    let events = project.events.take();
    assert!(events.contains(&"failed left:1.0.0: RUN false".to_owned()), "{events:?}");
    assert_eq!(events.last().unwrap(), "skipped leaf:1.0.0 because of left:1.0.0");
    assert_eq!(
        project.plan(),
        [
            "apart:1.0.0 fresh",
            "base:1.0.0 fresh",
            "left:1.0.0 build: not in the store",
            "right:1.0.0 fresh",
            "leaf:1.0.0 build: not in the store",
        ]
    );
    project.engine.mend();
    assert_eq!(project.built(), ["left:1.0.0", "leaf:1.0.0"]);
}

#[test]
fn without_keep_going_nothing_starts_after_a_failure() {
    let mut project = diamond();
    project.build.host.jobs = 1;
    project.engine.fail("base:1.0.0");
    let outcome = project.try_build().unwrap();
    assert_eq!(outcome, Outcome { failed: 1, skipped: 3, not_started: 1, ..Outcome::default() });
    assert_eq!(project.engine.builds().len(), 1);
}

#[test]
fn a_failed_build_leaves_no_record_and_tells_where_and_what() {
    let project = Project::new();
    project.image("a", "FROM scratch\nRUN one\nRUN two\n");
    project.engine.on("a:1.0.0", |request, _| {
        let lines: String = (1..=30).map(|line| format!("line {line}\n")).collect();
        fs::write(request.log, lines).unwrap();
        Err(BuildFailure::Failed { message: "two: not found".to_owned(), line: Some(3) })
    });
    project.try_build().unwrap();
    let failure = project.events.take_failures().remove(0);
    assert_eq!((failure.spec.as_str(), failure.message.as_str()), ("a:1.0.0", "two: not found"));
    let place = failure.place.unwrap();
    assert_eq!((place.path.as_str(), place.line, place.text.as_str()), ("images/a/Dockerfile", 3, "RUN two"));
    assert_eq!(
        (failure.tail.len(), failure.tail[0].as_str(), failure.tail[19].as_str()),
        (20, "line 11", "line 30")
    );
    assert_eq!((failure.log, failure.help), (project.path("target/images/logs/a@1.0.0.log"), None));
    assert!(!project.path("target/images/keys").exists());
    assert!(project.engine.names().is_empty());
    let entries = History::of(&project.path("target/images")).entries();
    assert_eq!((entries.len(), entries[0].ok), (1, false));
}

#[test]
fn what_a_builder_lacks_is_told_at_its_place() {
    let project = Project::new();
    project.image("a", "FROM scratch\n\nRUN --mount=type=secret,id=x true\n");
    project.engine.on("a:1.0.0", |request, _| {
        assert_eq!(request.features.len(), 1);
        let uses = vec![FeatureUse { feature: Feature::Secret, span: request.features[0].span.clone() }];
        Err(BuildFailure::Unsupported { builder: "b".to_owned(), uses, help: "install c".to_owned() })
    });
    project.try_build().unwrap();
    let failure = project.events.take_failures().remove(0);
    assert_eq!(failure.message, "b cannot do what this Dockerfile needs: a secret in line 3");
    let place = failure.place.unwrap();
    assert_eq!((place.line, place.text.as_str()), (3, "RUN --mount=type=secret,id=x true"));
    assert_eq!((failure.help.as_deref(), failure.tail.len()), (Some("install c"), 0));
}

#[test]
fn what_an_engine_refuses_is_told_at_its_place_and_counts_as_what_it_cannot_do() {
    let project = Project::new();
    project.image("a", "FROM scratch\nRUN true\n");
    project.engine.on("a:1.0.0", |_, _| {
        let (message, help) = ("cannot do RUN".to_owned(), "others can".to_owned());
        Err(BuildFailure::Refused { message, line: 2, help })
    });
    let outcome = project.try_build().unwrap();
    assert_eq!(outcome, Outcome { failed: 1, unsupported: 1, ..Outcome::default() });
    let failure = project.events.take_failures().remove(0);
    assert_eq!((failure.message.as_str(), failure.help.as_deref()), ("cannot do RUN", Some("others can")));
    let place = failure.place.unwrap();
    assert_eq!((place.line, place.text.as_str(), failure.tail.len()), (2, "RUN true", 0));
}

#[test]
fn an_engine_that_cannot_be_asked_fails_the_build_with_its_help() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.engine.on("a:1.0.0", |_, _| {
        let error = EngineError {
            engine: "fake".to_owned(),
            message: "gone".to_owned(),
            help: Some("start it".to_owned()),
        };
        Err(BuildFailure::Engine(error))
    });
    assert_eq!(project.try_build().unwrap(), Outcome { failed: 1, ..Outcome::default() });
    let failure = project.events.take_failures().remove(0);
    assert_eq!(
        (failure.message.as_str(), failure.help.as_deref(), failure.place),
        ("fake: gone", Some("start it"), None)
    );
}

#[test]
fn an_engine_that_answers_with_an_error_is_one() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.engine.answer("no such daemon");
    let error = project.try_build().unwrap_err();
    assert_eq!((error.exit_code(), error.to_string()), (3, "no container engine can be used".to_owned()));
}

#[test]
fn bad_input_counts_before_a_missing_engine() {
    let project = Project::new();
    project.image("a", "FROM scratch\nCOPY gone /\n");
    project.engine.answer("no such daemon");
    let error = project.try_build().unwrap_err();
    assert_eq!(
        told(&error),
        ["images/a/Dockerfile:2 [gone] `gone` is not in the context | not there | create it in ROOT/images/a, or bring it in with [[input]]"
            .replace("ROOT", project.root().as_str())]
    );
}

#[test]
fn an_interrupt_stops_the_run_and_leaves_what_was_built() {
    let mut project = diamond();
    project.build.keep_going = true;
    project.build.host.jobs = 1;
    project.engine.on("left:1.0.0", |_, cancel| {
        cancel.interrupt();
        Err(BuildFailure::Interrupted)
    });
    let error = project.try_build().unwrap_err();
    assert_eq!(told(&error), ["exit 130: interrupted"]);
    assert!(!project.engine.builds().iter().any(|sent| sent.spec == "leaf:1.0.0"));
    assert!(!project.engine.names().contains_key("localhost/acme/left:1.0.0"));
    assert!(project.engine.names().contains_key("localhost/acme/base:1.0.0"));
    assert!(!project.events.take().iter().any(|event| event.starts_with("failed")));
}

#[test]
fn nothing_is_started_or_tagged_after_an_interrupt() {
    let project = diamond();
    project.built();
    project.engine.remove("localhost/acme/left:1.0.0");
    project.write("images/apart/Dockerfile", "FROM scratch\nLABEL a=b\n");
    project.cancel.interrupt();
    let builds = project.engine.builds().len();
    assert_eq!(told(&project.try_build().unwrap_err()), ["exit 130: interrupted"]);
    assert_eq!(project.engine.builds().len(), builds);
    assert_eq!(project.engine.tagged(), []);
}

#[test]
fn a_tag_that_is_refused_ends_the_run() {
    let project = diamond();
    project.built();
    project.engine.remove("localhost/acme/left:1.0.0");
    project.engine.refuse_tags();
    assert_eq!(told(&project.try_build().unwrap_err()), ["exit 3: fake: no more tags"]);
}

#[test]
fn a_stage_that_someone_changed_is_made_again() {
    let project = Project::new();
    project.image("a", "FROM scratch\nCOPY file /\n");
    project.write("images/a/file", "right");
    project.built();
    let staged = project.engine.last("a:1.0.0").context.join("file");
    assert_eq!(modified(&staged), 315_532_800_000_000_000);
    fs::write(&staged, "wrong").unwrap();
    project.engine.remove_variant("a", "localhost/acme/a:1.0.0");
    project.built();
    assert_eq!(fs::read_to_string(staged).unwrap(), "right");
}

/// The context's entries as an engine took them: path, mode, and the place of a file.
fn taken(request: &BuildRequest<'_>) -> Option<Vec<(String, u32, Option<Utf8PathBuf>)>> {
    let entry = |entry: &ContextEntry| {
        let place = match &entry.kind {
            ContextEntryKind::File { place, .. } => Some(place.clone()),
            _ => None,
        };
        (entry.path.clone(), entry.mode, place)
    };
    Some(request.entries?.iter().map(entry).collect())
}

#[test]
fn an_engine_that_reads_files_where_they_are_gets_no_stage_unless_a_file_is_added() {
    let project = Project::new();
    project.image("copies", "FROM scratch\nCOPY files /\n");
    project.image("adds", "FROM scratch\nADD files /\n");
    project.image("all", "FROM scratch\nONBUILD COPY files /\nCOPY . /\n");
    for image in ["copies", "adds", "all"] {
        project.write(&format!("images/{image}/files/a"), image);
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    project.engine.take_entries();
    project.engine.on_every(move |request, _| {
        record.lock().unwrap().push((taken(request), request.context.exists()));
        Ok(())
    });
    project.built();
    let place = Some(project.path("images/copies/files/a"));
    let copies = vec![("files".to_owned(), 0o755, None), ("files/a".to_owned(), 0o644, place)];
    let seen = seen.lock().unwrap();
    assert!(seen.contains(&(Some(copies), false)), "{seen:?}");
    assert!(seen.contains(&(None, true)), "{seen:?}");
    assert_eq!(seen.iter().filter(|(entries, _)| entries.is_some()).count(), 2, "{seen:?}");
}

#[test]
fn a_file_that_changes_under_an_engine_that_reads_it_leads_to_a_new_plan() {
    let project = Project::new();
    project.image("app", "FROM scratch\nCOPY file /\n");
    project.write("images/app/file", "old");
    project.engine.take_entries();
    let file = project.path("images/app/file");
    project.engine.on("app:1.0.0", move |_, _| {
        if fs::read_to_string(&file).unwrap() == "new" {
            return Ok(());
        }
        fs::write(&file, "new").unwrap();
        Err(BuildFailure::Failed { message: "it changed".to_owned(), line: None })
    });
    assert_eq!(project.built(), ["app:1.0.0", "app:1.0.0"]);
    assert!(project.events.take().contains(&"replans for file".to_owned()));
}

#[test]
fn a_failure_of_such_an_engine_is_a_failure_where_nothing_changed() {
    let project = Project::new();
    project.image("app", "FROM scratch\nCOPY file /\n");
    project.write("images/app/file", "old");
    project.engine.take_entries();
    project.engine.fail("app:1.0.0");
    assert_eq!(project.try_build().unwrap().failed, 1);
}

#[test]
fn the_sent_dockerfile_is_put_in_place_at_once() {
    let project = Project::new();
    project.image("a", "FROM scratch\n");
    project.built();
    let path = project.engine.last("a:1.0.0").dockerfile_path;
    let held = fs::read_to_string(&path).unwrap();
    let before = fs::metadata(&path).unwrap();
    project.engine.remove_variant("a", "localhost/acme/a:1.0.0");
    project.built();
    use std::os::unix::fs::MetadataExt;
    assert_ne!(before.ino(), fs::metadata(&path).unwrap().ino(), "another run may be reading the old one");
    assert_eq!(fs::read_to_string(&path).unwrap(), held);
}

#[test]
fn the_history_tells_when_what_was_built_and_why() {
    let mut project = Project::new();
    project.image("a", "FROM scratch\n");
    project.image("b", "FROM acme/a\n");
    project.image("c", "FROM acme/b\nCOPY --from=acme/a /x /x\n");
    project.build.host.jobs = 3;
    project.engine.on("a:1.0.0", |_, _| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(())
    });
    project.built();
    let history = History::of(&project.path("target/images"));
    let entries = history.entries();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let parents = entry.parents.join(",");
            format!(
                "{} {} {parents} {:?} {} {}",
                entry.spec, entry.reason, entry.unblocked_by, entry.ok, entry.jobs
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "a:1.0.0 not in the store  None true 3",
            "b:1.0.0 not in the store a:1.0.0 Some(\"a:1.0.0\") true 3",
            "c:1.0.0 not in the store a:1.0.0,b:1.0.0 Some(\"b:1.0.0\") true 3",
        ]
    );
    assert!(entries.iter().all(|entry| entry.run == entries[0].run && entry.lane < 3));
    assert!(entries.iter().all(|entry| entry.ready <= entry.started && entry.started <= entry.ended));
    assert!(entries[1].ready >= entries[0].ended - Duration::from_millis(1));
    assert_eq!(entries[0].key, project.key("a:1.0.0"));
    assert!(history.durations()["a:1.0.0"] >= Duration::from_millis(20));
    project.image("b", "FROM acme/a\nLABEL a=b\n");
    let good = history.durations()["b:1.0.0"];
    project.engine.fail("b:1.0.0");
    project.try_build().unwrap();
    assert_eq!(
        (history.entries().len(), history.durations()["b:1.0.0"]),
        (4, good),
        "a failure tells no duration"
    );
}

/// The longest path goes first, by what earlier builds took.
#[test]
fn what_took_long_before_is_started_first() {
    let mut project = Project::new();
    for name in ["a", "b", "c"] {
        project.image(name, "FROM scratch\n");
    }
    project.engine.on("c:1.0.0", |_, _| {
        std::thread::sleep(Duration::from_millis(30));
        Ok(())
    });
    project.build.host.jobs = 1;
    assert_eq!(project.built(), ["a:1.0.0", "b:1.0.0", "c:1.0.0"]);
    for name in ["a", "b", "c"] {
        project.image(name, "FROM scratch\nLABEL again=1\n");
    }
    assert_eq!(project.built()[0], "c:1.0.0");
}
