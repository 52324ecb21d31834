use std::fs;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::Pid;

use super::*;
use crate::threads::beside;

fn child(program: &str, args: &[&str]) -> Child {
    Child {
        program: program.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: BTreeMap::new(),
        cwd: None,
        output: Output::Capture,
    }
}

fn shell(script: &str) -> Child {
    child("sh", &["-c", script])
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    (folder, path)
}

fn wait_for(path: &Utf8Path) -> String {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => assert!(Instant::now() < deadline, "{path} never came"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn wait_until_gone(pid: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_running(pid) {
        assert!(Instant::now() < deadline, "process {pid} still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A zombie that init has not reaped yet does not run.
fn is_running(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    let zombie = state.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
    rustix::process::test_kill_process(pid).is_ok() && !zombie
}

#[test]
fn output_is_captured_apart_with_the_exit_code() {
    let ended = shell("echo out; echo err >&2; exit 7").run(&Cancel::default()).unwrap();
    assert_eq!(ended, Ended { code: Some(7), stdout: b"out\n".to_vec(), stderr: b"err\n".to_vec() });
}

#[test]
fn a_child_that_a_signal_ended_has_no_code() {
    assert_eq!(shell("kill -9 $$").run(&Cancel::default()).unwrap().code, None);
}

#[test]
fn arguments_reach_the_program_as_they_are() {
    let args = ["%s|", "$HOME", "a b", "`id`", "--flag", "", "*"];
    let ended = child("printf", &args).run(&Cancel::default()).unwrap();
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), "$HOME|a b|`id`|--flag||*|");
}

#[test]
fn environment_and_folder_are_set_and_stdin_is_empty() {
    let (_guard, folder) = folder();
    let mut child = shell("cat; echo \"$ADDED\"; pwd");
    child.env.insert("ADDED".to_owned(), "x y".to_owned());
    child.cwd = Some(folder.clone());
    let ended = child.run(&Cancel::default()).unwrap();
    assert_eq!(String::from_utf8(ended.stdout).unwrap(), format!("x y\n{folder}\n"));
}

#[test]
fn a_log_holds_both_streams_in_order_and_nothing_older() {
    let (_guard, folder) = folder();
    let log = folder.join("a/b/log");
    for _ in 0..2 {
        let mut child = shell("echo 1; echo 2 >&2; echo 3; echo 4 >&2");
        child.output = Output::Log(log.clone());
        let ended = child.run(&Cancel::default()).unwrap();
        assert_eq!(ended, Ended { code: Some(0), stdout: vec![], stderr: vec![] });
        assert_eq!(fs::read_to_string(&log).unwrap(), "1\n2\n3\n4\n");
    }
}

#[test]
fn a_log_that_cannot_be_written_is_named() {
    let mut child = shell("true");
    child.output = Output::Log("/dev/null/log".into());
    let message = child.run(&Cancel::default()).unwrap_err().to_string();
    assert!(message.starts_with("cannot write the log /dev/null/log: "), "{message}");
}

#[test]
fn a_program_that_there_is_not_is_told_apart_by_name() {
    let error = child("no-such-program", &[]).run(&Cancel::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), "`no-such-program` was not found");
}

#[test]
fn a_folder_that_there_is_not_is_no_missing_program() {
    let mut child = shell("true");
    child.cwd = Some("/no/such/folder".into());
    let error = child.run(&Cancel::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot run `sh` in /no/such/folder, which is no folder");
}

#[test]
fn what_no_process_can_take_is_an_error() {
    let error = child("echo", &["a\0b"]).run(&Cancel::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().starts_with("cannot start `echo`: "), "{error}");
    for name in ["", "A=B"] {
        let mut child = shell("true");
        child.env.insert(name.to_owned(), "x".to_owned());
        let error = child.run(&Cancel::default()).unwrap_err();
        assert_eq!(error.to_string(), format!("`{name}` is no name of an environment variable"));
    }
    let mut child = shell("true");
    child.env.insert("A".to_owned(), "x\0y".to_owned());
    assert_eq!(child.run(&Cancel::default()).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn after_an_interrupt_nothing_is_started() {
    let (_guard, folder) = folder();
    let cancel = Cancel::default();
    assert!(!cancel.is_interrupted());
    cancel.clone().interrupt();
    assert!(cancel.is_interrupted());
    let error = child("touch", &[folder.join("made").as_str()]).run(&cancel).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert!(!folder.join("made").exists());
}

#[test]
fn the_first_interrupt_asks_a_child_and_its_children_to_end() {
    let (_guard, folder) = folder();
    let pids = folder.join("pids");
    let script = format!(
        "trap 'echo asked; exit 5' TERM; sleep 100 & echo $! > {pids}.new; mv {pids}.new {pids}; wait; wait"
    );
    let cancel = Cancel::default();
    let ended = beside(
        || {
            wait_for(&pids);
            cancel.interrupt();
        },
        || shell(&script).run(&cancel).unwrap(),
    );
    assert_eq!((ended.code, ended.stdout), (Some(5), b"asked\n".to_vec()));
    wait_until_gone(&fs::read_to_string(&pids).unwrap());
}

#[test]
fn the_second_interrupt_kills_what_does_not_listen() {
    let (_guard, folder) = folder();
    let (ready, asked) = (folder.join("ready"), folder.join("asked"));
    let script = format!("trap 'echo asked > {asked}' TERM; echo $$ > {ready}; while :; do sleep 0.02; done");
    let cancel = Cancel::default();
    let ended = beside(
        || {
            wait_for(&ready);
            cancel.interrupt();
            wait_for(&asked);
            cancel.interrupt();
        },
        || shell(&script).run(&cancel).unwrap(),
    );
    assert_eq!(ended.code, None);
}

#[test]
fn a_grandchild_that_ignores_an_interrupt_is_killed_when_the_child_has_ended() {
    let (_guard, folder) = folder();
    let pid = folder.join("pid");
    // The grandchild holds the captured stdout open, so that a wait for its end would be a wait for 100 s.
    let script = format!("(trap '' TERM; exec sleep 100) & echo $! > {pid}; sleep 0.3; wait");
    let cancel = Cancel::default();
    let started = Instant::now();
    beside(
        || {
            wait_for(&pid);
            std::thread::sleep(Duration::from_millis(100));
            cancel.interrupt();
        },
        || shell(&script).run(&cancel).unwrap(),
    );
    wait_until_gone(&fs::read_to_string(&pid).unwrap());
    assert!(started.elapsed() < Duration::from_secs(50));
}

#[test]
fn what_a_child_leaves_behind_has_time_to_end_after_an_interrupt() {
    let (_guard, folder) = folder();
    let (ready, cleaned) = (folder.join("ready"), folder.join("cleaned"));
    let script = format!(
        "sh -c \"trap 'sleep 0.3; echo cleaned > {cleaned}; exit' TERM; echo > {ready}; while :; do sleep 0.02; \
         done\" & wait"
    );
    let cancel = Cancel::default();
    beside(
        || {
            wait_for(&ready);
            cancel.interrupt();
        },
        || shell(&script).run(&cancel).unwrap(),
    );
    assert_eq!(fs::read_to_string(cleaned).unwrap(), "cleaned\n");
}

#[test]
fn a_kill_reaches_what_a_child_started_in_a_group_of_its_own() {
    let (_guard, folder) = folder();
    let pid = folder.join("pid");
    let script = format!("trap '' TERM; setsid sh -c 'echo $$ > {pid}; exec sleep 100' & wait; sleep 100");
    let cancel = Cancel::default();
    let ended = beside(
        || {
            wait_for(&pid);
            cancel.interrupt();
            cancel.interrupt();
        },
        || shell(&script).run(&cancel).unwrap(),
    );
    assert_eq!(ended.code, None);
    wait_until_gone(&fs::read_to_string(&pid).unwrap());
}

#[test]
fn what_a_child_looked_after_in_another_group_is_killed_when_the_child_ended_without_doing_so() {
    let (_guard, folder) = folder();
    let pid = folder.join("pid");
    // A container's first process ignores SIGTERM, as this one does.
    let script = format!("setsid sh -c 'trap \"\" TERM; echo $$ > {pid}; exec sleep 100' & wait");
    let cancel = Cancel::default();
    let ended = beside(
        || {
            wait_for(&pid);
            cancel.interrupt();
        },
        || shell(&script).run(&cancel).unwrap(),
    );
    assert_eq!(ended.code, None);
    wait_until_gone(&fs::read_to_string(&pid).unwrap());
}

#[test]
fn without_an_interrupt_what_a_child_leaves_behind_lives_on() {
    let ended = shell("sleep 100 > /dev/null 2> /dev/null & echo $!").run(&Cancel::default()).unwrap();
    let pid = String::from_utf8(ended.stdout).unwrap();
    assert!(is_running(&pid));
    rustix::process::kill_process(
        Pid::from_raw(pid.trim().parse().unwrap()).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
}

#[test]
fn no_child_escapes_an_interrupt_that_comes_while_children_start() {
    for _ in 0..20 {
        let cancel = Cancel::default();
        let started = Instant::now();
        beside(
            || {
                std::thread::sleep(Duration::from_millis(3));
                cancel.interrupt();
            },
            || while child("sleep", &["30"]).run(&cancel).is_ok() {},
        );
        assert!(started.elapsed() < Duration::from_secs(15));
    }
}

#[test]
fn stdin_is_fed_whole() {
    let counted = child("wc", &["-c"])
        .run_fed(&Cancel::default(), |stdin| stdin.write_all(&vec![b'x'; 1 << 20]))
        .unwrap();
    assert_eq!(String::from_utf8(counted.stdout).unwrap().trim(), "1048576");
}

#[test]
fn a_child_that_stops_reading_is_judged_by_its_exit() {
    let ended = shell("exec <&-; exit 3")
        .run_fed(&Cancel::default(), |stdin| stdin.write_all(&vec![0; 10 << 20]))
        .unwrap();
    assert_eq!(ended.code, Some(3));
}

#[test]
fn a_feed_that_fails_kills_the_child_before_it_sees_the_end_of_its_input() {
    let (_guard, folder) = folder();
    let done = folder.join("done");
    let script = format!("cat > /dev/null; echo done > {done}");
    let error = shell(&script)
        .run_fed(&Cancel::default(), |stdin| {
            stdin.write_all(b"half")?;
            fs::File::open("/no/such/file")?.read_to_end(&mut Vec::new())?;
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!done.exists());
}

#[test]
fn programs_are_found_by_name_without_running_them() {
    assert!(find_program("sh").is_some_and(|path| path.ends_with("sh")));
    assert_eq!(find_program("no-such-program"), None);
}
