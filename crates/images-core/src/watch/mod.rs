//! Waits until files of a workspace change.
//!
//! 1. [`places()`]: what is watched: the workspace's folders, and what contexts take from elsewhere in the repository.
//! 2. [`Watch`]: collects what changes there, from its start on.
//! 3. Whoever was told plans anew: keys say what a change affects, so nothing here guesses from paths.

mod places;

use std::collections::BTreeSet;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::Error;
pub use places::{Places, places};

/// Changes that follow one another as closely as this are told of together.
const QUIET: Duration = Duration::from_millis(100);
/// The longest that changes are collected, however close they are.
const LONGEST: Duration = Duration::from_secs(2);
/// How often an interrupt is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Collects what changes from its start on.
#[derive(Debug)]
pub struct Watch {
    events: Receiver<notify::Result<notify::Event>>,
    root: Utf8PathBuf,
    /// Ends with this value.
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Starts to collect. Where a place is gone already, its parent tells.
    ///
    /// # Errors
    /// The system cannot watch so many folders, or none.
    pub fn start(places: &Places) -> Result<Self, Error> {
        let (sender, events) = channel();
        let mut watcher =
            notify::recommended_watcher(sender).map_err(|error| refused(&places.root, error))?;
        for place in &places.watched {
            match watcher.watch(place.as_std_path(), RecursiveMode::NonRecursive) {
                Err(error) if is_gone(&error) => {}
                watched => watched.map_err(|error| refused(place, error))?,
            }
        }
        Ok(Self { events, root: places.root.clone(), _watcher: watcher })
    }

    /// Waits for a change and for those that follow it closely. Tells what changed, relative to the workspace's root
    /// where it lies there.
    ///
    /// # Errors
    /// An interrupt, or a system that watches no longer.
    pub fn wait(&self, cancel: &Cancel) -> Result<BTreeSet<Utf8PathBuf>, Error> {
        let mut changed = BTreeSet::new();
        let mut first = None;
        loop {
            if cancel.is_interrupted() {
                return Err(Error::Interrupted);
            }
            let before = changed.len();
            let patience = if first.is_some() { QUIET } else { TICK };
            match self.events.recv_timeout(patience) {
                Ok(event) => self.add(event, &mut changed)?,
                Err(RecvTimeoutError::Timeout) if first.is_some() => return Ok(changed),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let gone = io::Error::other("the system's watch ended");
                    return Err(Error::io("cannot watch", &self.root)(gone));
                }
            }
            if changed.len() > before {
                first.get_or_insert_with(Instant::now);
            }
            if first.is_some_and(|first| first.elapsed() > LONGEST) {
                return Ok(changed);
            }
        }
    }

    fn add(
        &self,
        event: notify::Result<notify::Event>,
        changed: &mut BTreeSet<Utf8PathBuf>,
    ) -> Result<(), Error> {
        let event = event.map_err(|error| refused(&self.root, error))?;
        if event.need_rescan() {
            changed.insert(Utf8PathBuf::from("."));
        }
        if is_reading(event.kind) {
            return Ok(());
        }
        let paths = event.paths.into_iter().filter_map(|path| Utf8PathBuf::try_from(path).ok());
        let paths = paths.filter(|path| !places::is_excluded(path, &self.root));
        changed
            .extend(paths.map(|path| path.strip_prefix(&self.root).map(Utf8Path::to_owned).unwrap_or(path)));
        Ok(())
    }
}

/// Whether somebody only looked. A file that was open for writing and is closed may have changed.
fn is_reading(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
        kind => kind.is_access(),
    }
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    }
}

fn refused(place: &Utf8Path, error: notify::Error) -> Error {
    let source = match error.kind {
        notify::ErrorKind::MaxFilesWatch => io::Error::other(
            "the system watches no more folders; raise fs.inotify.max_user_watches (see inotify(7))",
        ),
        notify::ErrorKind::Io(error) => error,
        _ => io::Error::other(error.to_string()),
    };
    Error::io("cannot watch", place)(source)
}

#[cfg(test)]
mod tests;
