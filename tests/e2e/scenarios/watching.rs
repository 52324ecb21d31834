//! `images watch`: what is saved is built and tested, until an interrupt.

use std::fs::{self, File};
use std::process::Child;
use std::time::Duration;

use images_tests::program::wait_for;
use images_tests::workspace::Workspace;
use rustix::process::{Pid, Signal, kill_process};

use super::Bench;

/// How long something may take that comes about by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// A tool that watches. What it says lies in `target`, where it does not look.
struct Watching<'a> {
    workspace: &'a Workspace,
    tool: Child,
    /// How much of what it said was read.
    read: usize,
}

impl<'a> Watching<'a> {
    fn start(workspace: &'a Workspace) -> Self {
        let log = File::create(workspace.path().join("target/watch.log")).expect("the folder is ours");
        let mut command = workspace.command(&["watch", "--workspace"]);
        let tool = command.stderr(log).spawn().expect("the tool is there");
        Self { workspace, tool, read: 0 }
    }

    /// Waits until it has said each of these since it was waited for last, in this order, and waits again. What is written
    /// in steps may be told of in steps.
    #[track_caller]
    fn says(&mut self, words: &[&str]) {
        let log = self.workspace.path().join("target/watch.log");
        let end = wait_for(PATIENCE, || {
            let text = fs::read_to_string(&log).ok()?;
            let words = words.iter().chain(&["Ctrl-C ends it\n"]);
            words.copied().try_fold(self.read, |at, word| Some(at + text[at..].find(word)? + word.len()))
        });
        self.read = end.unwrap_or_else(|| panic!("no {words:?} in {:?}", fs::read_to_string(&log)));
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        let _ = self.tool.kill();
        let _ = self.tool.wait();
    }
}

pub(super) fn what_is_saved_is_built_and_tested_until_an_interrupt(bench: &Bench) {
    let workspace = bench.workspace();
    workspace.image("base", "FROM scratch\nCOPY etc /etc\n");
    workspace.image("app", "FROM {ns}/base\nCOPY data /data\n");
    workspace.write("images/base/etc/name", "base");
    workspace.write("images/app/data", "good");
    let tests = "\n[[test]]\nname = \"is good\"\nfiles = [{ path = \"/data\", content = \"good\" }]\n";
    workspace.write("images/app/Image.toml", &format!("[image]\nversion = \"1.0.0\"\n{tests}"));

    let mut watching = Watching::start(&workspace);
    watching.says(&["Built base:1.0.0", "Built app:1.0.0", "Passed app:1.0.0: is good"]);

    workspace.write("images/app/data", "bad");
    watching.says(&["Changed images/app/data\n", "Built app:1.0.0", "Failed app:1.0.0: is good"]);

    workspace.write("images/app/Dockerfile", "FROM {ns}/bsae\n");
    watching.says(&["Changed images/app/Dockerfile\n", "no image of this workspace is named `bsae`"]);

    workspace.write("images/app/Dockerfile", "FROM {ns}/base\nCOPY data /data\n");
    workspace.write("images/app/data", "good");
    watching.says(&["Tagged app:1.0.0", "1 passed before"]);

    workspace.image("new", "FROM {ns}/base\nCOPY more /more\n");
    workspace.write("images/new/more/file", "1");
    watching.says(&["Built new:1.0.0"]);
    workspace.write("images/new/more/file", "2");
    watching.says(&["Changed images/new/more/file\n", "Built new:1.0.0"]);

    let pid = i32::try_from(watching.tool.id()).ok().and_then(Pid::from_raw).expect("it runs");
    kill_process(pid, Signal::INT).expect("it runs");
    assert_eq!(watching.tool.wait().expect("it is our child").code(), Some(130));
}
