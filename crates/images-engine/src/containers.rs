//! Containers of images: how docker and podman, whose command lines are alike here, are told to start and to remove them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::client::Client;
use crate::process::{Cancel, find_program};
use crate::{EngineError, EngineKind};

const DOCKER: Client = Client("docker");
const PODMAN: Client = Client("podman");

/// A container to make.
#[derive(Debug, Clone, Copy)]
pub struct ContainerRequest<'a> {
    /// The image, by a name that is in the store.
    pub image: &'a str,
    /// The program in the place of the image's entrypoint; with it, the image's command does not count.
    pub entrypoint: Option<&'a str>,
    /// The arguments of the entrypoint; without any, the image's command.
    pub args: &'a [String],
    /// Variables.
    pub env: &'a BTreeMap<String, String>,
    /// The user, if not the image's.
    pub user: Option<&'a str>,
    /// A port of the container, to be published at a free one of this machine's loopback.
    pub publish: Option<u16>,
    /// A label, as name and value.
    pub label: (&'a str, &'a str),
}

/// How a container stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerState {
    /// It runs.
    Running,
    /// It ended with this exit code.
    Exited(i32),
    /// It did not start.
    NotStarted,
}

/// How a container's run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerRun {
    /// By itself.
    Ended {
        /// Its exit code.
        exit: i32,
        /// What it wrote to stdout.
        stdout: Vec<u8>,
        /// What it wrote to stderr.
        stderr: Vec<u8>,
    },
    /// Not in time.
    TimedOut {
        /// What it wrote to stdout until then.
        stdout: Vec<u8>,
        /// What it wrote to stderr until then.
        stderr: Vec<u8>,
    },
}

/// What starts containers of the images in a store.
#[derive(Debug, Clone, Copy)]
pub struct Containers {
    client: Client,
}

impl Containers {
    /// What starts containers of an engine's images: docker its own; podman its own and buildah's, for they share a store.
    ///
    /// # Errors
    /// There is nothing that does: the message says what is missing.
    pub fn of(kind: EngineKind) -> Result<Self, EngineError> {
        match kind {
            EngineKind::Docker => Ok(Self { client: DOCKER }),
            EngineKind::Podman => Ok(Self { client: PODMAN }),
            EngineKind::Buildah if find_program("podman").is_some() => Ok(Self { client: PODMAN }),
            EngineKind::Buildah => Err(Client("buildah").error(
                "it starts no containers of images, and podman, which would, is not installed",
                Some("install podman".to_owned()),
            )),
            EngineKind::Builtin => Err(EngineError {
                engine: kind.to_string(),
                message: "it starts no containers".to_owned(),
                help: Some("install docker or podman".to_owned()),
            }),
        }
    }

    /// Makes a container without starting it, and returns its id.
    ///
    /// # Errors
    /// What the client says; an interrupt.
    pub fn create(&self, request: &ContainerRequest<'_>, cancel: &Cancel) -> Result<String, EngineError> {
        let id = self.client.answer(create_args(request), cancel)?;
        Ok(id.trim().to_owned())
    }

    /// Starts a container and waits for its end, at most for `limit`. A container that is not done by then goes on.
    ///
    /// # Errors
    /// It cannot be started: what the client says; an interrupt.
    pub fn run(&self, id: &str, limit: Duration, cancel: &Cancel) -> Result<ContainerRun, EngineError> {
        let (ended, timed_out) = self.client.run_for(self.run_args(id), limit, cancel)?;
        if timed_out {
            return Ok(ContainerRun::TimedOut { stdout: ended.stdout, stderr: ended.stderr });
        }
        match self.state(id)? {
            ContainerState::Exited(exit) => {
                Ok(ContainerRun::Ended { exit, stdout: ended.stdout, stderr: ended.stderr })
            }
            _ => Err(self.client.said(&String::from_utf8_lossy(&ended.stderr))),
        }
    }

    fn run_args(&self, id: &str) -> Vec<String> {
        // A client that is told to end would wait until the container heeds it, too. docker's cannot be kept from that.
        let proxy = (self.client == PODMAN).then_some("--sig-proxy=false");
        ["start", "--attach"].into_iter().chain(proxy).chain([id]).map(str::to_owned).collect()
    }

    /// Starts a container, and does not wait for it.
    ///
    /// # Errors
    /// It cannot be started: what the client says; an interrupt.
    pub fn start(&self, id: &str, cancel: &Cancel) -> Result<(), EngineError> {
        self.client.answer(["start", id].map(str::to_owned).to_vec(), cancel).map(drop)
    }

    /// Where a container's port is published.
    ///
    /// # Errors
    /// It is not, or the container has ended.
    pub fn address(&self, id: &str, port: u16) -> Result<SocketAddr, EngineError> {
        let told = self.client.ask(&["port", id, &format!("{port}/tcp")])?;
        let address = told.lines().find_map(|line| line.trim().parse().ok());
        let unreadable = || format!("cannot read where port {port} is published from `{}`", told.trim());
        address.ok_or_else(|| self.client.error(unreadable(), None))
    }

    /// How a container stands.
    ///
    /// # Errors
    /// There is none of this id.
    pub fn state(&self, id: &str) -> Result<ContainerState, EngineError> {
        // What an engine could not start has an error, and an exit code that is not the program's.
        let format = "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}";
        let told = self.client.ask(&["inspect", "--type=container", "--format", format, id])?;
        let unreadable = || self.client.error(format!("cannot read a state from `{}`", told.trim()), None);
        read_state(&told).ok_or_else(unreadable)
    }

    /// The last lines that a container wrote to stdout and to stderr, in their order as far as the engine keeps it.
    ///
    /// # Errors
    /// There is none of this id, or its log is not kept.
    pub fn logs(&self, id: &str, lines: usize) -> Result<String, EngineError> {
        let ended = self.client.run(&["logs", &format!("--tail={lines}"), id])?;
        let text = [ended.stdout, ended.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        if ended.code == Some(0) { Ok(text) } else { Err(self.client.said(&text)) }
    }

    /// Removes containers with their unnamed volumes; those that run are killed. It works after an interrupt, too.
    ///
    /// # Errors
    /// What the client says; one that there is not is no error.
    pub fn remove(&self, ids: &[String]) -> Result<(), EngineError> {
        if ids.is_empty() {
            return Ok(());
        }
        let args: Vec<&str> =
            ["rm", "--force", "--volumes"].into_iter().chain(ids.iter().map(String::as_str)).collect();
        match self.client.ask(&args) {
            Err(error) if !error.message.to_ascii_lowercase().contains("no such container") => Err(error),
            _ => Ok(()),
        }
    }

    /// All containers that have this label, running or not: their ids, and its values.
    ///
    /// # Errors
    /// The engine does not answer.
    pub fn labelled(&self, label: &str) -> Result<Vec<(String, String)>, EngineError> {
        let filter = format!("--filter=label={label}");
        // podman gives its templates a map where docker has a function.
        let value = if self.client == PODMAN { "index .Labels" } else { ".Label" };
        let format = format!("{{{{.ID}}}} {{{{{value} \"{label}\"}}}}");
        let told = self.client.ask(&["ps", "--all", "--no-trunc", &filter, "--format", &format])?;
        let pair = |line: &str| line.split_once(' ').map(|(id, value)| (id.to_owned(), value.to_owned()));
        Ok(told.lines().filter_map(pair).collect())
    }
}

/// Each value is in one argument with its flag, so that none becomes a flag; the arguments come after the image.
fn create_args(request: &ContainerRequest<'_>) -> Vec<String> {
    let ContainerRequest { image, entrypoint, args, env, user, publish, label } = request;
    let mut words = vec![
        "create".to_owned(),
        // Our images are in the store, or nowhere.
        "--pull=never".to_owned(),
        // podman would set up timers of systemd.
        "--no-healthcheck".to_owned(),
        // podman's `rm --force` would wait that long for a container to heed a signal.
        "--stop-timeout=0".to_owned(),
        format!("--label={}={}", label.0, label.1),
    ];
    words.extend(env.iter().map(|(name, value)| format!("--env={name}={value}")));
    words.extend(user.map(|user| format!("--user={user}")));
    words.extend(publish.map(|port| format!("--publish=127.0.0.1::{port}")));
    words.extend(entrypoint.map(|program| format!("--entrypoint={program}")));
    words.push((*image).to_owned());
    words.extend(args.iter().cloned());
    words
}

/// Reads `STATUS EXIT-CODE ERROR`.
fn read_state(told: &str) -> Option<ContainerState> {
    let mut words = told.trim().splitn(3, ' ');
    let (status, exit) = (words.next()?, words.next()?.parse().ok()?);
    let error = words.next().unwrap_or_default().trim();
    Some(match status {
        "exited" | "stopped" | "dead" if error.is_empty() => ContainerState::Exited(exit),
        "running" | "paused" | "restarting" | "removing" | "stopping" => ContainerState::Running,
        _ => ContainerState::NotStarted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::client;

    fn request<'a>(args: &'a [String], env: &'a BTreeMap<String, String>) -> ContainerRequest<'a> {
        ContainerRequest {
            image: "localhost/acme/x:key-1",
            entrypoint: None,
            args,
            env,
            user: None,
            publish: None,
            label: ("l", "1"),
        }
    }

    #[test]
    fn containers_are_made_so() {
        let (none, empty) = (BTreeMap::new(), []);
        let least =
            "create --pull=never --no-healthcheck --stop-timeout=0 --label=l=1 localhost/acme/x:key-1";
        assert_eq!(create_args(&request(&empty, &none)).join(" "), least);
        let args = ["--help", "$(id)"].map(str::to_owned);
        let env = BTreeMap::from([("A".to_owned(), "--b c".to_owned())]);
        let most = ContainerRequest {
            entrypoint: Some("-x"),
            user: Some("app"),
            publish: Some(80),
            ..request(&args, &env)
        };
        let expected = [
            "create",
            "--pull=never",
            "--no-healthcheck",
            "--stop-timeout=0",
            "--label=l=1",
            "--env=A=--b c",
            "--user=app",
            "--publish=127.0.0.1::80",
            "--entrypoint=-x",
            "localhost/acme/x:key-1",
            "--help",
            "$(id)",
        ];
        assert_eq!(create_args(&most), expected);
    }

    #[test]
    fn a_client_is_asked_so() {
        let folder = tempfile::tempdir().unwrap();
        let told = |script: &str| Containers { client: client(&folder, script) };
        let echo = told("echo \"Error: $*\" >&2; exit 1");
        let cancel = Cancel::default();
        assert_eq!(echo.start("i", &cancel).unwrap_err().message, "start i");
        assert_eq!(echo.run_args("i").join(" "), "start --attach i");
        let podman = Containers { client: PODMAN };
        assert_eq!(podman.run_args("i").join(" "), "start --attach --sig-proxy=false i");
        assert_eq!(echo.address("i", 80).unwrap_err().message, "port i 80/tcp");
        assert_eq!(echo.logs("i", 20).unwrap_err().message, "logs --tail=20 i");
        let ids = ["i", "j"].map(str::to_owned);
        assert_eq!(echo.remove(&ids).unwrap_err().message, "rm --force --volumes i j");
        assert!(echo.remove(&[]).is_ok());
        let state =
            "inspect --type=container --format {{.State.Status}} {{.State.ExitCode}} {{.State.Error}} i";
        assert_eq!(echo.state("i").unwrap_err().message, state);
        let listed = "ps --all --no-trunc --filter=label=l --format {{.ID}} {{.Label \"l\"}}";
        assert_eq!(echo.labelled("l").unwrap_err().message, listed);
    }

    #[test]
    fn what_a_client_answers_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let told = |script: &str| Containers { client: client(&folder, script) };
        let address = told("echo 127.0.0.1:4000; echo '[::1]:4001'").address("i", 80).unwrap();
        assert_eq!(address, "127.0.0.1:4000".parse().unwrap());
        let labelled = told("echo 'a 1'; echo 'b 2'").labelled("l").unwrap();
        assert_eq!(labelled, [("a", "1"), ("b", "2")].map(|(id, value)| (id.to_owned(), value.to_owned())));
        assert_eq!(told("echo out; echo err >&2").logs("i", 5).unwrap(), "out\nerr\n");
        let gone = told("echo 'Error response from daemon: No such container: i' >&2; exit 1");
        assert!(gone.remove(&["i".to_owned()]).is_ok());
    }

    #[test]
    fn a_program_that_could_not_start_is_told_from_one_that_failed() {
        assert_eq!(read_state("exited 7 \n"), Some(ContainerState::Exited(7)));
        assert_eq!(read_state("running 0 \n"), Some(ContainerState::Running));
        // docker's, and podman's.
        assert_eq!(read_state("created 127 no such file\n"), Some(ContainerState::NotStarted));
        assert_eq!(read_state("created 0 \n"), Some(ContainerState::NotStarted));
        assert_eq!(read_state("exited 127 no such file\n"), Some(ContainerState::NotStarted));
        assert_eq!(read_state("who knows"), None);
    }

    #[test]
    fn a_run_ends_with_the_programs_exit_code_or_in_time_or_with_the_clients_words() {
        let folder = tempfile::tempdir().unwrap();
        let script = |start: &str, state: &str| {
            let script = format!("case $1 in start) {start};; inspect) echo '{state}';; esac");
            Containers { client: client(&folder, &script) }
        };
        let cancel = Cancel::default();
        let long = Duration::from_secs(600);
        let ended = script("echo out; echo err >&2; exit 7", "exited 7 ").run("i", long, &cancel).unwrap();
        let expected = ContainerRun::Ended { exit: 7, stdout: b"out\n".to_vec(), stderr: b"err\n".to_vec() };
        assert_eq!(ended, expected);
        let refused = script("echo 'Error: no such program' >&2; exit 125", "created 0 ");
        assert_eq!(refused.run("i", long, &cancel).unwrap_err().message, "no such program");
        let late = script("echo out; exec sleep 600", "running 0 ");
        let late = late.run("i", Duration::from_millis(300), &cancel).unwrap();
        assert!(matches!(late, ContainerRun::TimedOut { .. }), "{late:?}");
        cancel.interrupt();
        assert!(script("true", "exited 0 ").run("i", long, &cancel).is_err());
    }

    #[test]
    fn engines_that_start_no_containers_say_what_to_install() {
        assert!(Containers::of(EngineKind::Docker).is_ok() && Containers::of(EngineKind::Podman).is_ok());
        let error = Containers::of(EngineKind::Builtin).unwrap_err();
        assert_eq!(error.to_string(), "builtin: it starts no containers");
        assert_eq!(error.help.as_deref(), Some("install docker or podman"));
    }
}
