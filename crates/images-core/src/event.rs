//! What happens, as data. Workers emit events; reporters word, store or count them.

use std::time::Duration;

use camino::Utf8PathBuf;
use images_engine::EngineError;

use crate::reason::Reason;
use crate::test::TestEvent;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A command starts on the host: cargo, or a `[[prepare]]`.
    HostCommand {
        /// What, in words.
        what: String,
    },
    /// Which engine does the work.
    Engine {
        /// Its name, version and builder.
        description: String,
        /// Whether it was chosen among those that are there.
        automatic: bool,
        /// The engines that would have been chosen before it, and why they were not.
        passed_over: Vec<EngineError>,
    },
    /// The name of an image from elsewhere was pinned.
    Locked {
        /// The full name.
        name: String,
        /// The digest in the registry.
        digest: String,
    },
    /// The name of an image from elsewhere was pinned to what the engine has by it, since no registry told.
    LockedLocally {
        /// The full name.
        name: String,
        /// The engine's id.
        id: String,
        /// Why the registry did not tell; `None` where none was asked.
        why: Option<String>,
    },
    /// The name of an image from elsewhere could not be pinned: the engine may get whatever it means now.
    Unlocked {
        /// The full name.
        name: String,
        /// Why.
        why: String,
    },
    /// Another run works on the same store.
    Waiting,
    /// The inputs changed while they were read, so everything is planned again.
    Replanned {
        /// What changed.
        path: String,
    },
    /// A variant that is there already.
    Fresh {
        /// The variant.
        spec: String,
    },
    /// A build starts.
    Started {
        /// The variant.
        spec: String,
        /// Why it is built.
        reason: Reason,
        /// Where its output goes.
        log: Utf8PathBuf,
    },
    /// A build ended well.
    Built {
        /// The variant.
        spec: String,
        /// How long it took.
        duration: Duration,
        /// Where its output is.
        log: Utf8PathBuf,
    },
    /// An image that is there got its version's tag.
    Retagged {
        /// The variant.
        spec: String,
    },
    /// A build failed.
    Failed(Box<Failure>),
    /// A variant is not built because one that it stands on failed.
    Skipped {
        /// The variant.
        spec: String,
        /// The one that failed.
        because: String,
    },
    /// Something that happened to tests of built images.
    Test(TestEvent),
}

/// A build that failed, with what a person needs to mend it.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The variant.
    pub spec: String,
    /// Why, in one line.
    pub message: String,
    /// The Dockerfile's place, where it is known.
    pub place: Option<Place>,
    /// The end of the engine's output.
    pub tail: Vec<String>,
    /// Where all of it is.
    pub log: Utf8PathBuf,
    /// What to do.
    pub help: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// A line of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The Dockerfile, as a person knows it.
    pub path: Utf8PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

/// Takes events from any thread.
pub trait Reporter: Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}
