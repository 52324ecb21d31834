//! Tags of git that name nothing to release.

use crate::workspace;

#[test]
fn the_tag_of_a_crate_that_ships_as_no_image_is_nothing_to_do() {
    let mut workspace = workspace();
    workspace.with_programs();
    let settings = std::fs::read_to_string(workspace.path().join("Cargo.toml")).expect("it was written");
    workspace.write("Cargo.toml", &settings.replacen("members = []", "members = [\"api\", \"lib\"]", 1));
    for name in ["api", "lib"] {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        workspace.write(&format!("{name}/Cargo.toml"), &manifest);
        workspace.write(&format!("{name}/src/lib.rs"), "");
    }
    workspace.write("images/api/Image.toml", "[image]\nversion.crate = \"api\"\n");
    workspace.write("images/api/Dockerfile", "FROM scratch\n");
    let done = workspace.run(&["release", "--from-tag=lib-v0.1.0", "--execute"]);
    assert_eq!((done.code(), done.stdout.as_str()), (0, ""));
    assert_eq!(done.stderr, "    Finished `lib-v0.1.0` is of a crate that ships as no image\n");
    let done = workspace.run(&["release", "--from-tag=lib-v0.1.0", "--format=json"]).ok();
    let done: serde_json::Value = serde_json::from_str(&done).expect("it is JSON");
    assert_eq!((&done["executed"], &done["images"]), (&false.into(), &serde_json::json!([])));
    let unknown = workspace.run(&["release", "--from-tag=web-v0.1.0"]);
    assert_eq!(unknown.code(), 2);
    assert!(unknown.stderr.contains("the git tag `web-v0.1.0` names no image"), "{}", unknown.stderr);
}
