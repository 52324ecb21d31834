//! What `gc` takes from the layout: names, and the blobs that only they led to.

use std::fs::{self, File};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use images_tests::workspace::Workspace;

use crate::{build, layout, workspace};

fn blobs(workspace: &Workspace) -> usize {
    fs::read_dir(layout(workspace).join("blobs/sha256")).unwrap().count()
}

/// Sets back the times of all blobs, as if they had been made an hour ago.
fn age(workspace: &Workspace) {
    let old = SystemTime::now() - Duration::from_secs(3600);
    for entry in fs::read_dir(layout(workspace).join("blobs/sha256")).unwrap() {
        File::options().write(true).open(entry.unwrap().path()).unwrap().set_modified(old).unwrap();
    }
}

#[test]
fn blobs_of_superseded_images_go_and_those_of_others_stay() {
    let workspace = workspace();
    assert_eq!(build(&workspace), 1);
    let one_image = blobs(&workspace);
    workspace.write("images/base/data", "edited");
    assert_eq!(build(&workspace), 1);
    assert_eq!(blobs(&workspace), 2 * one_image);
    age(&workspace);

    let gc = ["gc", "--engine", "builtin", "--keep-for", "0"];
    let told = workspace.run(&gc);
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert_eq!((told.code(), lines.len()), (0, 1), "{told:?}");
    assert!(lines[0].starts_with("remove localhost/acme/base:key-"), "{}", told.stdout);
    assert!(told.stderr.contains("Planned 1 image of up to "), "{}", told.stderr);
    assert!(
        told.stderr.ends_with(" would go, 1 of ours stays in builtin; `--execute` removes them\n"),
        "{}",
        told.stderr
    );
    assert_eq!(blobs(&workspace), 2 * one_image);

    let told = workspace.run(&[&gc[..], &["-x"]].concat());
    assert_eq!(told.code(), 0, "{told:?}");
    assert_eq!(blobs(&workspace), one_image);
    assert_eq!(build(&workspace), 0, "the image is whole");
}

#[test]
fn a_build_beside_it_loses_nothing() {
    let workspace = workspace();
    for content in ["one", "two", "three"] {
        workspace.write("images/base/data", content);
        let run = |args: &[&str]| {
            workspace.command(args).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
        };
        let build = run(&["build", "--workspace", "--engine", "builtin"]);
        let gc = run(&["gc", "--engine", "builtin", "--keep-for", "0", "-x"]);
        for child in [build, gc] {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(super::build(&workspace), 0, "the image is there and whole");
        age(&workspace);
    }
}

#[test]
fn without_images_there_is_nothing_to_remove_and_no_layout_is_made() {
    let workspace = workspace();
    let told = workspace.run(&["gc", "--engine", "builtin", "-x"]);
    assert_eq!((told.code(), told.stdout.as_str()), (0, ""));
    assert!(told.stderr.contains("Removed nothing, 0 of ours stay"), "{}", told.stderr);
    assert!(!layout(&workspace).exists());
}
