use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::context::trim::trim_at;

const AGE: Duration = Duration::from_secs(60);

fn changed(path: &Utf8Path) -> SystemTime {
    let metadata = path.symlink_metadata().unwrap();
    UNIX_EPOCH
        + Duration::new(metadata.ctime().try_into().unwrap(), metadata.ctime_nsec().try_into().unwrap())
}

fn names(folder: &Utf8Path) -> Vec<String> {
    let names = folder.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn stages_that_were_not_used_for_long_are_removed() {
    let repository = Repository::with(&["a/x", "b/y/z"]);
    let stages = repository.path("stage");
    let (a, b) = (repository.ask("a").read(), repository.ask("b").read());
    let (staged_a, staged_b) = (stage(&a, &stages).unwrap(), stage(&b, &stages).unwrap());
    std::thread::sleep(Duration::from_millis(20));
    stage(&a, &stages).unwrap();
    assert!(changed(&staged_a) > changed(&staged_b));
    let none = HashSet::new();
    assert_eq!(trim_at(&stages, &none, AGE, changed(&staged_b) + AGE).unwrap(), 0);
    assert_eq!(trim_at(&stages, &none, AGE, changed(&staged_a) + AGE).unwrap(), 1);
    assert_eq!(names(&stages), [a.stage_name()]);
    let later = SystemTime::now() + Duration::from_secs(3600);
    assert_eq!(trim_at(&stages, &none, AGE, later).unwrap(), 1);
    assert_eq!(names(&stages), [""; 0]);
}

#[test]
fn what_shall_be_kept_stays_with_what_is_named_after_it() {
    let repository = Repository::new();
    for name in ["abc", "abcd", ".stage-left"] {
        repository.folder(&format!("stage/{name}"));
    }
    repository.write("stage/abc.Dockerfile", "");
    repository.write("stage/abcd.Dockerfile.dockerignore", "");
    repository.write("stage/abc.Dockerfile.dockerignore", "");
    let stages = repository.path("stage");
    let keep = HashSet::from(["abc".to_owned()]);
    let later = SystemTime::now() + Duration::from_secs(3600);
    assert_eq!(trim(&stages, &keep, AGE).unwrap(), 0);
    assert_eq!(trim_at(&stages, &keep, AGE, later).unwrap(), 3);
    assert_eq!(names(&stages), ["abc", "abc.Dockerfile", "abc.Dockerfile.dockerignore"]);
}

#[test]
fn a_missing_folder_needs_no_trimming() {
    let repository = Repository::new();
    assert_eq!(trim(&repository.path("stage"), &HashSet::new(), AGE).unwrap(), 0);
    assert!(!repository.path("stage").exists());
}
