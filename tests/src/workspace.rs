//! A workspace in a temporary folder, and the tool run on it.

use std::env;
use std::fs::{self, File, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{builds, removals};
use crate::machine::{CALLS, Environment, hermetic_environment, namespace_prefix};
use crate::program::{Output, run};
use crate::subject::Subject;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A workspace of images.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
    tool: PathBuf,
    /// The namespace, which no other workspace of this or another run has.
    pub namespace: String,
    /// The environment of the tool.
    pub environment: Environment,
    /// How many records of the history `built` has told of.
    seen: AtomicUsize,
}

impl Workspace {
    /// An empty workspace to be built by this engine. `tool` is the program under test.
    ///
    /// # Panics
    /// There is no temporary folder.
    pub fn on(engine: &Subject, tool: &str) -> Self {
        let namespace = format!("{}-{}", namespace_prefix(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Self::new(engine.folder(), namespace, engine.environment().clone(), tool)
    }

    /// The repository that these tests are in, to be built by this engine. Its namespace is its own.
    pub fn this_repository(engine: &Subject, tool: &str) -> Repository {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = root.parent().map(Path::to_owned).unwrap_or(root);
        Repository { root, tool: tool.into(), environment: engine.environment().clone() }
    }

    /// An empty workspace where no engine is: the search path is an empty folder, and no socket is where the
    /// environment says. Nothing is built in it, so its namespace is always `acme`.
    ///
    /// # Panics
    /// There is no temporary folder.
    pub fn without_engine(tool: &str) -> Self {
        let mut workspace = Self::new(&env::temp_dir(), "acme".into(), Environment::new(), tool);
        let programs = workspace.path().join("target/programs");
        fs::create_dir_all(&programs).expect("the folder is ours");
        let socket = format!("unix://{}", programs.join("no.sock").display());
        workspace.environment.extend(hermetic_environment(&programs));
        workspace
            .environment
            .extend([("PATH".into(), programs.into()), ("DOCKER_HOST".into(), socket.into())]);
        workspace
    }

    /// The same with a docker, a podman and a buildah that note that they were called, and then do what this script
    /// says.
    ///
    /// # Panics
    /// There is no temporary folder.
    pub fn with_scripted_engines(tool: &str, script: &str) -> Self {
        let workspace = Self::without_engine(tool);
        for name in ["docker", "podman", "buildah"] {
            let program = workspace.path().join("target/programs").join(name);
            let text = format!("#!/bin/sh\necho {name} \"$@\" >>\"${CALLS}\"\n{script}\n");
            fs::write(&program, text).expect("the folder is ours");
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("the file is ours");
        }
        workspace
    }

    fn new(parent: &Path, namespace: String, environment: Environment, tool: &str) -> Self {
        let folder =
            tempfile::Builder::new().prefix("workspace-").tempdir_in(parent).expect("a temporary folder");
        let mut workspace =
            Self { folder, tool: tool.into(), namespace, environment, seen: AtomicUsize::new(0) };
        workspace.environment.insert(CALLS.into(), workspace.path().join("target/calls").into());
        fs::create_dir(workspace.path().join("target")).expect("the folder is ours");
        workspace.settings("");
        workspace
    }

    /// Writes the root Cargo.toml with these further settings of `[workspace.metadata.images]`.
    pub fn settings(&self, more: &str) {
        let namespace = &self.namespace;
        self.write(
            "Cargo.toml",
            &format!(
                "[workspace]\nmembers = []\nresolver = \"3\"\n\n[workspace.metadata.images]\nmembers = [\"images/*\"]\n\
                 namespace = \"{namespace}\"\n{more}"
            ),
        );
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and its folders. `{ns}` in the text is the namespace.
    ///
    /// # Panics
    /// It cannot be written.
    #[track_caller]
    pub fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().expect("a file has a folder")).expect("the folder is ours");
        fs::write(file, text.replace("{ns}", &self.namespace)).expect("the folder is ours");
    }

    /// Writes a file with a time of modification.
    ///
    /// # Panics
    /// It cannot be written.
    #[track_caller]
    pub fn write_at(&self, path: &str, text: &str, modified: SystemTime) {
        self.write(path, text);
        let file = File::options().write(true).open(self.path().join(path)).expect("it was just written");
        file.set_times(FileTimes::new().set_modified(modified)).expect("the file is ours");
    }

    /// Copies a file, its mode with it.
    ///
    /// # Panics
    /// It cannot be copied.
    #[track_caller]
    pub fn copy(&self, from: &Path, path: &str) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().expect("a file has a folder")).expect("the folder is ours");
        fs::copy(from, file).expect("the folder is ours");
    }

    /// Adds an image of version 1.0.0. `{ns}` in the Dockerfile is the namespace.
    #[track_caller]
    pub fn image(&self, name: &str, dockerfile: &str) {
        self.write(&format!("images/{name}/Image.toml"), "[image]\nversion = \"1.0.0\"\n");
        self.write(&format!("images/{name}/Dockerfile"), dockerfile);
    }

    /// The name that the tool gives an image of version 1.0.0.
    pub fn name(&self, image: &str) -> String {
        format!("localhost/{}/{image}:1.0.0", self.namespace)
    }

    /// Lets the tool find the programs of this machine, and git nobody's configuration.
    pub fn with_programs(&mut self) {
        self.environment.insert("PATH".into(), env::var_os("PATH").unwrap_or_default());
        self.environment.extend([
            ("GIT_CONFIG_GLOBAL".into(), "/dev/null".into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
        ]);
    }

    /// Runs git in the workspace's root.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(args);
        run(command.current_dir(self.path())).ok()
    }

    /// Commits all that is in the workspace but `target`.
    #[track_caller]
    pub fn commit(&self) {
        if !self.path().join(".git").exists() {
            self.git(&["init", "--quiet", "--initial-branch=main"]);
            self.write(".git/info/exclude", "/target\n");
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=x"]);
    }

    /// The tool with these arguments, in the workspace's root.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        command.current_dir(self.path()).env_clear().envs(&self.environment).args(args);
        command
    }

    /// Runs the tool.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        let _builds = builds(&self.environment);
        run(&mut self.command(args))
    }

    /// Runs the tool with a command that removes images.
    #[track_caller]
    pub fn run_removing(&self, args: &[&str]) -> Output {
        let _removals = removals(&self.environment);
        run(&mut self.command(args))
    }

    /// The calls of the engine since this was asked last, one a line. What asks an engine by its socket is not seen.
    pub fn calls(&self) -> String {
        let file = self.path().join("target/calls");
        let calls = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        calls
    }

    /// The images that were built, or failed to be, since this was asked last, in the order of their ends: as the tool
    /// recorded them. What a client was called for has to be among them; a daemon can also be asked by its socket.
    ///
    /// # Panics
    /// A client was called for an image of which there is no record.
    #[track_caller]
    pub fn built(&self) -> Vec<String> {
        let records = self.records();
        let seen = self.seen.swap(records.len(), Ordering::Relaxed);
        // A test may remove the history.
        let new = records.get(seen..).unwrap_or(&records).to_vec();
        for called in self.called() {
            assert!(new.contains(&called), "{called} was built, and no record tells: {new:?}");
        }
        new
    }

    /// The images of all builds in the workspace's history.
    fn records(&self) -> Vec<String> {
        let history = fs::read_to_string(self.path().join("target/images/builds.jsonl")).unwrap_or_default();
        let name = |line: &str| {
            let record: Value = serde_json::from_str(line).expect("a record is JSON");
            let spec = record["spec"].as_str().expect("a record names what was built");
            spec.split(':').next().unwrap_or_default().to_owned()
        };
        history.lines().map(name).collect()
    }

    /// The images that a client was called to build since calls were asked for last.
    pub fn called(&self) -> Vec<String> {
        let ours = format!("localhost/{}/", self.namespace);
        let is_build = |call: &&str| call.split(' ').any(|word| word == "build" || word == "bud");
        let name = |call: &str| {
            let tag = call.split([' ', '=']).find_map(|word| word.strip_prefix(&ours))?;
            Some(tag.split(':').next()?.to_owned())
        };
        self.calls().lines().filter(is_build).filter_map(name).collect()
    }
}

/// The repository that these tests are in.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    tool: PathBuf,
    environment: Environment,
}

impl Repository {
    /// Runs the tool in its root.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        let _builds = builds(&self.environment);
        let mut command = Command::new(&self.tool);
        run(command.current_dir(&self.root).env_clear().envs(&self.environment).args(args))
    }
}
