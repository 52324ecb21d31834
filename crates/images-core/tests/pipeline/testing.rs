//! Tests of images, on the built-in engine, whose images can be looked into everywhere. Containers are for the end-to-end
//! tests.

use images_core::build::Detected;
use images_core::graph::{Graph, NodeId};
use images_core::lock::Pins;
use images_core::test::{Outcome, TestOptions, TestOutcome, Verdict, run, tests_of, verdict};
use images_core::{Error, build};
use images_engine::{EngineChoice, EngineKind, EngineOptions, NoEngine};
use images_oci::builtin::{BuiltinOptions, detect};
use images_oci::layer::Compression;

use crate::project::{Project, told};
use crate::recorder::Recorder;

const DOCKERFILE: &str = "FROM scratch\nCOPY etc/ /etc/\nUSER app\nEXPOSE 5000\nENTRYPOINT [\"/app\"]\n";
const GOOD: &str = r#"
[[test]]
name = "its files"
files = [{ path = "/etc/passwd", mode = "0644", user = "root", content = "app:x:{version}:" }, { path = "/bin", absent = true }]

[[test]]
name = "its configuration"
config = { user = "app", exposed = [5000], entrypoint = ["/app"], labels = { "org.opencontainers.image.title" = "{name}" } }
"#;

fn project(tests: &str) -> Project {
    let project = Project::new();
    project.write("images/a/etc/passwd", "root:x:0:0::/:\napp:x:7:7::/:\n");
    project.image_with("a", &format!("[image]\nversion = \"7\"\n{tests}"), DOCKERFILE);
    project
}

fn with_graph<R>(project: &Project, work: impl FnOnce(&Graph<'_>) -> R) -> R {
    let workspace = project.load();
    let graph = Graph::of(&workspace, 2).unwrap();
    work(&graph)
}

fn builtin(project: &Project) -> Detected {
    let options = BuiltinOptions {
        layout: project.path("target/images/oci"),
        epoch: project.build.host.epoch,
        jobs: 2,
        registry: None,
        compression: Compression::default(),
    };
    detect(EngineChoice::Only(EngineKind::Builtin), &EngineOptions::default(), &options)
}

fn try_test(project: &Project, change: impl FnOnce(&mut TestOptions)) -> Result<TestOutcome, Error> {
    let mut options = TestOptions { build: project.build.clone(), no_build: false, rerun: false };
    change(&mut options);
    let nowhere = || Err(NoEngine { tried: Vec::new() }.into());
    with_graph(project, |graph| {
        let selected: Vec<NodeId> = graph.ids().collect();
        let engines = (&|| builtin(project), &nowhere);
        run(graph, &selected, &options, (engines.0, engines.1), &project.cancel, &Recorder::default())
    })
}

/// `NAME: OUTCOME` of each test.
fn tested(project: &Project) -> Vec<String> {
    worded(&try_test(project, |_| {}).unwrap())
}

fn worded(outcome: &TestOutcome) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Remembered => "remembered".to_owned(),
        Outcome::Skipped { reason } => format!("skipped: {reason}"),
        Outcome::Failed(problems) => {
            let told: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
            format!("failed: {}", told.join(" | "))
        }
    };
    outcome.results.iter().map(|result| format!("{}: {}", result.name, word(&result.outcome))).collect()
}

fn verdict_of(project: &Project) -> Verdict {
    with_graph(project, |graph| {
        let keyed = images_core::session::keys(
            graph,
            &graph.order,
            Pins::default(),
            &project.build.host,
            &project.cancel,
            &Recorder::default(),
        );
        verdict(graph, NodeId(0), keyed.unwrap().key(NodeId(0))).unwrap()
    })
}

#[test]
fn what_is_stale_is_built_and_what_passed_is_remembered_until_it_is_asked_for_again() {
    let project = project(GOOD);
    assert_eq!(verdict_of(&project), Verdict::NotRun(vec!["its files".into(), "its configuration".into()]));
    assert_eq!(tested(&project), ["its files: passed", "its configuration: passed"]);
    assert_eq!(verdict_of(&project), Verdict::Passed);
    assert_eq!(tested(&project), ["its files: remembered", "its configuration: remembered"]);
    let again = worded(&try_test(&project, |options| options.rerun = true).unwrap());
    assert_eq!(again, ["its files: passed", "its configuration: passed"]);
    project.remove("target/images/tests");
    assert_eq!(tested(&project), ["its files: passed", "its configuration: passed"]);
}

#[test]
fn a_test_that_is_written_anew_and_an_image_that_is_built_anew_are_tested_again() {
    let project = project(GOOD);
    tested(&project);
    let key = project.key("a:7");
    let changed = GOOD.replace("0644", "0755");
    project.image_with("a", &format!("[image]\nversion = \"7\"\n{changed}"), DOCKERFILE);
    assert_eq!(project.key("a:7"), key, "a test is no part of the key");
    let wrong = "its files: failed: /etc/passwd has the mode 0644, not 0755";
    assert_eq!(tested(&project), [wrong, "its configuration: remembered"]);
    assert_eq!(verdict_of(&project), Verdict::Failed(vec!["its files".into()]));
    assert_eq!(tested(&project), [wrong, "its configuration: remembered"], "a failure is not remembered");
    project.image_with("a", &format!("[image]\nversion = \"7\"\n{GOOD}"), DOCKERFILE);
    assert_eq!(verdict_of(&project), Verdict::Passed, "what it was before is known still");
    project.write("images/a/etc/group", "");
    assert_eq!(verdict_of(&project), Verdict::NotRun(vec!["its files".into(), "its configuration".into()]));
    assert_eq!(tested(&project), ["its files: passed", "its configuration: passed"]);
}

#[test]
fn each_kind_of_difference_is_told_by_the_test_that_names_it() {
    let project = project(GOOD);
    let broken = DOCKERFILE.replace("USER app", "USER root").replace("5000", "80");
    project.image_with("a", &format!("[image]\nversion = \"8\"\n{GOOD}"), &broken);
    let expected = [
        "its files: failed: /etc/passwd does not contain `app:x:8:`",
        "its configuration: failed: the user is `root`, not `app` | 5000/tcp is not exposed",
    ];
    assert_eq!(tested(&project), expected);
}

#[test]
fn what_needs_a_container_is_skipped_where_none_can_be_started_and_never_counts_as_passed() {
    let more = "\n[[test]]\nname = \"runs\"\ncommand = [\"/app\"]\n\n[[test]]\nname = \"runs, with files\"\n\
                command = [\"/app\"]\nfiles = [{ path = \"/none\" }]\n";
    let project = project(&format!("{GOOD}{more}"));
    let why = "the built-in engine starts no containers, and neither docker nor podman answers";
    let skipped = format!("runs: skipped: {why}");
    let broken = "runs, with files: failed: /none is not there";
    assert_eq!(tested(&project)[2..], [skipped.as_str(), broken]);
    assert_eq!(verdict_of(&project), Verdict::Failed(vec!["runs, with files".into()]));
    let outcome = try_test(&project, |_| {}).unwrap();
    assert_eq!(outcome.count(|outcome| matches!(outcome, Outcome::Skipped { .. })), 1);
}

#[test]
fn a_skipped_test_never_ran() {
    let project = project("[[test]]\nname = \"runs\"\nargs = []\n");
    tested(&project);
    assert_eq!(verdict_of(&project), Verdict::NotRun(vec!["runs".into()]));
}

#[test]
fn a_stale_image_is_refused_where_nothing_is_to_be_built() {
    let project = project(GOOD);
    let refused = try_test(&project, |options| options.no_build = true).unwrap_err();
    let expected = "`a:7` is not built as it is now: not in the store |  | build it first: `cargo xtask images build a:7`";
    assert_eq!(told(&refused), [expected]);
    tested(&project);
    assert!(try_test(&project, |options| options.no_build = true).is_ok());
}

#[test]
fn an_image_without_tests_is_told_as_such() {
    let project = project("");
    let outcome = try_test(&project, |_| {}).unwrap();
    assert_eq!((outcome.results.len(), outcome.untested), (0, vec!["a:7".to_owned()]));
    assert_eq!(verdict_of(&project), Verdict::NoTests);
}

#[test]
fn a_failed_build_keeps_its_image_untested_and_the_others_with_keep_going_alone() {
    let project = project(GOOD);
    project.image("b", "FROM scratch\nRUN x\n");
    let outcome = try_test(&project, |_| {}).unwrap();
    assert_eq!((outcome.build.unwrap().failed, outcome.results.len()), (1, 0));
    let outcome = try_test(&project, |options| options.build.keep_going = true).unwrap();
    assert_eq!(worded(&outcome), ["its files: passed", "its configuration: passed"]);
}

#[test]
fn a_test_may_be_for_some_variants_and_knows_their_arguments() {
    let manifest = "[args]\nP = \"{version}\"\n[[variant]]\nversion = \"1\"\n[[variant]]\nversion = \"2\"\nsuffix = \"-x\"\n\
                    [[test]]\nname = \"all\"\nargs = [\"{variant}\", \"{P}\", \"{{}}\"]\n\
                    [[test]]\nname = \"second\"\nvariants = [\"2\"]\nargs = []\n\
                    [[test]]\nname = \"first\"\nvariants = [\"1\"]\nargs = []\n";
    let project = Project::new();
    project.image_with("a", manifest, "FROM scratch\nARG P\nLABEL p=$P\n");
    let told = with_graph(&project, |graph| {
        let test = |id| {
            tests_of(graph, id).unwrap().into_iter().map(|test| format!("{} {:?}", test.name, test.checks[0]))
        };
        graph.ids().map(|id| test(id).collect::<Vec<_>>()).collect::<Vec<_>>()
    });
    assert_eq!((told[0].len(), told[1].len()), (2, 2));
    assert!(told[0][0].contains(r#"args: ["1", "1", "{}"]"#), "{told:?}");
    assert!(told[1][0].contains(r#"args: ["2-x", "2", "{}"]"#), "{told:?}");
    assert!(told[0][1].starts_with("first ") && told[1][1].starts_with("second "), "{told:?}");
}

const STRUCTURE: &str = "schemaVersion: '2.0.0'
fileExistenceTests:
  - { name: there, path: /etc/passwd, permissions: -rw-r--r--, uid: 0, gid: 0 }
  - { name: gone, path: $NOWHERE/etc/shadow, shouldExist: false }
fileContentTests:
  - { name: content, path: /etc/passwd, expectedContents: ['(?m)^app:'], excludedContents: ['bob'] }
metadataTest:
  user: app
  exposedPorts: ['5000']
";

#[test]
fn files_of_container_structure_test_beside_the_dockerfile_are_tests_as_well() {
    let project = project("[[test]]\nname = \"own\"\nfiles = [{ path = \"/etc\" }]\n");
    project.write("images/a/other.yaml", "no: test\n");
    project.write("images/a/container-structure-test.yaml", STRUCTURE);
    project.write("images/a/b.cst.yml", STRUCTURE.replace("bob", "app").replace("-rw-r--r--", "drwxr-xr-x"));
    let expected = [
        "own: passed",
        "there: failed: /etc/passwd is a file, not a folder | /etc/passwd has the mode 0644, not 0755",
        "gone: passed",
        "content: failed: /etc/passwd has a match for `app`, and should have none",
        "metadata: passed",
        "there: passed",
        "gone: passed",
        "content: passed",
        "metadata: passed",
    ];
    assert_eq!(tested(&project), expected);
    project.remove("images/a/b.cst.yml");
    assert_eq!(verdict_of(&project), Verdict::Passed);
}

#[test]
fn an_interrupt_ends_it() {
    let project = project(GOOD);
    let detect = || builtin(&project);
    with_graph(&project, |graph| {
        build::build(graph, &[NodeId(0)], &project.build, &detect, &project.cancel, &Recorder::default())
            .unwrap();
    });
    project.cancel.interrupt();
    assert!(matches!(try_test(&project, |_| {}), Err(Error::Interrupted)));
}
