//! What cargo makes of it: crates compile with what is generated, and nothing is compiled again without a reason.
#![expect(clippy::disallowed_methods, reason = "cargo is run as a user runs it")]
#![expect(clippy::unwrap_used, reason = "what fails here is the machine, and the panic says so")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A workspace with a crate `app` that uses this crate, and two images.
struct Workspace {
    folder: tempfile::TempDir,
}

const MAIN: &str = r#"
include!(concat!(env!("OUT_DIR"), "/images.rs"));
const FLASK: &str = images::reference("flask");
fn main() {
    println!("{} {} {}", env!("IMAGE_REFERENCE"), images::FLASK.reference(), FLASK);
    println!("{}", images::reference!("flask:2"));
    println!("{:?}", images::FLASK.version("2").map(|variant| variant.version()));
    println!("{:?} {}", images::find("flask:9"), images::ALL.len());
}
"#;

impl Workspace {
    fn new() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        workspace.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"app\"]\nresolver = \"3\"\n\
             [workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"app\", \"images/*\"]\n",
        );
        fs::copy(here.join("../../Cargo.lock"), workspace.path("Cargo.lock")).unwrap();
        workspace.set_version("0.1.0");
        workspace.write("app/build.rs", "fn main() { images_build::emit(); }\n");
        workspace.write("app/src/main.rs", MAIN);
        workspace.write("app/Image.toml", "");
        workspace.write("images/flask/Dockerfile", "FROM scratch\n");
        let variants = "[[variant]]\nversion = \"3.1\"\n[[variant]]\nversion = \"2.0.1\"\n";
        workspace.write("images/flask/Image.toml", variants);
        workspace
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn set_version(&self, version: &str) {
        let here = env!("CARGO_MANIFEST_DIR");
        let manifest = format!(
            "[package]\nname = \"app\"\nversion = \"{version}\"\nedition = \"2024\"\n\
             [build-dependencies]\nimages-build = {{ path = {here:?} }}\n"
        );
        self.write("app/Cargo.toml", &manifest);
    }

    /// Runs cargo with a target folder that all runs share, so that what this crate stands on is compiled once.
    fn cargo(&self, args: &[&str]) -> Output {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build-scripts");
        let mut command = Command::new(env!("CARGO"));
        command.args(args).arg("--offline").current_dir(self.folder.path());
        command.env("CARGO_TARGET_DIR", target).env_remove("IMAGES_REGISTRY").env_remove("RUSTFLAGS");
        command.output().unwrap()
    }

    /// What is compiled or run anew by a build.
    #[track_caller]
    fn compiled(&self) -> Vec<String> {
        let output = self.cargo(&["build", "--message-format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        let messages = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let stale = messages.filter(|message| message["fresh"] == Value::Bool(false));
        stale.map(|message| message["target"]["name"].as_str().unwrap().to_owned()).collect()
    }

    fn printed(&self) -> String {
        let output = self.cargo(&["run", "--quiet"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self) -> String {
        let output = self.cargo(&["check", "--quiet"]);
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

/// One test, since one target folder serves one cargo at a time.
#[test]
fn crates_compile_with_their_images_and_again_only_for_a_reason() {
    let workspace = Workspace::new();
    workspace.compiled();
    assert_eq!(
        workspace.printed(),
        "localhost/acme/app:0.1.0 localhost/acme/flask:3.1 localhost/acme/flask:3.1\n\
         localhost/acme/flask:2.0.1\nSome(\"2.0.1\")\nNone 2\n"
    );

    assert_eq!(workspace.compiled(), [""; 0], "nothing changed");
    workspace.write("images/flask/Dockerfile", "FROM scratch\nENV A=1\n");
    workspace.write("images/other/Dockerfile", "FROM scratch\n");
    assert_eq!(workspace.compiled(), [""; 0], "no version changed");

    workspace.write("images/flask/Image.toml", "[image]\nversion = \"2.1\"\n");
    assert_eq!(workspace.compiled(), ["app"], "the script runs again; it is not compiled again");
    assert!(workspace.printed().contains(" localhost/acme/flask:2.1\n"));
    workspace.set_version("0.1.1");
    assert!(workspace.compiled().contains(&"app".to_owned()));
    assert!(workspace.printed().starts_with("localhost/acme/app:0.1.1 "));

    knows_what_was_built(&workspace);

    workspace.write("images/flask/Image.toml", "[image]\nversion = \"4\"\n");
    let told = workspace.refused();
    assert!(told.contains("no image of this workspace is meant; there are: app, flask."), "{told}");
    assert!(told.contains("images::reference!(\"flask:2\")"), "{told}");
    workspace.write("app/Image.toml", "[image]\nversion = \"9\"\n");
    let told = workspace.refused();
    assert!(told.contains("app/Image.toml:2:11: image `app` has version 9, but the crate `app`"), "{told}");
}

/// A key is compiled in, and nothing is compiled again unless another image was built.
fn knows_what_was_built(workspace: &Workspace) {
    workspace.write("app/build.rs", "fn main() { images_build::emit().exact(); }\n");
    let main = MAIN.replace("fn main() {", "fn main() {\n    println!(\"{:?}\", images::FLASK.exact());");
    workspace.write("app/src/main.rs", &main);
    workspace.compiled();
    assert_eq!(workspace.compiled(), [""; 0], "an empty file was made, and does not count as changed");
    assert!(workspace.printed().starts_with("None\n"));
    let built = "version = 1\n\n[images]\n\"flask:2.1\" = \"localhost/acme/flask:key-one\"\n";
    workspace.write("target/images/references.toml", built);
    assert_eq!(workspace.compiled(), ["app"]);
    assert_eq!(workspace.compiled(), [""; 0]);
    assert!(workspace.printed().starts_with("Some(\"localhost/acme/flask:key-one\")\n"));
    workspace.write("app/src/main.rs", MAIN);
}
