//! What every scenario has at hand.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use images_tests::engine::Engine;
use images_tests::machine::hermetic_environment;
use tempfile::TempDir;

use crate::engines::Engines;
use crate::load::{self, Plan};
use crate::measure::{Sample, measure, median};
use crate::workspace::{Shape, Workspace};

/// How long files must be at rest before their hashes are remembered, and a little.
const REST: Duration = Duration::from_millis(2200);

/// The tools and where they work.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    /// The release binary of this workspace's xtask.
    pub(crate) tool: PathBuf,
    /// How often what takes less than a second is run.
    pub(crate) runs: usize,
    pub(crate) engines: Engines,
}

impl Bench {
    /// A workspace with 20 small files an image.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn workspace(&self, name: &str, shape: Shape, images: usize) -> Result<Workspace, String> {
        self.workspace_with(name, shape, images, 20)
    }

    /// A workspace with this many small files an image.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn workspace_with(
        &self,
        name: &str,
        shape: Shape,
        images: usize,
        files: usize,
    ) -> Result<Workspace, String> {
        let folder = self.folder.path().join(name);
        let workspace = Workspace { folder, namespace: format!("bench-{name}"), shape, images, files };
        workspace.write().map_err(|error| format!("{}: {error}", workspace.folder.display()))?;
        Ok(workspace)
    }

    fn environment(&self) -> BTreeMap<OsString, OsString> {
        match &self.engines.docker {
            Some(docker) => docker.environment.clone(),
            None => hermetic_environment(self.folder.path()),
        }
    }

    /// `images` with these arguments in a workspace, on docker where it is there.
    pub(crate) fn images(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        command.arg("images").args(args).current_dir(folder).env_clear().envs(self.environment());
        command
    }

    /// The docker that measures, or why there is nothing to measure.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn docker(&self) -> Result<&Engine, String> {
        self.engines.docker.as_ref().ok_or_else(|| "it needs docker".to_owned())
    }

    /// Measures a command some times, each after `before`; gives the medians.
    ///
    /// # Errors
    /// What fails.
    pub(crate) fn measure(
        &self,
        runs: usize,
        command: &Command,
        mut before: impl FnMut(usize) -> Result<(), String>,
    ) -> Result<(usize, Sample), String> {
        let log = self.folder.path().join("log");
        let mut samples = Vec::with_capacity(runs);
        for run in 0..runs {
            before(run)?;
            samples.push(measure(command, &log)?);
        }
        Ok((runs, median(&samples)))
    }

    /// The plan of everything.
    ///
    /// # Errors
    /// What the tool says.
    pub(crate) fn plan(&self, folder: &Path) -> Result<Plan, String> {
        let mut command = self.images(folder, &["plan", "--workspace", "--format", "json"]);
        let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    /// Makes all images of a workspace fresh without building them, and lets the stat cache know all files.
    ///
    /// # Errors
    /// There is no docker, it does not take the images, or they are not fresh then.
    pub(crate) fn make_fresh(&self, workspace: &Workspace) -> Result<(), String> {
        std::thread::sleep(REST);
        load::load(&self.plan(&workspace.folder)?, self.docker()?.command())?;
        let stale = self.plan(&workspace.folder)?.items.into_iter().filter(|item| item.action != "fresh");
        match stale.count() {
            0 => Ok(()),
            count => Err(format!("{count} images of {} are not fresh", workspace.namespace)),
        }
    }
}

/// Nothing has to be done before a run.
pub(crate) fn nothing(_: usize) -> Result<(), String> {
    Ok(())
}

/// Removes what the tool keeps in a workspace.
pub(crate) fn forget(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder.join("target")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
        _ => Ok(()),
    }
}
