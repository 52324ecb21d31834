//! What is built, and what is not.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use images_tests::workspace::Workspace;

use super::Bench;

/// base → left → leaf, base → right; each has one file, and its program has run.
fn tree(bench: &Bench) -> Workspace {
    let workspace = bench.workspace();
    let base = "FROM scratch\nCOPY inmate /inmate\nCOPY data /base\nRUN [\"/inmate\", \"say\", \"base\"]\n";
    bench.image(&workspace, "base", base);
    for (name, parent) in [("left", "base"), ("right", "base"), ("leaf", "left")] {
        let run = format!("RUN [\"/inmate\", \"write\", \"/ran-{name}\", \"{name}\"]");
        bench.image(&workspace, name, &format!("FROM {{ns}}/{parent}\nCOPY data /{name}\n{run}\n"));
    }
    for name in ["base", "left", "right", "leaf"] {
        workspace.write(&format!("images/{name}/data"), name);
    }
    workspace
}

#[track_caller]
fn build(workspace: &Workspace) -> Vec<String> {
    workspace.run(&["build", "--workspace", "--jobs", "1"]).ok();
    workspace.built()
}

pub(super) fn levels_build_parents_first_and_then_nothing_is_left_to_build(bench: &Bench) {
    let workspace = bench.workspace();
    bench.image(&workspace, "d-base", "FROM scratch\nCOPY inmate /inmate\nCOPY data /1\n");
    let runtime = "FROM {ns}/d-base:1.0.0\nCOPY data /2\nRUN [\"/inmate\", \"write\", \"/ran\", \"yes\"]\n";
    bench.image(&workspace, "c-runtime", runtime);
    workspace.image("b-framework", "FROM {ns}/c-runtime:1.0\nCOPY data /3\n");
    workspace.image("a-app", "FROM {ns}/b-framework\nCOPY data /4\n");
    let levels = ["d-base", "c-runtime", "b-framework", "a-app"];
    for name in levels {
        workspace.write(&format!("images/{name}/data"), name);
    }
    workspace.run(&["build", "--workspace"]).ok();
    assert_eq!(workspace.built(), levels);

    let names = levels.map(|name| workspace.name(name));
    let images = bench.engine.images(&names);
    let app = &images[&names[3]];
    assert_eq!(["1", "2", "3", "4"].map(|path| app.text(path)), levels);
    assert_eq!(bench.inmate.as_ref().map(|_| app.text("ran")).as_deref().unwrap_or("yes"), "yes");
    assert_eq!(
        app.label("dev.xtask-images.image"),
        Some(format!("{}/a-app:1.0.0", workspace.namespace).as_str())
    );
    assert_eq!(app.label("org.opencontainers.image.version"), Some("1.0.0"));

    let again = workspace.run(&["build", "--workspace"]);
    assert_eq!(again.code(), 0);
    assert!(again.stderr.contains("nothing to build, all 4 images are fresh"), "{}", again.stderr);
    assert_eq!(workspace.built(), [""; 0]);
    let same = bench.engine.images(&names);
    assert_eq!(names.each_ref().map(|name| &same[name].id), names.each_ref().map(|name| &images[name].id));
}

pub(super) fn an_edited_file_rebuilds_exactly_its_descendants(bench: &Bench) {
    let workspace = tree(bench);
    build(&workspace);
    let names = ["base", "left", "right", "leaf"].map(|name| workspace.name(name));
    let before = bench.engine.images(&names);

    workspace.write("images/left/data", "edited");
    assert_eq!(build(&workspace), ["left", "leaf"]);
    let after = bench.engine.images(&names);
    assert_eq!(after[&names[3]].text("left"), "edited");
    let kept = names.iter().filter(|name| after[*name].id == before[*name].id);
    assert_eq!(kept.collect::<Vec<_>>(), [&names[0], &names[2]]);
}

pub(super) fn a_new_time_and_a_readme_rebuild_nothing(bench: &Bench) {
    let workspace = tree(bench);
    build(&workspace);
    let later = SystemTime::now() + Duration::from_secs(100);
    for file in ["images/base/data", "images/left/Dockerfile", "images/leaf/Image.toml"] {
        let file = File::options().write(true).open(workspace.path().join(file)).expect("it is there");
        file.set_modified(later).expect("the file is ours");
    }
    workspace.write("images/base/README.md", "new");
    assert_eq!(build(&workspace), [""; 0]);

    remove_caches(&workspace);
    assert_eq!(build(&workspace), [""; 0]);
}

/// Removes all that the tool keeps but the images themselves.
fn remove_caches(workspace: &Workspace) {
    let folder = workspace.path().join("target/images");
    for entry in fs::read_dir(folder).expect("the tool keeps its caches there") {
        let path = entry.expect("the folder is ours").path();
        if path.is_file() {
            fs::remove_file(path).expect("the file is ours");
        } else if !path.ends_with("oci") {
            fs::remove_dir_all(path).expect("the folder is ours");
        }
    }
}

pub(super) fn a_removed_image_is_rebuilt_alone(bench: &Bench) {
    let workspace = tree(bench);
    build(&workspace);
    let names = bench.engine.names(&format!("localhost/{}/right:", workspace.namespace));
    assert_eq!(names.len(), 2, "{names:?}");
    bench.engine.remove(&names);
    assert_eq!(build(&workspace), ["right"]);
    assert_eq!(bench.engine.names(&format!("localhost/{}/right:", workspace.namespace)), names);
}

pub(super) fn a_lost_tag_is_set_again_without_a_build(bench: &Bench) {
    let workspace = tree(bench);
    build(&workspace);
    let name = workspace.name("right");
    let before = bench.engine.image(&name);
    bench.engine.untag(&name);
    assert_eq!(bench.engine.names(&name), [""; 0]);
    assert_eq!(build(&workspace), [""; 0]);
    assert_eq!(bench.engine.image(&name).id, before.id);
}
