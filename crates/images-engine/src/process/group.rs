//! A child's process group, and what is left of it.

use std::io;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// A child's process group. Its number stays its own until the child is reaped and everything in it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(i32);

/// A process, as the system lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Process {
    id: i32,
    parent: i32,
    group: i32,
    /// It has ended, and nobody has asked for its end yet.
    is_zombie: bool,
    /// When it started, in the system's ticks; with its id, nothing else has that.
    started: u64,
}

impl Group {
    /// The group that this child leads.
    pub(super) fn of(leader: u32) -> Self {
        Self(i32::try_from(leader).expect("process ids fit pid_t"))
    }

    /// Asks all of it to end.
    pub(super) fn ask_to_end(self) {
        self.signal(Signal::TERM);
    }

    /// Kills all of it.
    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
    }

    /// What processes in it started in groups of their own and look after: a container that is built in runs in one.
    pub(super) fn outsiders(self) -> Vec<Process> {
        descendants(self.0, &processes())
    }

    /// Whether anything in it runs.
    pub(super) fn is_running(self) -> bool {
        let listed = processes();
        let is_known = rustix::process::test_kill_process_group(pid(self.0)).is_ok();
        // Orphans stay zombies where nobody reaps them, as in containers without an init.
        is_known && (listed.is_empty() || listed.iter().any(|one| one.group == self.0 && !one.is_zombie))
    }

    /// Waits for the leader's end and leaves it to be reaped.
    pub(super) fn wait_leader(self) -> io::Result<()> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid(self.0)), options))?;
        Ok(())
    }

    fn signal(self, signal: Signal) {
        // The only failure is that nothing is left to signal, which is what was wanted.
        let _ = kill_process_group(pid(self.0), signal);
    }
}

impl Process {
    /// Kills it, if it is still this one.
    pub(super) fn kill(self) {
        if process(self.id).is_some_and(|now| now.started == self.started) {
            // The only failure is that it has ended, which is what was wanted.
            let _ = kill_process(pid(self.id), Signal::KILL);
        }
    }
}

fn pid(id: i32) -> Pid {
    Pid::from_raw(id).expect("the system's process ids are positive")
}

/// Those outside of the group whose ancestors lead into it.
fn descendants(group: i32, processes: &[Process]) -> Vec<Process> {
    let mut found: Vec<Process> = processes.iter().filter(|one| one.group == group).copied().collect();
    let members = found.len();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let is_new = |one: &&Process| one.parent == parent.id && !found.contains(one);
        let children: Vec<Process> = processes.iter().filter(is_new).copied().collect();
        found.extend(children);
        next += 1;
    }
    found.split_off(members)
}

/// All processes, where the system has `/proc` as Linux does; otherwise none are known.
fn processes() -> Vec<Process> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    folder.filter_map(|entry| process(entry.ok()?.file_name().to_str()?.parse().ok()?)).collect()
}

fn process(id: i32) -> Option<Process> {
    read_stat(id, &std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// Reads `/proc/<id>/stat`: `id (name) state parent group …`, where the name may hold anything. The start is the 22nd.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn read_stat(id: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    Some(Process {
        id,
        is_zombie: matches!(*fields.first()?, "Z" | "X"),
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: i32, parent: i32, group: i32) -> Process {
        Process { id, parent, group, is_zombie: false, started: 77 }
    }

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let rest = "3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 77 22";
        assert_eq!(read_stat(7, &format!("7 (a) R 1 2) S {rest}")), Some(process(7, 3, 4)));
        let zombie = Process { is_zombie: true, ..process(7, 3, 4) };
        assert_eq!(read_stat(7, &format!("7 (x) Z {rest}")), Some(zombie));
        assert_eq!(read_stat(7, "7 (x"), None);
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(processes().iter().any(|one| one.id == own && !one.is_zombie));
    }

    #[test]
    fn descendants_are_found_through_generations_and_members_are_none() {
        let (child, grandchild) = (process(8, 6, 8), process(9, 8, 9));
        let others = [process(1, 0, 1), process(10, 1, 10)];
        let members = [process(5, 1, 5), process(6, 5, 5)];
        let processes = [&others[..], &[grandchild, child], &members].concat();
        assert_eq!(descendants(5, &processes), [child, grandchild]);
        assert_eq!(descendants(77, &processes), []);
    }

    #[test]
    fn another_process_with_the_same_id_is_left_alone() {
        let own = super::process(i32::try_from(std::process::id()).unwrap()).unwrap();
        Process { started: own.started + 1, ..own }.kill();
    }
}
