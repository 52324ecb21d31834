//! The engines of this machine while the tests run: what had to be started, and a temporary folder for all of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{env, fs, io, process};

use tempfile::TempDir;

use crate::builtin::Builtin;
use crate::daemon::Daemon;
use crate::engine::{Engine, Tool};
use crate::flavour::{DaemonSource, Found};
use crate::program::{answer, compile_inmate, end_all, find};
use crate::registry::Registry;

/// Variables that reach the tool and the engines as the tests got them. All others are the tests' own, so nothing of
/// the user's configuration counts.
const INHERITED: [&str; 8] = [
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CARGO",
    "RUSTUP_TOOLCHAIN",
    "LLVM_PROFILE_FILE",
    "SystemRoot",
];

/// The variable that names the file where calls of the engine are noted.
pub const CALLS: &str = "IMAGES_TEST_CALLS";

/// All variables of a process.
pub type Environment = BTreeMap<OsString, OsString>;

static MACHINE: Mutex<Option<Machine>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Machine>> {
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What runs, and where it is.
#[derive(Debug)]
struct Machine {
    folder: TempDir,
    daemons: Vec<Daemon>,
    registry: Option<Registry>,
    inmate: Option<PathBuf>,
    engines: Vec<Engine>,
}

/// What every image name of this run begins with, so that they can be removed from a store that is not ours.
pub fn namespace_prefix() -> String {
    format!("images-test-{}", process::id())
}

/// The environment that the tool and the engines get: search path, a home that is empty, and cargo's own.
pub fn hermetic_environment(home: &Path) -> Environment {
    let mut environment = Environment::new();
    for name in INHERITED {
        environment.extend(env::var_os(name).map(|value| (name.into(), value)));
    }
    let user_home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        environment.insert(name.into(), env::var_os(name).unwrap_or_else(|| user_home.join(folder).into()));
    }
    environment.insert("PATH".into(), env::var_os("PATH").unwrap_or_default());
    environment.insert("HOME".into(), home.into());
    environment.insert("LC_ALL".into(), "C".into());
    environment
}

/// Does something with the machine, which is made at the first call. The lock is held meanwhile, so that a signal
/// waits for what is being started and then stops it.
fn with_machine<T>(act: impl FnOnce(&mut Machine) -> Result<T, String>) -> Result<T, String> {
    let mut machine = lock();
    if machine.is_none() {
        let folder = tempfile::Builder::new().prefix("images-tests-").tempdir();
        let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
        *machine =
            Some(Machine { folder, daemons: Vec::new(), registry: None, inmate: None, engines: Vec::new() });
    }
    act(machine.as_mut().ok_or("there is no machine")?)
}

/// Gets an engine ready, and starts the daemon that it needs. This must be called from the main thread, since what is
/// started ends with the thread that started it.
///
/// # Errors
/// A file cannot be written, or the daemon does not start.
pub fn start(found: &Found, flavour: &'static str) -> Result<Engine, String> {
    with_machine(|machine| {
        if let Some(engine) = machine.engines.iter().find(|engine| engine.flavour == flavour) {
            return Ok(engine.clone());
        }
        let engine = machine.engine(found, flavour)?;
        machine.engines.push(engine.clone());
        Ok(engine)
    })
}

/// Gets the built-in engine ready. It calls no docker, podman or buildah: those in its environment only note that they
/// are called, and fail.
///
/// # Errors
/// A file cannot be written.
pub fn builtin() -> Result<Builtin, String> {
    with_machine(|machine| {
        let folder = machine.folder.path().join("builtin");
        fs::create_dir_all(folder.join("home")).map_err(|error| error.to_string())?;
        let mut environment = hermetic_environment(&folder.join("home"));
        let socket = format!("unix://{}", folder.join("no.sock").display());
        environment.insert("DOCKER_HOST".into(), socket.into());
        environment.insert("IMAGES_ENGINE".into(), "builtin".into());
        for name in ["docker", "podman", "buildah"] {
            note_calls(&folder, name, Path::new("false"), &mut environment)
                .map_err(|error| error.to_string())?;
        }
        Ok(Builtin { environment, folder })
    })
}

/// Starts the one registry of the tests, and tells its address. The main thread must call it, as with [`start`].
///
/// # Errors
/// It does not start.
pub fn start_registry(program: &Path) -> Result<String, String> {
    with_machine(|machine| {
        if let Some(registry) = &machine.registry {
            return Ok(registry.address.clone());
        }
        let registry = Registry::start(program, machine.folder.path())?;
        Ok(machine.registry.insert(registry).address.clone())
    })
}

/// Compiles the program for the insides of images, once, and tells where it is.
///
/// # Errors
/// There is no compiler, or no static C library.
pub fn inmate() -> Result<PathBuf, String> {
    with_machine(|machine| {
        if machine.inmate.is_none() {
            machine.inmate = Some(compile_inmate(machine.folder.path())?);
        }
        Ok(machine.inmate.clone().unwrap_or_default())
    })
}

/// Stops everything that was started, and removes the images of this run.
pub fn stop() {
    if let Some(mut machine) = lock().take() {
        machine.stop();
    }
}

impl Machine {
    fn engine(&mut self, found: &Found, flavour: &'static str) -> Result<Engine, String> {
        let folder = self.folder.path().join(flavour);
        fs::create_dir_all(folder.join("home")).map_err(|error| error.to_string())?;
        let mut environment = hermetic_environment(&folder.join("home"));
        let (tool, program) = match found {
            Found::Docker { client, buildkit, buildx, daemon } => {
                let host = self.daemon(daemon, client, &folder)?;
                environment.extend(buildkit.map(|value| ("DOCKER_BUILDKIT".into(), value.into())));
                environment.insert("DOCKER_HOST".into(), host.into());
                docker_files(&folder, buildx.as_deref(), &mut environment).map_err(|e| e.to_string())?;
                (Tool::Docker, client)
            }
            Found::Podman(program) | Found::Buildah(program) => {
                container_files(&folder, &mut environment).map_err(|error| error.to_string())?;
                let is_podman = matches!(found, Found::Podman(_));
                (if is_podman { Tool::Podman } else { Tool::Buildah }, program)
            }
            Found::Builtin | Found::Registry(_) | Found::Mmdebstrap(_) => {
                return Err("it is no program that builds".into());
            }
        };
        if tool == Tool::Buildah {
            environment.insert("BUILDAH_ISOLATION".into(), "chroot".into());
        }
        let name = program.file_name().unwrap_or_default();
        note_calls(&folder, name, program, &mut environment).map_err(|error| error.to_string())?;
        environment.insert("IMAGES_ENGINE".into(), tool.name().into());
        Ok(Engine { flavour, tool, program: program.clone(), environment, folder })
    }

    fn daemon(&mut self, source: &DaemonSource, client: &Path, folder: &Path) -> Result<String, String> {
        let (dockerd, prefix, otherwise) = match source {
            DaemonSource::Running(host) => return Ok(host.clone()),
            DaemonSource::Start { dockerd, prefix, otherwise } => (dockerd, prefix.as_deref(), otherwise),
        };
        match (Daemon::start(dockerd, prefix, client, folder), otherwise) {
            (Ok(daemon), _) => {
                let host = daemon.host.clone();
                self.daemons.push(daemon);
                Ok(host)
            }
            (Err(why), Some(host)) => {
                eprintln!("the docker daemon that runs is used, since another did not start: {why}");
                Ok(host.clone())
            }
            (Err(why), None) => Err(why),
        }
    }

    fn stop(&mut self) {
        for engine in &self.engines {
            let host = engine.environment.get(&OsString::from("DOCKER_HOST"));
            if self.daemons.iter().any(|daemon| Some(&OsString::from(&daemon.host)) == host) {
                continue;
            }
            if engine.tool == Tool::Docker {
                engine.remove_images(&namespace_prefix());
            } else if !rustix::process::geteuid().is_root() {
                // The layers belong to the user's subordinate ids, so only inside of their namespace can they go.
                answer(engine.command().args(["unshare", "rm", "-rf"]).arg(engine.folder.join("stores")));
            }
        }
        self.daemons.iter_mut().for_each(Daemon::stop);
        self.registry.iter_mut().for_each(Registry::stop);
        unmount_below(self.folder.path());
    }
}

/// A configuration of docker with that plugin alone.
fn docker_files(folder: &Path, buildx: Option<&Path>, environment: &mut Environment) -> io::Result<()> {
    let plugins = folder.join("config/cli-plugins");
    fs::create_dir_all(&plugins)?;
    if let Some(buildx) = buildx {
        write_noting(&plugins.join("docker-buildx"), buildx)?;
    }
    environment.insert("DOCKER_CONFIG".into(), folder.join("config").into());
    Ok(())
}

/// Puts a folder first in the search path that has a program of this name, which notes each call of it, one a line, in
/// the file that [`CALLS`] names, and becomes the other. So the tests see what the tool asked, and that it asked nothing.
fn note_calls(
    folder: &Path,
    name: impl AsRef<Path>,
    program: &Path,
    environment: &mut Environment,
) -> io::Result<()> {
    let programs = folder.join("bin");
    fs::create_dir_all(&programs)?;
    write_noting(&programs.join(name), program)?;
    let path = environment.get(&OsString::from("PATH")).cloned().unwrap_or_default();
    let folders = [programs].into_iter().chain(env::split_paths(&path));
    environment.insert("PATH".into(), env::join_paths(folders).map_err(io::Error::other)?);
    Ok(())
}

/// Writes a script that notes its arguments and becomes the program. A run outside of any test has nowhere to note them.
fn write_noting(script: &Path, program: &Path) -> io::Result<()> {
    let text = format!(
        "#!/bin/sh\necho \"$@\" >>\"${{{CALLS}:-/dev/null}}\"\nexec '{}' \"$@\"\n",
        program.display()
    );
    fs::write(script, text)?;
    fs::set_permissions(script, fs::Permissions::from_mode(0o755))
}

/// podman's and buildah's configuration: runc where it is, since crun refuses machines that have both versions of
/// control groups; limits that a container may have where the host's own may not be handed on; and no registry for
/// short names. The store is each test's own.
fn container_files(folder: &Path, environment: &mut Environment) -> io::Result<()> {
    let runtime = if find("runc").is_some() { "runtime = \"runc\"\n" } else { "" };
    let engine = format!(
        "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"none\"\n{runtime}\n[containers]\n\
         log_driver = \"k8s-file\"\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n"
    );
    let files = [
        ("CONTAINERS_CONF", "containers.conf", engine),
        ("CONTAINERS_REGISTRIES_CONF", "registries.conf", "unqualified-search-registries = []\n".into()),
    ];
    for (variable, name, text) in files {
        fs::write(folder.join(name), text)?;
        environment.insert(variable.into(), folder.join(name).into());
    }
    Ok(())
}

/// Takes away the mounts that an engine left in its folders, the last first: a folder with one cannot be removed.
fn unmount_below(folder: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let points = mounts.lines().filter_map(|line| line.split(' ').nth(1));
    let ours: Vec<&str> = points.filter(|point| Path::new(point).starts_with(folder)).collect();
    for point in ours.into_iter().rev() {
        answer(Command::new("umount").args(["--lazy", point]));
    }
}

/// Ends the tests when a signal, or the end of the process that started them, says so.
///
/// # Errors
/// The handler cannot be set.
pub fn stop_on_signals() -> Result<(), String> {
    ctrlc::set_handler(|| {
        end_all();
        stop();
        process::exit(130);
    })
    .map_err(|error| error.to_string())?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
        .map_err(|error| error.to_string())?;
    Ok(())
}
