//! A child's process group, and what is left of it.

use std::io;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// A child's process group. Its number stays its own until the child is reaped and everything in it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(i32);

/// A process, as the system lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    id: i32,
    parent: i32,
    group: i32,
    /// It has ended, and nobody has asked for its end yet.
    is_zombie: bool,
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

    /// Kills all of it, and what it started in groups of their own: a container that is built in runs in one.
    pub(super) fn kill(self) {
        let started = descendants(self.0, &processes());
        self.signal(Signal::KILL);
        for id in started {
            // The only failure is that it has ended, which is what was wanted.
            let _ = kill_process(pid(id), Signal::KILL);
        }
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

fn pid(id: i32) -> Pid {
    Pid::from_raw(id).expect("the system's process ids are positive")
}

/// Those outside of the group whose ancestors lead into it.
fn descendants(group: i32, processes: &[Process]) -> Vec<i32> {
    let mut found: Vec<i32> = processes.iter().filter(|one| one.group == group).map(|one| one.id).collect();
    let members = found.len();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = processes.iter().filter(|one| one.parent == parent && !found.contains(&one.id));
        let children: Vec<i32> = children.map(|one| one.id).collect();
        found.extend(children);
        next += 1;
    }
    found.split_off(members)
}

/// All processes, where the system has `/proc` as Linux does; otherwise none are known.
fn processes() -> Vec<Process> {
    let Ok(folder) = std::fs::read_dir("/proc") else { return Vec::new() };
    let stat = |entry: io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let id = entry.file_name().to_str()?.parse().ok()?;
        read_stat(id, &std::fs::read_to_string(entry.path().join("stat")).ok()?)
    };
    folder.filter_map(stat).collect()
}

/// Reads `/proc/<id>/stat`: `id (name) state parent group …`, where the name may hold anything.
///
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn read_stat(id: i32, stat: &str) -> Option<Process> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let is_zombie = matches!(fields.next()?, "Z" | "X");
    Some(Process { id, parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()?, is_zombie })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(id: i32, parent: i32, group: i32) -> Process {
        Process { id, parent, group, is_zombie: false }
    }

    #[test]
    fn a_process_is_read_whatever_its_name() {
        assert_eq!(read_stat(7, "7 (a) R 1 2) S 3 4 5 6"), Some(process(7, 3, 4)));
        assert_eq!(read_stat(7, "7 (x) Z 3 4 5"), Some(Process { is_zombie: true, ..process(7, 3, 4) }));
        assert_eq!(read_stat(7, "7 (x"), None);
    }

    #[test]
    fn descendants_are_found_through_generations_and_members_are_none() {
        let processes = [
            process(1, 0, 1),
            process(5, 1, 5),
            process(6, 5, 5),
            process(9, 8, 9),
            process(8, 6, 8),
            process(10, 1, 10),
        ];
        assert_eq!(descendants(5, &processes), [8, 9]);
        assert_eq!(descendants(77, &processes), [0; 0]);
    }
}
