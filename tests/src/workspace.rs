//! A workspace in a temporary folder, and the tool run on it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::engine::Engine;
use crate::machine::{hermetic_environment, namespace_prefix};
use crate::program::{Output, run};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A workspace of images.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
    tool: PathBuf,
    /// The namespace, which no other workspace of this or another run has.
    pub namespace: String,
    /// The environment of the tool.
    pub environment: BTreeMap<OsString, OsString>,
}

impl Workspace {
    /// An empty workspace to be built by this engine. `tool` is the program under test.
    ///
    /// # Panics
    /// There is no temporary folder.
    pub fn on(engine: &Engine, tool: &str) -> Self {
        Self::with_environment(engine.environment.clone(), tool)
    }

    /// An empty workspace where no engine is.
    ///
    /// # Panics
    /// There is no temporary folder.
    pub fn without_engine(tool: &str) -> Self {
        let mut workspace = Self::with_environment(BTreeMap::new(), tool);
        workspace.environment = hermetic_environment(workspace.path());
        let programs = workspace.path().join("target/programs");
        fs::create_dir_all(&programs).expect("the folder is ours");
        workspace.environment.insert("PATH".into(), programs.into());
        workspace
    }

    fn with_environment(environment: BTreeMap<OsString, OsString>, tool: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("workspace-").tempdir().expect("a temporary folder");
        let namespace = format!("{}-{}", namespace_prefix(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let workspace = Self { folder, tool: tool.into(), namespace, environment };
        workspace.write(
            "Cargo.toml",
            &format!(
                "[workspace]\nmembers = []\nresolver = \"3\"\n\n[workspace.metadata.images]\nmembers = [\"images/*\"]\n\
                 namespace = \"{}\"\n",
                workspace.namespace
            ),
        );
        workspace
    }

    /// Its root.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and its folders.
    ///
    /// # Panics
    /// It cannot be written.
    #[track_caller]
    pub fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().expect("a file has a folder")).expect("the folder is ours");
        fs::write(file, text).expect("the folder is ours");
    }

    /// Adds an image of version 1.0.0. `{ns}` in the Dockerfile is the namespace.
    pub fn image(&self, name: &str, dockerfile: &str) {
        self.write(&format!("images/{name}/Image.toml"), "[image]\nversion = \"1.0.0\"\n");
        self.write(&format!("images/{name}/Dockerfile"), &dockerfile.replace("{ns}", &self.namespace));
    }

    /// The name that the tool gives an image of version 1.0.0.
    pub fn name(&self, image: &str) -> String {
        format!("localhost/{}/{image}:1.0.0", self.namespace)
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
        run(&mut self.command(args))
    }
}
