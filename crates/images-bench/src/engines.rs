//! The engines that take part: a docker daemon of the benchmark's own, so that its store holds nothing else and may be
//! emptied, and podman on a store of its own.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use images_tests::engine::Engine;
use images_tests::flavour::{DaemonSource, Found, look};
use images_tests::machine;
use images_tests::program::{answer, find};

/// Those that are there. What is not there is left out of the table, and said once.
pub(crate) struct Engines {
    pub(crate) docker: Option<Engine>,
    pub(crate) podman: Option<Engine>,
}

impl Engines {
    /// Starts them. The main thread must call it, and [`machine::stop`] ends them.
    pub(crate) fn start() -> Self {
        let start = |name: &'static str, found: Result<Found, String>| {
            let started = found.and_then(|found| alone(machine::start(&found, name)?, &found));
            started.inspect_err(|why| eprintln!("without {name}: {why}")).ok()
        };
        let flavours = look();
        let found = |name: &str| {
            let flavour = flavours.iter().find(|flavour| flavour.name == name);
            flavour.map_or_else(|| Err("unknown".to_owned()), |flavour| flavour.found.clone())
        };
        let docker = found("docker-buildx").and_then(with_own_daemon);
        Self { docker: start("docker-buildx", docker), podman: start("podman", found("podman")) }
    }
}

/// With a store that is ours to empty, and without the shell by which the tests note each call of a program: what is
/// measured calls the programs themselves.
fn alone(engine: Engine, found: &Found) -> Result<Engine, String> {
    let mut engine = engine.with_store("bench").map_err(|error| error.to_string())?;
    let programs = engine.folder.join("programs");
    link(&engine.program, &programs, engine.tool.name())?;
    if let Found::Docker { buildx: Some(buildx), .. } = found {
        let configuration = engine.folder.join("bench-config");
        link(buildx, &configuration.join("cli-plugins"), "docker-buildx")?;
        engine.environment.insert("DOCKER_CONFIG".into(), configuration.into());
    }
    let path = engine.environment.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let folders = [programs].into_iter().chain(env::split_paths(&path));
    let joined = env::join_paths(folders).map_err(|error| error.to_string())?;
    engine.environment.insert("PATH".into(), joined);
    Ok(engine)
}

fn link(program: &Path, folder: &Path, name: &str) -> Result<(), String> {
    let linked = fs::create_dir_all(folder).and_then(|()| symlink(program, folder.join(name)));
    linked.map_err(|error| format!("{}: {error}", folder.display()))
}

/// A daemon that runs already is the user's: its store is not ours to empty, so another one is started beside it.
fn with_own_daemon(found: Found) -> Result<Found, String> {
    match found {
        Found::Docker { client, buildkit, buildx, daemon: DaemonSource::Running(_) } => {
            let dockerd: PathBuf = find("dockerd").ok_or("there is no dockerd to start")?;
            let daemon = DaemonSource::Start { dockerd, prefix: None, otherwise: None };
            Ok(Found::Docker { client, buildkit, buildx, daemon })
        }
        other => Ok(other),
    }
}

/// Removes all images, and what the builder remembers.
pub(crate) fn empty(engine: &Engine) {
    let list = engine.command().args(["images", "--quiet", "--no-trunc"]).output();
    let ids = list.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut ids: Vec<&str> = ids.lines().collect();
    ids.sort_unstable();
    ids.dedup();
    for some in ids.chunks(200) {
        answer(engine.command().args(["rmi", "--force"]).args(some));
    }
    if engine.tool == images_tests::engine::Tool::Docker {
        answer(engine.command().args(["builder", "prune", "--all", "--force"]));
    }
}

/// The versions of what takes part, for the table's head.
pub(crate) fn versions(engines: &Engines) -> Vec<String> {
    let mut versions = Vec::new();
    if let Some(docker) = &engines.docker {
        let server = answer(docker.command().args(["version", "--format", "{{.Server.Version}}"]));
        let driver = answer(docker.command().args(["info", "--format", "{{.Driver}}"]));
        versions.extend(server.map(|version| format!("docker {version}")));
        versions.extend(driver.map(|driver| format!("storage driver {driver}")));
        versions.extend(answer(docker.command().args(["buildx", "version"])));
    }
    if let Some(podman) = &engines.podman {
        versions.extend(answer(podman.command().arg("--version")));
    }
    versions.extend(answer(Command::new("rustc").arg("--version")));
    versions
}
