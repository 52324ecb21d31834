//! Which containers belong to a run that lives, and the removal of the others.
//!
//! A run holds the lock of a file as long as it lives; the system takes the lock when the process ends, however that comes.
//! Containers have the run's name in a label. So whoever has the label of a run whose file nobody locks is a leftover.

use std::fs::{self, File};

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::{Containers, EngineError};

use super::container::LABEL;
use crate::Error;
use crate::history::new_run;

/// The life of a run.
pub(super) struct Lease {
    folder: Utf8PathBuf,
    /// What this workspace's runs begin with, on this machine.
    workspace: String,
    /// The value of [`LABEL`] for this run.
    pub(super) run: String,
    _lock: File,
}

impl Lease {
    /// Begins a run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn begin(cache: &Utf8Path) -> Result<Self, Error> {
        let folder = cache.join("test-runs");
        fs::create_dir_all(&folder).map_err(Error::io("cannot create", &folder))?;
        // Another machine may use the same engine from a folder of the same name.
        let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let hash = blake3::hash(format!("{}\n{cache}", machine.trim()).as_bytes()).to_hex();
        let workspace = hash[..16].to_owned();
        let run = format!("{workspace}-{}", new_run());
        let path = folder.join(&run);
        let lock = File::create(&path).map_err(Error::io("cannot create", &path))?;
        lock.lock().map_err(Error::io("cannot lock", &path))?;
        Ok(Self { folder, workspace, run, _lock: lock })
    }

    /// Removes what runs of this workspace left behind that did not come to their end; says how many there were.
    ///
    /// # Errors
    /// The engine does not answer.
    pub(super) fn clean(&self, containers: Containers) -> Result<usize, EngineError> {
        let labelled = containers.labelled(LABEL)?;
        let dead: Vec<String> =
            labelled.into_iter().filter(|(_, run)| self.is_dead(run)).map(|(id, _)| id).collect();
        containers.remove(&dead)?;
        Ok(dead.len())
    }

    /// Removes what this run still has: of an interrupted call the engine may have made a container nonetheless.
    ///
    /// # Errors
    /// The engine does not answer.
    pub(super) fn end(&self, containers: Containers) -> Result<(), EngineError> {
        let labelled = containers.labelled(LABEL)?;
        let own: Vec<String> =
            labelled.into_iter().filter(|(_, run)| *run == self.run).map(|(id, _)| id).collect();
        containers.remove(&own)
    }

    fn is_dead(&self, run: &str) -> bool {
        let is_other = run.starts_with(&self.workspace) && run != self.run;
        let is_free = |file: File| file.try_lock().is_ok();
        is_other && File::open(self.folder.join(run)).map_or(true, is_free)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.folder.join(&self.run));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_runs_of_this_workspace_that_nobody_leads_are_dead() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(folder.path()).unwrap();
        let lease = Lease::begin(cache).unwrap();
        let of = |rest: &str| format!("{}-{rest}", lease.workspace);
        assert!(
            !lease.is_dead(&lease.run) && !lease.is_dead("0123456789abcdef-1-2") && lease.is_dead(&of("1-2"))
        );
        let living = File::create(lease.folder.join(of("3-4"))).unwrap();
        living.lock().unwrap();
        assert!(!lease.is_dead(&of("3-4")));
        drop(living);
        assert!(lease.is_dead(&of("3-4")));
        let file = lease.folder.join(&lease.run);
        assert!(file.exists());
        drop(lease);
        assert!(!file.exists());
    }
}
