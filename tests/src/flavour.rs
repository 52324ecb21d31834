//! The engines that the tests know, as data: each is there, or says why not.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{answer, find, find_all};

/// The names, as `--require` takes them and as test names begin.
pub const NAMES: [&str; 8] = [
    "docker-legacy",
    "docker-buildkit",
    "docker-buildx",
    "podman",
    "buildah",
    "builtin",
    "registry",
    "mmdebstrap",
];

/// Those of [`NAMES`] that build nothing, but that some tests need.
const COMPANIONS: [&str; 2] = ["registry", "mmdebstrap"];

/// The variable that names the folder of the tests' own docker; `cargo xtask setup` fills that.
const PRIVATE_DOCKER: &str = "IMAGES_TEST_PRIVATE_DOCKER";

/// The first version of docker's client that does not speak to BuildKit by itself, but needs the buildx plugin:
/// <https://docs.docker.com/engine/release-notes/23.0/>.
const FIRST_WITHOUT_BUILDKIT: u32 = 23;

/// One engine that the tests know.
#[derive(Debug, Clone)]
pub struct Flavour {
    /// One of [`NAMES`].
    pub name: &'static str,
    /// What was found, or why it cannot be used.
    pub found: Result<Found, String>,
}

/// What an engine is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A docker client and its daemon.
    Docker {
        /// The client.
        client: PathBuf,
        /// The value of `DOCKER_BUILDKIT`; `None` leaves the choice to the client.
        buildkit: Option<&'static str>,
        /// The buildx plugin.
        buildx: Option<PathBuf>,
        /// The daemon.
        daemon: DaemonSource,
    },
    /// podman.
    Podman(PathBuf),
    /// buildah.
    Buildah(PathBuf),
    /// The engine that the tool brings with it, which is always there.
    Builtin,
    /// docker's registry.
    Registry(PathBuf),
    /// What makes a root file system of Debian's packages.
    Mmdebstrap(PathBuf),
}

impl Flavour {
    /// Whether it builds images.
    pub fn is_engine(&self) -> bool {
        !COMPANIONS.contains(&self.name)
    }
}

/// Where a daemon comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaemonSource {
    /// It runs already, at this address.
    Running(String),
    /// The tests start it.
    Start {
        /// The daemon's program.
        dockerd: PathBuf,
        /// The folder that its companions are in, if not the system's.
        prefix: Option<PathBuf>,
        /// The address of the daemon to use where it does not start.
        otherwise: Option<String>,
    },
}

/// Looks at what this machine has. Nothing is started.
pub fn look() -> Vec<Flavour> {
    let clients = find_all("docker");
    let running = clients.iter().find_map(|client| running_daemon(client));
    let found = [
        legacy(&clients, running.as_deref()),
        buildkit(&clients, running.as_deref()),
        buildx(&clients, running.as_deref()),
        program("podman").map(Found::Podman),
        program("buildah").map(Found::Buildah),
        Ok(Found::Builtin),
        program("docker-registry").map(Found::Registry),
        program("mmdebstrap").map(Found::Mmdebstrap),
    ];
    NAMES.into_iter().zip(found).map(|(name, found)| Flavour { name, found }).collect()
}

/// Says on stderr which of them are not there, and why: the list of tests says only that those were ignored.
pub fn tell_of_missing(flavours: &[Flavour]) {
    for flavour in flavours {
        if let Err(why) = &flavour.found {
            eprintln!("{}: not here: {why}", flavour.name);
        }
    }
}

fn program(name: &str) -> Result<PathBuf, String> {
    find(name).ok_or_else(|| format!("there is no {name}; `cargo xtask setup` installs it"))
}

/// The address of the daemon that the user's docker talks to, if it answers.
fn running_daemon(client: &Path) -> Option<String> {
    let endpoint =
        || answer(Command::new(client).args(["context", "inspect", "-f", "{{.Endpoints.docker.Host}}"]));
    let host = env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty()).or_else(endpoint)?;
    answer(Command::new(client).args(["--host", &host, "version"]))?;
    Some(host)
}

/// A daemon of the tests' own from the system's program, so that the user's images are left alone; else, without root
/// or without that program, the one that runs.
fn system_daemon(running: Option<&str>) -> Result<DaemonSource, String> {
    let otherwise = running.map(str::to_owned);
    match find("dockerd").filter(|_| rustix::process::geteuid().is_root()) {
        Some(dockerd) => Ok(DaemonSource::Start { dockerd, prefix: None, otherwise }),
        None => otherwise
            .map(DaemonSource::Running)
            .ok_or_else(|| "no docker daemon answers this user, and starting one needs root".into()),
    }
}

fn legacy(clients: &[PathBuf], running: Option<&str>) -> Result<Found, String> {
    let client = clients.first().ok_or("there is no docker; `cargo xtask setup` installs it")?.clone();
    Ok(Found::Docker { client, buildkit: Some("0"), buildx: None, daemon: system_daemon(running)? })
}

fn buildkit(clients: &[PathBuf], running: Option<&str>) -> Result<Found, String> {
    let is_old =
        |client: &&PathBuf| major_version(client).is_some_and(|major| major < FIRST_WITHOUT_BUILDKIT);
    let client = clients.iter().find(is_old).ok_or("there is no docker client older than 23")?.clone();
    Ok(Found::Docker { client, buildkit: Some("1"), buildx: None, daemon: system_daemon(running)? })
}

/// `Docker version 20.10.24+dfsg1, build 297e128`
fn major_version(client: &Path) -> Option<u32> {
    let version = answer(Command::new(client).arg("--version"))?;
    version.strip_prefix("Docker version ")?.split('.').next()?.parse().ok()
}

/// The user's own docker if it has buildx, else the one that setup put into a folder for the tests.
fn buildx(clients: &[PathBuf], running: Option<&str>) -> Result<Found, String> {
    match clients.iter().find_map(|client| Some((client.clone(), buildx_plugin(client)?))) {
        Some((client, plugin)) => {
            let daemon = system_daemon(running)?;
            Ok(Found::Docker { client, buildkit: None, buildx: Some(plugin), daemon })
        }
        None => private_buildx(),
    }
}

/// What docker says of itself counts even where it fails for want of a daemon.
fn buildx_plugin(client: &Path) -> Option<PathBuf> {
    let format = r#"{{range .ClientInfo.Plugins}}{{if eq .Name "buildx"}}{{.Path}}{{end}}{{end}}"#;
    let output = Command::new(client).args(["info", "--format", format]).output().ok()?;
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    path.is_file().then_some(path)
}

fn private_buildx() -> Result<Found, String> {
    let prefix = env::var_os(PRIVATE_DOCKER).map(PathBuf::from);
    let prefix = prefix.ok_or("docker has no buildx, and only `cargo xtask test` knows another docker")?;
    let dockerd = prefix.join("usr/sbin/dockerd");
    if !dockerd.is_file() {
        return Err("docker has no buildx; `cargo xtask setup` installs one for the tests".into());
    }
    if !rustix::process::geteuid().is_root() {
        return Err("docker has no buildx, and starting another docker needs root".into());
    }
    Ok(Found::Docker {
        client: prefix.join("usr/bin/docker"),
        buildkit: None,
        buildx: Some(prefix.join("usr/libexec/docker/cli-plugins/docker-buildx")),
        daemon: DaemonSource::Start { dockerd, prefix: Some(prefix), otherwise: None },
    })
}
