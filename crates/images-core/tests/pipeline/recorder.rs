//! Keeps what is reported, in words and without times.

use std::sync::Mutex;

use images_core::event::{Event, Failure, Reporter};

/// The events so far.
#[derive(Default)]
pub(crate) struct Recorder {
    told: Mutex<Vec<String>>,
    failures: Mutex<Vec<Failure>>,
}

impl Recorder {
    /// What was told since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    /// The failures since the last call.
    pub(crate) fn take_failures(&self) -> Vec<Failure> {
        std::mem::take(&mut self.failures.lock().unwrap())
    }
}

impl Reporter for Recorder {
    fn event(&self, event: &Event) {
        let text = match event {
            Event::HostCommand { what } => format!("runs {what}"),
            Event::Engine { description, automatic, .. } => {
                format!("engine {description}, automatic {automatic}")
            }
            Event::Locked { name, .. } => format!("locks {name}"),
            Event::LockedLocally { name, id, why } => format!("locks {name} to {id}: {why:?}"),
            Event::Unlocked { name, why } => format!("leaves {name}: {why}"),
            Event::Waiting => "waits".to_owned(),
            Event::Replanned { path } => format!("replans for {path}"),
            Event::Fresh { spec } => format!("fresh {spec}"),
            Event::Started { spec, reason, .. } => format!("starts {spec}: {reason}"),
            Event::Built { spec, .. } => format!("built {spec}"),
            Event::Retagged { spec } => format!("retagged {spec}"),
            Event::Failed(failure) => {
                self.failures.lock().unwrap().push((**failure).clone());
                format!("failed {}: {}", failure.spec, failure.message)
            }
            Event::Skipped { spec, because } => format!("skipped {spec} because of {because}"),
            Event::Test(event) => format!("{event:?}"),
        };
        self.told.lock().unwrap().push(text);
    }
}
