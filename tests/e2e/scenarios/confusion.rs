//! Contexts that an engine could take for each other. BuildKit knows a folder by its files' size, time and mode, and
//! the folder itself by its base name: <https://github.com/moby/buildkit/issues/4950>.

use std::time::{Duration, SystemTime};

use super::Bench;

fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

pub(super) fn siblings_alike_in_size_time_and_mode_get_their_own_content(bench: &Bench) {
    let workspace = bench.workspace();
    for name in ["one", "two", "six"] {
        workspace.image(name, "FROM scratch\nCOPY data /data\n");
        workspace.write_at(&format!("images/{name}/data"), name, long_ago());
    }
    workspace.run(&["build", "--workspace"]).ok();
    let names = ["one", "two", "six"].map(|name| workspace.name(name));
    let images = bench.engine.images(&names);
    assert_eq!(names.map(|name| images[&name].text("data")), ["one", "two", "six"]);
}

pub(super) fn new_content_of_equal_size_and_time_arrives(bench: &Bench) {
    let workspace = bench.workspace();
    workspace.image("alike", "FROM scratch\nCOPY data /data\n");
    for content in ["old", "new"] {
        workspace.write_at("images/alike/data", content, long_ago());
        workspace.run(&["build", "--workspace"]).ok();
        assert_eq!(workspace.built(), ["alike"]);
        assert_eq!(bench.engine.image(&workspace.name("alike")).text("data"), content);
    }
}
