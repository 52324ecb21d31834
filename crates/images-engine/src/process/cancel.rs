//! Interrupts, and the groups of processes that they end.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::group::{Group, Process};

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
    /// Each child's group, and what an interrupt found that it had started outside of it.
    groups: BTreeMap<Group, BTreeSet<Process>>,
}

impl Cancel {
    /// One more interrupt.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.interrupts += 1;
        let is_first = state.interrupts == 1;
        for (group, outsiders) in &mut state.groups {
            outsiders.extend(group.outsiders());
            if is_first { group.ask_to_end() } else { end_at_once(*group, outsiders) }
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
        state.groups.insert(group, BTreeSet::new());
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

    /// Lets what is left of an interrupted group end, kills it when that takes too long, and forgets it. What it looked
    /// after outside of it is killed then as well, for nobody is left to do that.
    pub(super) fn clear(&self, group: Group) {
        let deadline = Instant::now() + GRACE;
        while group.is_running() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut state = self.lock();
        let mut outsiders = state.groups.remove(&group).unwrap_or_default();
        outsiders.extend(group.outsiders());
        end_at_once(group, &outsiders);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }
}

fn end_at_once(group: Group, outsiders: &BTreeSet<Process>) {
    group.kill();
    for outsider in outsiders {
        outsider.kill();
    }
}
