//! `bump` where the version is a crate's: Cargo.toml, requirements on it, Cargo.lock. cargo itself judges the result.

use std::process::Command;

use images_core::bump::{Level, Request};

use crate::bump::{request, to};
use crate::project::Project;

/// Two crates with an image each, and a third that uses both.
fn project(package: &str, versions: [&str; 2]) -> Project {
    let project = Project::with_settings(&format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"apps/*\", \"user\"]\n{package}\n\
         [workspace.metadata.images]\nnamespace = \"acme\"\n"
    ));
    for (name, version) in ["api", "web"].into_iter().zip(versions) {
        project.write(
            &format!("apps/{name}/Cargo.toml"),
            format!("[package]\nname = \"{name}\" # {name}\n{version}\nedition = \"2024\"\n"),
        );
        project.write(&format!("apps/{name}/src/lib.rs"), "");
        project.write(&format!("apps/{name}/Image.toml"), "[image]\n");
    }
    project.write("apps/api/Dockerfile", "FROM scratch\n");
    project.write("apps/web/Dockerfile", "FROM acme/api:0.1.0\n");
    project.write(
        "user/Cargo.toml",
        "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         api = { path = \"../apps/api\", version = \"0.1\" } # ours\n\n[dev-dependencies.web]\npath = \"../apps/web\"\n\
         version = \"=0.1.0\"\n",
    );
    project.write("user/src/lib.rs", "");
    cargo(&project, &["generate-lockfile", "--offline"]);
    project
}

/// Runs cargo, which has to succeed.
#[track_caller]
fn cargo(project: &Project, args: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "cargo is asked what it takes for right")]
    let output = Command::new(env!("CARGO")).args(args).current_dir(project.root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn is_locked(project: &Project) {
    cargo(project, &["metadata", "--format-version", "1", "--locked", "--offline"]);
}

const OWN: [&str; 2] = ["version = \"0.1.0\" # own", "version = '0.1.0'"];

#[test]
fn the_crates_manifest_and_the_lock_move() {
    let project = project("", OWN);
    let (manifest, lock) = (project.read("apps/api/Cargo.toml"), project.read("Cargo.lock"));
    assert_eq!(
        project.bump(&request(&["api"], Level::Patch)),
        [
            "api:0.1.0 to 0.1.1 (apps/api/Cargo.toml)",
            "crate api 0.1.0 to 0.1.1 (apps/api/Cargo.toml)",
            "web:0.1.0: acme/api:0.1.0 to acme/api:0.1.1",
            "left web:0.1.0",
        ]
    );
    assert_eq!(project.read("apps/api/Cargo.toml"), manifest.replace("0.1.0", "0.1.1"));
    assert_eq!(
        project.read("Cargo.lock"),
        lock.replace("name = \"api\"\nversion = \"0.1.0\"", "name = \"api\"\nversion = \"0.1.1\"")
    );
    assert!(project.read("user/Cargo.toml").contains("version = \"0.1\" }"), "0.1 still admits it");
    is_locked(&project);
}

#[test]
fn requirements_that_would_not_be_met_are_raised() {
    let project = project("", OWN);
    let user = project.read("user/Cargo.toml");
    project.bump(&request(&["api", "web"], Level::Minor));
    assert_eq!(
        project.read("user/Cargo.toml"),
        user.replace("\"0.1\" }", "\"0.2\" }").replace("=0.1.0", "=0.2.0")
    );
    is_locked(&project);
}

#[test]
fn a_requirement_that_is_a_range_is_left_to_its_author() {
    let project = project("", OWN);
    let user = project.read("user/Cargo.toml").replace("\"0.1\" }", "\">=0.1, <0.2\" }");
    project.write("user/Cargo.toml", &user);
    assert_eq!(
        project.refused(&request(&["api"], Level::Minor)),
        [
            "user/Cargo.toml:7 [\">=0.1, <0.2\"] `>=0.1, <0.2` does not admit 0.2.0 | a requirement on a crate that \
          moves | change it by hand, then run this again; nothing is written"
        ]
    );
}

#[test]
fn an_inherited_version_moves_all_that_inherit_it() {
    let inherited = ["version.workspace = true"; 2];
    let project = project("[workspace.package]\nversion = \"0.1.0\" # all\n", inherited);
    project.image_with("other", "[image]\nversion.workspace = true\n", "FROM scratch\n");
    assert_eq!(
        project.bump(&request(&["web"], Level::Minor)),
        [
            "api:0.1.0 to 0.2.0 (Cargo.toml)",
            "other:0.1.0 to 0.2.0 (Cargo.toml)",
            "web:0.1.0 to 0.2.0 (Cargo.toml)",
            "crate api 0.1.0 to 0.2.0 (Cargo.toml)",
            "crate web 0.1.0 to 0.2.0 (Cargo.toml)",
            "web:0.2.0: acme/api:0.1.0 to acme/api:0.2.0",
        ]
    );
    assert!(project.read("Cargo.toml").contains("version = \"0.2.0\" # all"));
    is_locked(&project);
}

#[test]
fn an_image_by_the_version_of_another_folders_crate_moves_that_crate() {
    let project = project("", OWN);
    project.image_with("proxy", "[image]\nversion.crate = \"api\"\n", "FROM scratch\n");
    assert_eq!(
        project.bump(&to("proxy", "0.1.7"))[..3],
        [
            "api:0.1.0 to 0.1.7 (apps/api/Cargo.toml)",
            "proxy:0.1.0 to 0.1.7 (apps/api/Cargo.toml)",
            "crate api 0.1.0 to 0.1.7 (apps/api/Cargo.toml)",
        ]
    );
    is_locked(&project);
}

#[test]
fn a_cascade_goes_on_through_crates_and_the_lock_stays_right() {
    let project = project("", OWN);
    project.bump(&Request { cascade: Some(Level::Patch), ..request(&["api"], Level::Pre("rc".to_owned())) });
    assert!(project.read("apps/web/Cargo.toml").contains("version = '0.1.1'"));
    assert!(project.read("user/Cargo.toml").contains("version = \"0.1.1-rc.1\" } # ours"));
    is_locked(&project);
}

#[test]
fn a_crates_version_is_semver() {
    let project = project("", OWN);
    let refused = project.refused(&to("api", "bookworm"));
    assert!(refused[0].starts_with("`bookworm` is no version for a crate"), "{refused:?}");
}

#[test]
fn a_package_from_elsewhere_by_the_same_name_keeps_its_version() {
    let project = project("", OWN);
    let other = Project::new();
    let elsewhere = other.path("elsewhere/api");
    other.write(
        "elsewhere/api/Cargo.toml",
        "[package]\nname = \"api\"\nversion = \"0.1.5\"\nedition = \"2024\"\n[workspace]\n",
    );
    other.write("elsewhere/api/src/lib.rs", "");
    let user = project.read("user/Cargo.toml");
    let more =
        format!("api-elsewhere = {{ package = \"api\", path = \"{elsewhere}\" }}\n\n[dev-dependencies.web]");
    project.write("user/Cargo.toml", user.replace("[dev-dependencies.web]", &more));
    cargo(&project, &["generate-lockfile", "--offline"]);
    is_locked(&project);
    project.bump(&to("api", "0.1.9"));
    is_locked(&project);
    assert!(project.read("Cargo.lock").contains("\"api 0.1.5\""));
}
