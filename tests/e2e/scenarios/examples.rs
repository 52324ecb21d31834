//! The example families of this repository: they build, and their containers answer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use images_tests::archive::{self, Node};
use images_tests::engine::{Engine, Tool};
use images_tests::program::{Output, answer, run, wait_for};
use images_tests::registry;
use images_tests::workspace::{Repository, Workspace};
use serde_json::Value;

use super::Bench;
use super::testing::alone_on_the_bridge;

/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(60);

fn repository(bench: &Bench) -> Repository {
    Workspace::this_repository(&bench.engine, env!("CARGO_BIN_EXE_images"))
}

/// A container that is removed in the end, whatever happens.
struct Container<'a> {
    engine: &'a Engine,
    id: String,
}

impl<'a> Container<'a> {
    #[track_caller]
    fn start(engine: &'a Engine, options: &[&str], image: &str) -> Self {
        let id = run(engine.command().args(["run", "--detach"]).args(options).arg(image)).ok();
        Self { engine, id: id.trim().to_owned() }
    }

    fn exec(&self, command: &[&str]) -> Option<String> {
        answer(self.engine.command().args(["exec", &self.id]).args(command))
    }

    fn logs(&self) -> Output {
        run(self.engine.command().args(["logs", &self.id]))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        answer(self.engine.command().args(["rm", "--force", &self.id]));
    }
}

/// A port that is free now.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Builds the Rust family twice; the second time there is nothing to do.
#[track_caller]
fn build_the_rust_family(bench: &Bench) -> Repository {
    let repository = repository(bench);
    repository.run(&["build"]).ok();
    let again = repository.run(&["build"]);
    assert_eq!(again.code(), 0, "{}", again.stderr);
    assert!(again.stderr.contains("nothing to build, all 3 images are fresh"), "{}", again.stderr);
    repository
}

pub(super) fn the_rust_family_is_pushed_with_its_bills_of_materials(bench: &Bench) {
    let address = bench.registry.as_ref().expect("the scenario needs it");
    let repository = repository(bench);
    repository.run(&["build", "greeter", "--registry", address]).ok();
    let push = ["push", "greeter", "--registry", address, "--sbom", "--format", "json"];
    let pushed: Value = serde_json::from_str(&repository.run(&push).ok()).expect("it was asked for JSON");
    let greeter =
        &pushed["images"].as_array().and_then(|images| images.last()).expect("it was pushed").clone();
    let subject = greeter["digest"].as_str().expect("it has a digest");
    let tag = subject.replace(':', "-");
    let at = |name: &str| format!("/v2/xtask-images/greeter/{name}");
    let accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
    let read = |path: &str| -> Value {
        let text = registry::get_accepting(address, path, accept);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    };
    // A registry that notes referrers itself answers here, with others the client keeps a tag for them.
    let listed = registry::get_accepting(address, &at(&format!("referrers/{subject}")), accept);
    let listed: Value = match serde_json::from_str::<Value>(&listed) {
        Ok(index) if index["manifests"].is_array() => index,
        _ => read(&at(&format!("manifests/{tag}"))),
    };
    let [referrer] = listed["manifests"].as_array().map(Vec::as_slice).expect("an index lists") else {
        panic!("one bill of materials: {listed}");
    };
    assert_eq!(referrer["artifactType"], "application/vnd.cyclonedx+json");
    assert_eq!(referrer["digest"], greeter["sbom"]);
    let manifest = read(&at(&format!("manifests/{}", greeter["sbom"].as_str().expect("a digest"))));
    assert_eq!(manifest["subject"]["digest"], greeter["digest"]);
    let blob = manifest["layers"][0]["digest"].as_str().expect("a blob");
    let bill: Value =
        serde_json::from_str(&registry::get(address, &at(&format!("blobs/{blob}")))).expect("it is JSON");
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let names: Vec<_> =
        bill["components"].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
    assert!(names.iter().any(|name| *name == "greeter"), "{names:?}");
}

pub(super) fn the_rust_family_is_exported(bench: &Bench) {
    let repository = build_the_rust_family(bench);
    let file = bench.engine.folder().join("greeter.tar");
    let output = file.to_str().expect("temporary folders have plain names");
    repository.run(&["export", "oci", "greeter", "--output", output]).ok();
    let images = archive::read(&file);
    let greeter = &images["ghcr.io/xtask-images/greeter:0.2.0"];
    for path in ["bin/greeter", "bin/probe"] {
        let Node::File { content, executable: true } = &greeter.files[path] else { panic!("{path}") };
        assert!(content.starts_with(b"\x7fELF"), "{path}");
    }
    assert!(greeter.files.contains_key("etc/passwd"), "{:?}", greeter.files.keys());
    assert_eq!(greeter.config["config"]["Entrypoint"][0], "/bin/greeter");
}

/// Runs the tests of images, whatever is remembered of other engines, and expects that they pass.
#[track_caller]
fn tests_pass(repository: &Repository, specs: &[&str]) {
    let tested = repository.run(&[&["test", "--rerun"], specs].concat());
    assert_eq!(tested.code(), 0, "{}", tested.stderr);
    assert!(tested.stderr.contains(" passed; 0 failed; 0 skipped; 0 passed before"), "{}", tested.stderr);
}

pub(super) fn the_rust_family_greets(bench: &Bench) {
    let _alone = alone_on_the_bridge(bench);
    let repository = build_the_rust_family(bench);
    tests_pass(&repository, &[]);
    let engine = bench.program();
    if engine.tool == Tool::Buildah {
        return;
    }
    let port = free_port();
    let options = ["--network=host", &format!("--env=PORT={port}")];
    let greeter = Container::start(engine, &options, "ghcr.io/xtask-images/greeter:0.2.0");
    let greeting = wait_for(PATIENCE, || get(port, "/"));
    let greeting = greeting.unwrap_or_else(|| panic!("no answer: {}", greeter.logs().stderr));
    assert!(greeting.ends_with("\r\n\r\nHello from greeter 0.2.0!\n"), "{greeting}");
    let probe = |path: &str| greeter.exec(&["/bin/probe", &format!("http://127.0.0.1:{port}{path}")]);
    assert!(probe("/health").is_some());
    assert!(probe("/nowhere").is_none());
}

/// Builds what fetches packages. A name server or a mirror may fail for a moment; what is built by then is fresh in the
/// next attempt.
#[track_caller]
fn build_over_the_network(repository: &Repository, spec: &str) {
    let network = ["Temporary failure resolving", "Failed to fetch", "NewConnectionError", "Read timed out"];
    for _ in 0..2 {
        let built = repository.run(&["build", spec]);
        if !network.iter().any(|failure| built.stderr.contains(failure)) {
            built.ok();
            return;
        }
        eprintln!("the network failed, so {spec} is built again:\n{}", built.stderr);
    }
    repository.run(&["build", spec]).ok();
}

pub(super) fn the_python_family_serves_from_every_python(bench: &Bench) {
    let repository = repository(bench);
    build_over_the_network(&repository, "flask-helloworld");
    let again = repository.run(&["build", "flask-helloworld"]).stderr;
    assert!(again.contains("nothing to build, all 3 images are fresh"), "{again}");
    let _alone = alone_on_the_bridge(bench);
    // Looking into images of this size takes minutes with docker, which can only save them whole. So one engine looks into
    // all of them, and one docker into those on top.
    match bench.engine.flavour() {
        "podman" => {
            tests_pass(&repository, &["os", "python-toolchain", "python", "flask", "flask-helloworld"])
        }
        "docker-buildx" => tests_pass(&repository, &["flask-helloworld"]),
        _ => {}
    }
    if bench.program().tool == Tool::Buildah {
        return;
    }
    let names = repository.run(&["list", "--names", "flask-helloworld"]).ok();
    assert_eq!(names.lines().count(), 3, "{names}");
    for name in names.lines() {
        let container = Container::start(bench.program(), &[], &format!("ghcr.io/xtask-images/{name}"));
        for path in ["/", "/index"] {
            let url = format!("http://127.0.0.1:5000{path}");
            let body = wait_for(PATIENCE, || container.exec(&["curl", "-fsS", &url]));
            assert_eq!(
                body.as_deref().map(str::trim_end),
                Some("Hello, World!"),
                "{name}: {}",
                container.logs().stderr
            );
        }
        let user = container.exec(&["id", "-un"]);
        assert_eq!(user.as_deref().map(str::trim_end), Some("app"));
    }
}
