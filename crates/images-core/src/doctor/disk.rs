//! Room on the disks that builds write to.

use std::collections::HashSet;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::EngineKind;

use super::{Check, DoctorOptions, Status};
use crate::quantity::size;
use crate::workspace::CACHE;

/// Below this many bytes a build may well fail.
const LITTLE: u64 = 1 << 30;
/// Below this many it does.
const NONE: u64 = 64 << 20;

pub(super) fn checks(options: &DoctorOptions, folders: &[(EngineKind, Utf8PathBuf)]) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(root) = &options.root {
        let clean = "`cargo xtask images clean` removes caches, `cargo clean` all of target";
        checks.extend(check(CACHE, &root.join(CACHE), clean));
    }
    let mut seen = HashSet::new();
    // A folder that is not there is on another machine, or nothing is in it yet.
    for (kind, folder) in folders.iter().filter(|(_, folder)| folder.exists() && seen.insert(folder)) {
        let gc = "`cargo xtask images gc --execute` removes superseded images";
        checks.extend(check(&kind.to_string(), folder, &format!("{gc}, {}", prune(*kind))));
    }
    checks
}

fn prune(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Docker => "`docker system prune` what else nothing uses",
        EngineKind::Podman => "`podman system prune` what else nothing uses",
        EngineKind::Buildah | EngineKind::Builtin => "`buildah rmi --prune` what else nothing uses",
    }
}

/// `None` where the system does not tell.
fn check(subject: &str, folder: &Utf8Path, fix: &str) -> Option<Check> {
    let there = folder.ancestors().find(|folder| folder.exists())?;
    let disk = rustix::fs::statvfs(there.as_str()).ok()?;
    Some(judged(subject, folder, disk.f_bavail.saturating_mul(disk.f_frsize), fix))
}

fn judged(subject: &str, folder: &Utf8Path, free: u64, fix: &str) -> Check {
    let message = format!("{} free for {folder}", size(free));
    let status = match free {
        0..NONE => Status::Error,
        NONE..LITTLE => Status::Warning,
        _ => return Check::new("disk", subject, Status::Ok, message),
    };
    Check::new("disk", subject, status, message).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_a_warning_and_none_an_error() {
        let told = |free| {
            let check = judged("docker", Utf8Path::new("/d"), free, "make room");
            (check.status, check.message, check.fixes.len())
        };
        assert_eq!(told(3 << 30), (Status::Ok, "3.0 GiB free for /d".to_owned(), 0));
        assert_eq!(told(100 << 20), (Status::Warning, "100.0 MiB free for /d".to_owned(), 1));
        assert_eq!(told(1 << 20), (Status::Error, "1.0 MiB free for /d".to_owned(), 1));
    }

    #[test]
    fn a_folder_that_is_not_there_yet_has_the_room_of_the_one_that_it_will_be_in() {
        let kept = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(kept.path()).unwrap().join("not/there");
        let check = check("target/images", &folder, "make room").unwrap();
        assert!(check.message.ends_with(&format!(" free for {folder}")), "{}", check.message);
    }
}
