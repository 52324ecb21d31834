//! Interrupts, and the groups of processes that they end.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::group::Group;

/// How long what a child leaves behind may take to end after an interrupt. podman, for one, ends at once, and its
/// helper takes the container down after it.
const GRACE: Duration = Duration::from_secs(5);

/// Says when to stop. Clones share one state. `interrupt` once: nothing new is started and running children are asked
/// to end (SIGTERM to their groups); twice: they are killed.
///
/// Starting a child and registering its group happen under one lock, so no child slips past an interrupt.
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    interrupts: usize,
    groups: BTreeSet<Group>,
}

impl Cancel {
    /// One more interrupt.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.interrupts += 1;
        for group in &state.groups {
            if state.interrupts == 1 { group.ask_to_end() } else { group.kill() }
        }
    }

    /// Whether there was an interrupt.
    pub fn is_interrupted(&self) -> bool {
        self.lock().interrupts > 0
    }

    /// Starts a child unless there was an interrupt, and registers its group.
    pub(super) fn start(
        &self,
        start: impl FnOnce() -> io::Result<duct::Handle>,
    ) -> io::Result<(duct::Handle, Group)> {
        let mut state = self.lock();
        if state.interrupts > 0 {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let handle = start()?;
        let group = Group::of(*handle.pids().first().expect("one started program has one process"));
        state.groups.insert(group);
        Ok((handle, group))
    }

    /// Forgets a group whose leader has ended, unless there was an interrupt. Says whether it is forgotten.
    pub(super) fn forget(&self, group: Group) -> bool {
        let mut state = self.lock();
        let forgets = state.interrupts == 0;
        if forgets {
            state.groups.remove(&group);
        }
        forgets
    }

    /// Lets what is left of an interrupted group end, kills it when that takes too long, and forgets it.
    pub(super) fn clear(&self, group: Group) {
        let deadline = Instant::now() + GRACE;
        while group.is_running() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut state = self.lock();
        group.kill();
        state.groups.remove(&group);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }
}
