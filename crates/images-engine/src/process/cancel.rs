//! Interrupts, and the groups of processes that they end.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

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

/// A child's process group. Its number stays its own until the child is reaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(i32);

impl Cancel {
    /// One more interrupt.
    pub fn interrupt(&self) {
        let mut state = self.lock();
        state.interrupts += 1;
        let signal = if state.interrupts == 1 { Signal::TERM } else { Signal::KILL };
        for group in &state.groups {
            group.signal(signal);
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
        let leader = *handle.pids().first().expect("one started program has one process");
        let group = Group(i32::try_from(leader).expect("process ids fit pid_t"));
        state.groups.insert(group);
        Ok((handle, group))
    }

    /// Forgets a group whose leader has ended and is not reaped yet. What is left of it after an interrupt is killed.
    pub(super) fn end(&self, group: &Group) {
        let mut state = self.lock();
        state.groups.remove(group);
        if state.interrupts > 0 {
            group.kill();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }
}

impl Group {
    /// Kills all of it.
    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
    }

    /// Waits for the leader's end and leaves it to be reaped.
    pub(super) fn wait_leader(self) -> io::Result<()> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        rustix::io::retry_on_intr(|| waitid(WaitId::Pid(self.pid()), options))?;
        Ok(())
    }

    fn signal(self, signal: Signal) {
        // The only failure is that nothing is left to signal, which is what was wanted.
        let _ = kill_process_group(self.pid(), signal);
    }

    fn pid(self) -> Pid {
        Pid::from_raw(self.0).expect("a child's process id is positive")
    }
}
