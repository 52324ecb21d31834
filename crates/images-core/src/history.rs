//! What was built, when, and how long it took: `target/images/builds.jsonl`, one line a build. A cache: deleting it
//! costs only knowledge of the past.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

/// One build. Times are from the start of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The run: its start in milliseconds since 1970, and the process.
    pub run: String,
    /// The variant.
    pub spec: String,
    /// Its key.
    pub key: String,
    /// Why it was built.
    pub reason: String,
    /// Those that it stands on and that were built in the same run.
    pub parents: Vec<String>,
    /// The one of them that ended last.
    pub unblocked_by: Option<String>,
    /// The worker that built it, from 0.
    pub lane: usize,
    /// When all that it stands on was there.
    pub ready: Duration,
    /// When it started.
    pub started: Duration,
    /// When it ended.
    pub ended: Duration,
    /// Whether it was built.
    pub ok: bool,
    /// How many builds could run at once.
    pub jobs: usize,
}

impl Entry {
    /// How long it was being built.
    pub fn active(&self) -> Duration {
        self.ended.saturating_sub(self.started)
    }

    /// How long it could have run and did not, for want of a lane.
    pub fn waiting(&self) -> Duration {
        self.started.saturating_sub(self.ready)
    }

    /// When it ended; `None` where the run's name does not tell.
    pub fn ended_at(&self) -> Option<SystemTime> {
        let (start, _) = self.run.split_once('-')?;
        UNIX_EPOCH.checked_add(Duration::from_millis(start.parse().ok()?))?.checked_add(self.ended)
    }
}

/// The history of a workspace.
#[derive(Debug, Clone)]
pub struct History {
    file: Utf8PathBuf,
}

/// A name for a run that starts now.
pub fn new_run() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}-{}", since.as_millis(), std::process::id())
}

impl History {
    /// The history of a workspace, by its cache folder.
    pub fn of(cache: &Utf8Path) -> Self {
        Self { file: cache.join("builds.jsonl") }
    }

    /// Appends one build. A history that cannot be written is no reason to fail a build.
    pub fn append(&self, entry: &Entry) {
        let Ok(mut line) = serde_json::to_vec(entry) else { return };
        line.push(b'\n');
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(&self.file) {
            let _ = file.write_all(&line);
        }
    }

    /// All builds, oldest first. Lines that cannot be read are passed over.
    pub fn entries(&self) -> Vec<Entry> {
        let text = fs::read(&self.file).unwrap_or_default();
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// How long each variant's last good build took, by spec.
    pub fn durations(&self) -> HashMap<String, Duration> {
        let good = self.entries().into_iter().filter(|entry| entry.ok);
        good.map(|entry| (entry.spec.clone(), entry.active())).collect()
    }
}
