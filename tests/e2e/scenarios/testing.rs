//! `images test`: sound images pass, each broken one fails the test that names it, and no container stays.

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use images_tests::engine::Tool;
use images_tests::program::{Output, run, wait_for};
use images_tests::workspace::Workspace;

use super::Bench;

/// How long something may take that comes about by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Each test has a store of podman of its own, and stores do not know of each other's addresses on the one bridge. So
/// containers of podman that publish ports run one after the other.
pub(super) fn alone_on_the_bridge(bench: &Bench) -> Option<MutexGuard<'static, ()>> {
    static BRIDGE: Mutex<()> = Mutex::new(());
    let is_docker = bench.program().tool == Tool::Docker;
    (!is_docker).then(|| BRIDGE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What starts containers of the engine's images.
fn starter(bench: &Bench) -> Command {
    let engine = bench.program();
    match engine.tool {
        Tool::Buildah => {
            let mut podman = Command::new("podman");
            podman.env_clear().envs(&engine.environment);
            podman
        }
        Tool::Docker | Tool::Podman => engine.command(),
    }
}

/// The containers that tests of this workspace's images have left.
fn containers(bench: &Bench, workspace: &Workspace) -> Vec<String> {
    let format =
        ["ps", "--all", "--no-trunc", "--filter=label=dev.xtask-images.test", "--format={{.Image}} {{.ID}}"];
    let listed = run(starter(bench).args(format)).ok();
    let ours = listed.lines().filter(|line| line.contains(&workspace.namespace));
    ours.map(str::to_owned).collect()
}

/// An image that holds the inmate, with these tests.
fn with_tests(bench: &Bench, dockerfile: &str, tests: &str) -> Workspace {
    let workspace = bench.workspace();
    bench.image(&workspace, "app", dockerfile);
    workspace.write("images/app/etc/passwd", "root:x:0:0::/:\napp:x:7:8::/:\n");
    workspace.write("images/app/Image.toml", &format!("[image]\nversion = \"1.0.0\"\n{tests}"));
    workspace
}

const FILES: &str = r#"
[[test]]
name = "passwd"
files = [{ path = "/etc/passwd", mode = "0644", user = 0, content = "app:x:7:" }]
[[test]]
name = "nothing else"
files = [{ path = "/etc/shadow", absent = true }]
[[test]]
name = "owner"
files = [{ path = "/owned", user = "app" }]
[[test]]
name = "configuration"
config = { user = "app", exposed = [5000], env.A.equals = "1", labels.b = "2", workdir = "/etc", cmd = ["x"] }
"#;

const SOUND: &str = "FROM scratch\nCOPY etc /etc\nCOPY --chown=7:8 etc/passwd /owned\nENV A=1\nLABEL b=2\nUSER app\n\
                     WORKDIR /etc\nEXPOSE 5000\nCMD [\"x\"]\n";

pub(super) fn files_and_configurations_are_looked_at_without_a_container(bench: &Bench) {
    let workspace = with_tests(bench, SOUND, FILES);
    let passed = workspace.run(&["test", "--workspace"]);
    assert_eq!(passed.code(), 0, "{}", passed.stderr);
    assert!(
        passed.stderr.contains("test result: ok. 4 passed; 0 failed; 0 skipped; 0 passed before"),
        "{}",
        passed.stderr
    );
    let again = workspace.run(&["test", "--workspace"]);
    assert!(again.stderr.contains("ok. 0 passed; 0 failed; 0 skipped; 4 passed before"), "{}", again.stderr);
    for (sound, broken, test, why) in [
        ("app:x:7:", "app:x:9:", "passwd", "/etc/passwd does not contain `app:x:7:`"),
        (
            "COPY etc /etc\n",
            "COPY etc /etc\nCOPY etc/passwd /etc/shadow\n",
            "nothing else",
            "/etc/shadow is there, a file",
        ),
        ("--chown=7:8", "--chown=5:5", "owner", "/owned is of the user 5, not of app (7)"),
        ("EXPOSE 5000", "EXPOSE 80", "configuration", "5000/tcp is not exposed"),
        ("A=1", "A=12", "configuration", "the variable `A` is `12`, not `1`"),
    ] {
        workspace.write("images/app/etc/passwd", &"root:x:0:0::/:\napp:x:7:8::/:\n".replace(sound, broken));
        workspace.write("images/app/Dockerfile", &SOUND.replace(sound, broken));
        let failed = workspace.run(&["test", "--workspace"]);
        let shown = &failed.stderr;
        assert_eq!(failed.code(), 1, "{broken}: {shown}");
        let named = format!("Failed app:1.0.0: {test}\n");
        assert!(shown.contains(&named) && shown.contains(why), "{test}: {why}\n{shown}");
    }
}

pub(super) fn what_needs_a_container_is_skipped_and_counted_apart(bench: &Bench) {
    let workspace = with_tests(bench, SOUND, "[[test]]\nname = \"runs\"\ncommand = [\"/inmate\"]\n");
    let skipped = workspace.run(&["test", "--workspace"]);
    assert_eq!(skipped.code(), 0, "{}", skipped.stderr);
    assert!(skipped.stderr.contains("neither docker nor podman answers"), "{}", skipped.stderr);
    assert!(
        skipped.stderr.contains("ok. 0 passed; 0 failed; 1 skipped; 0 passed before"),
        "{}",
        skipped.stderr
    );
}

const INMATE: &str = "FROM scratch\nCOPY inmate /inmate\nCOPY etc /etc\nUSER app\nENTRYPOINT [\"/inmate\"]\n\
                      CMD [\"say\", \"the image's\", \"command\"]\n";

/// The lines that tell of one test, up to the next.
fn told_of<'a>(output: &'a Output, test: &str) -> &'a str {
    let (_, told) = output.stderr.split_once(&format!("Failed app:1.0.0: {test}\n")).unwrap_or_else(|| {
        panic!("{test} did not fail:\n{}", output.stderr);
    });
    told.split("app:1.0.0: ").next().unwrap_or_default()
}

pub(super) fn commands_and_servers_are_asked_in_containers_that_do_not_stay(bench: &Bench) {
    let _alone = alone_on_the_bridge(bench);
    let sound = r#"
[[test]]
name = "says what it is told"
command = ["/inmate", "say", "Hello", "{name} {version}", "$A"]
env = { A = "b" }
expect = { stdout.equals = "Hello app 1.0.0 $A", stderr.matches = "^$" }
[[test]]
name = "its own command"
args = []
expect.stdout = "the image's command"
[[test]]
name = "fails as it should"
args = ["fail", "3", "2"]
expect = { exit = 3, stdout = "line 2" }
[[test]]
name = "serves"
http = { port = 5000, args = ["serve", "5000", "200", "Hello"], path = "/index?a=b", expect.body.equals = "Hello" }
[[test]]
name = "serves an error"
http = { port = 80, args = ["serve", "80", "503", "no"], expect.status = 503 }
user = "0"
"#;
    let workspace = with_tests(bench, INMATE, sound);
    workspace.write(
        "images/app/app.cst.yaml",
        "schemaVersion: 2.0.0\nglobalEnvVars: [{ key: A, value: b }]\ncommandTests:\n  - name: of another format\n    \
         command: $HERE/inmate\n    args: [fail, '5', '3']\n    exitCode: 5\n    expectedOutput: ['line \\d']\n",
    );
    let passed = workspace.run(&["test", "--workspace", "--jobs", "2", "--junit", "target/junit.xml"]);
    assert_eq!(passed.code(), 0, "{}", passed.stderr);
    assert!(passed.stderr.contains("ok. 6 passed; 0 failed; 0 skipped"), "{}", passed.stderr);
    assert_eq!(containers(bench, &workspace), [""; 0]);
    let junit = std::fs::read_to_string(workspace.path().join("target/junit.xml")).expect("it was asked for");
    assert!(junit.contains("<testsuite name=\"app:1.0.0\" tests=\"6\" failures=\"0\""), "{junit}");
}

pub(super) fn each_way_to_fail_in_a_container_is_told_and_no_container_stays(bench: &Bench) {
    let _alone = alone_on_the_bridge(bench);
    let broken = r#"
[[test]]
name = "exits"
args = ["fail", "7", "40"]
[[test]]
name = "says"
args = ["say", "one"]
expect.stdout = "two"
[[test]]
name = "is not there"
command = ["/no/such/program"]
[[test]]
name = "hangs"
args = ["hang"]
timeout = "2s"
[[test]]
name = "serves another body"
http = { port = 5000, args = ["serve", "5000", "200", "Hello"], expect.body.equals = "Goodbye" }
[[test]]
name = "ends instead of serving"
http = { port = 5000, args = ["fail", "9", "3"] }
[[test]]
name = "never listens"
timeout = "2s"
http = { port = 5000, args = ["hang"] }
"#;
    let workspace = with_tests(bench, INMATE, broken);
    let failed = workspace.run(&["test", "--workspace", "--jobs", "2"]);
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert!(failed.stderr.contains("FAILED. 0 passed; 7 failed; 0 skipped"), "{}", failed.stderr);
    for (test, told) in [
        ("exits", "exited with 7, not 0"),
        ("exits", "line 40"),
        ("says", "stdout does not contain `two`"),
        ("is not there", "no such file"),
        ("hangs", "did not end within 2s"),
        ("serves another body", "the body is `Hello`, not `Goodbye`"),
        ("ends instead of serving", "the container exited with 9 before it answered"),
        ("ends instead of serving", "line 3"),
        ("never listens", "not ready within 2s"),
        ("never listens", "hanging"),
    ] {
        let shown = told_of(&failed, test);
        assert!(shown.contains(told), "{test}: {told:?} is not in\n{shown}");
    }
    assert!(!told_of(&failed, "exits").contains("line 20\n"), "only the end is shown");
    assert_eq!(containers(bench, &workspace), [""; 0]);
}

const HANGING: &str = "[[test]]\nname = \"hangs\"\nargs = [\"hang\"]\ntimeout = \"10m\"\n";

pub(super) fn an_interrupt_leaves_no_container(bench: &Bench) {
    let workspace = with_tests(bench, INMATE, HANGING);
    workspace.run(&["build", "--workspace"]).ok();
    let mut tool = workspace.command(&["test", "--workspace"]).spawn().expect("the tool is there");
    let started = wait_for(PATIENCE, || (!containers(bench, &workspace).is_empty()).then_some(()));
    assert!(started.is_some(), "no container was started");
    let pid = i32::try_from(tool.id()).ok().and_then(rustix::process::Pid::from_raw).expect("it runs");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let ended = tool.wait().expect("it is our child");
    assert_eq!(ended.code(), Some(130));
    assert_eq!(containers(bench, &workspace), [""; 0]);
}

pub(super) fn what_a_killed_run_left_is_removed_by_the_next(bench: &Bench) {
    let workspace = with_tests(bench, INMATE, HANGING);
    workspace.run(&["build", "--workspace"]).ok();
    let mut tool = workspace.command(&["test", "--workspace"]).spawn().expect("the tool is there");
    let started = wait_for(PATIENCE, || (!containers(bench, &workspace).is_empty()).then_some(()));
    assert!(started.is_some(), "no container was started");
    tool.kill().expect("it runs");
    tool.wait().expect("it is our child");
    assert_eq!(containers(bench, &workspace).len(), 1);
    let quick = "[image]\nversion = \"1.0.0\"\n[[test]]\nname = \"says\"\nargs = []\n";
    workspace.write("images/app/Image.toml", quick);
    let next = workspace.run(&["test", "--workspace"]);
    assert_eq!(next.code(), 0, "{}", next.stderr);
    assert!(next.stderr.contains("Removed 1 container that a test run left behind"), "{}", next.stderr);
    assert_eq!(containers(bench, &workspace), [""; 0]);
}

pub(super) fn images_of_the_built_in_engine_are_tested_where_containers_start(bench: &Bench) {
    // The tool takes docker where it answers, and that is another one than the tests' own.
    if bench.program().tool != Tool::Docker {
        return;
    }
    let tests = "[[test]]\nname = \"says\"\nargs = []\nexpect.stdout = \"the image's command\"\n";
    let workspace =
        with_tests(bench, INMATE, &format!("{tests}files = [{{ path = \"/inmate\", mode = \"0755\" }}]\n"));
    let passed = workspace.run(&["test", "--workspace", "--engine", "builtin"]);
    assert_eq!(passed.code(), 0, "{}", passed.stderr);
    assert!(passed.stderr.contains("ok. 1 passed; 0 failed; 0 skipped"), "{}", passed.stderr);
    assert_eq!(containers(bench, &workspace), [""; 0]);
}
