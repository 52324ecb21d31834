//! An engine's command-line client, asked something short.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::EngineError;
use crate::engine::ABSENT;
use crate::process::{Cancel, Child, Ended, Output};

/// A client, named as its engine is: by the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) &'static str);

impl Client {
    /// Runs it, and returns what it wrote to stdout.
    ///
    /// # Errors
    /// It is not there, or it ended with an error: the last line that it wrote to stderr.
    pub(crate) fn ask(self, args: &[&str]) -> Result<String, EngineError> {
        let ended = self.run(args)?;
        if ended.code == Some(0) {
            return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
        }
        Err(self.said(&String::from_utf8_lossy(&ended.stderr)))
    }

    /// Runs what may take long, until an interrupt.
    ///
    /// # Errors
    /// As [`Client::ask`], and an interrupt.
    pub(crate) fn order(self, args: Vec<String>, cancel: &Cancel) -> Result<(), EngineError> {
        self.answer(args, cancel).map(drop)
    }

    /// As [`Client::order`], and returns what it wrote to stdout.
    ///
    /// # Errors
    /// As [`Client::order`].
    pub(crate) fn answer(self, args: Vec<String>, cancel: &Cancel) -> Result<String, EngineError> {
        let ended = self.child(args).run(cancel).map_err(|error| self.not_started(&error))?;
        match ended.code {
            _ if cancel.is_interrupted() => Err(self.interrupted()),
            Some(0) => Ok(String::from_utf8_lossy(&ended.stdout).into_owned()),
            _ => Err(self.said(&String::from_utf8_lossy(&ended.stderr))),
        }
    }

    /// Runs it to whatever end, at most for `limit`; says also whether that was too short.
    ///
    /// # Errors
    /// It is not there; an interrupt.
    pub(crate) fn run_for(
        self,
        args: Vec<String>,
        limit: Duration,
        cancel: &Cancel,
    ) -> Result<(Ended, bool), EngineError> {
        let ran = self.child(args).run_for(limit, cancel).map_err(|error| self.not_started(&error))?;
        if cancel.is_interrupted() { Err(self.interrupted()) } else { Ok(ran) }
    }

    fn interrupted(self) -> EngineError {
        self.error("interrupted", None)
    }

    /// Runs it to whatever end.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn run(self, args: &[&str]) -> Result<Ended, EngineError> {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        self.child(args).run(&Cancel::default()).map_err(|error| self.not_started(&error))
    }

    fn child(self, args: Vec<String>) -> Child {
        let program = self.0.to_owned();
        Child { program, args, env: BTreeMap::new(), cwd: None, output: Output::Capture }
    }

    /// An error of this engine.
    pub(crate) fn error(self, message: impl Into<String>, help: Option<String>) -> EngineError {
        EngineError { engine: self.0.to_owned(), message: message.into(), help }
    }

    /// What a start that failed means.
    pub(crate) fn not_started(self, error: &io::Error) -> EngineError {
        if error.kind() == io::ErrorKind::NotFound {
            self.absent()
        } else {
            self.error(error.to_string(), None)
        }
    }

    /// There is no such program.
    pub(crate) fn absent(self) -> EngineError {
        let Self(name) = self;
        self.error(ABSENT, Some(format!("install {name}, or choose another engine")))
    }

    /// What it wrote to stderr before it ended with an error.
    pub(crate) fn said(self, stderr: &str) -> EngineError {
        let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
        // buildah lists what went wrong below a line that only counts it.
        let says = |line: &&str| line.starts_with("Error: ") && !line.ends_with(" occurred:");
        let listed = || lines().find_map(|line| line.strip_prefix("* "));
        let reason = lines().rfind(says).or_else(listed).or_else(|| lines().next_back());
        let mut message = reason.unwrap_or("it ended with an error and said nothing");
        for prefix in ["Error: ", "ERROR: ", "Error response from daemon: "] {
            message = message.strip_prefix(prefix).unwrap_or(message);
        }
        self.error(message, self.remedy(message))
    }

    fn remedy(self, message: &str) -> Option<String> {
        let Self(name) = self;
        if is_denied(message) && name == "docker" {
            Some("let your user into the group `docker` and log in again, or use rootless docker".to_owned())
        } else if is_unreachable(message) {
            Some(format!("start it, or choose another engine; `{name} info` shows whether it runs"))
        } else {
            without_root(message).map(str::to_owned)
        }
    }
}

/// What podman and buildah lack where they run without root:
/// <https://github.com/containers/podman/blob/main/docs/tutorials/rootless_tutorial.md>.
fn without_root(message: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    if says(&["no subuid ranges", "no subgid ranges", "insufficient UIDs or GIDs"]) {
        Some(
            "give your user a range of ids: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, \
             then `podman system migrate`",
        )
    } else if says(&["newuidmap", "newgidmap"]) {
        Some("install newuidmap and newgidmap (package `uidmap`, in Fedora `shadow-utils`)")
    } else if says(&["fuse-overlayfs", "is not supported over overlayfs"]) {
        Some("install fuse-overlayfs")
    } else {
        None
    }
}

/// Whether an engine that needs a daemon says that it cannot reach it.
pub(crate) fn is_unreachable(message: &str) -> bool {
    // Clients up to 28 say the first, 29 the second: https://github.com/moby/moby/blob/master/client/errors.go
    ["Cannot connect to the Docker daemon", "failed to connect to the docker API", "Cannot connect to Podman"]
        .iter()
        .any(|words| message.contains(words))
        || is_denied(message)
}

fn is_denied(message: &str) -> bool {
    message.contains("permission denied while trying to connect to the ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(client: &'static str, stderr: &str) -> (String, Option<String>) {
        let error = Client(client).said(stderr);
        assert_eq!(error.engine, client);
        (error.message, error.help)
    }

    #[test]
    fn stdout_is_the_answer() {
        assert_eq!(Client("echo").ask(&["a", "b"]).unwrap(), "a b\n");
    }

    #[test]
    fn a_client_that_is_not_there_is_told_apart() {
        let error = Client("no-such-engine").ask(&[]).unwrap_err();
        assert_eq!(error.to_string(), "no-such-engine: not found in PATH");
        assert_eq!(error.help.as_deref(), Some("install no-such-engine, or choose another engine"));
        assert!(error.is_absent());
    }

    #[test]
    fn an_error_gives_the_line_that_tells() {
        let error = Client("ls").ask(&["/no/such/path"]).unwrap_err();
        assert!(error.message.contains("/no/such/path") && !error.is_absent(), "{error}");
        let podman =
            "time=\"…\" level=warning msg=\"a\"\nError: nope: image not known\ntime=\"…\" level=warning\n";
        assert_eq!(said("podman", podman), ("nope: image not known".to_owned(), None));
        let buildah =
            "time=\"…\" level=warning msg=\"a\"\nError: 1 error occurred:\n\t* nope: image not known\n\n\n";
        assert_eq!(said("buildah", buildah), ("nope: image not known".to_owned(), None));
        let docker = "Error response from daemon: No such image: nope:latest\n\n";
        assert_eq!(said("docker", docker), ("No such image: nope:latest".to_owned(), None));
        assert_eq!(said("docker", ""), ("it ended with an error and said nothing".to_owned(), None));
    }

    #[test]
    fn a_daemon_out_of_reach_comes_with_help() {
        let message = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?";
        let help = "start it, or choose another engine; `docker info` shows whether it runs";
        assert_eq!(said("docker", message), (message.to_owned(), Some(help.to_owned())));
        let message =
            "permission denied while trying to connect to the Docker daemon socket at unix:///x: Get \"y\"";
        let (said, help) = said("docker", message);
        assert_eq!(said, message);
        assert!(help.is_some_and(|help| help.contains("group `docker`")));
    }

    #[test]
    fn what_is_missing_without_root_comes_with_help() {
        let help = |message: &str| said("podman", message).1.unwrap_or_default();
        let no_range =
            "cannot find UID/GID for user me: no subuid ranges found for user \"me\" in /etc/subuid";
        assert!(help(no_range).starts_with("give your user a range of ids: `sudo usermod --add-subuids "));
        let no_program = "command required for rootless mode with multiple IDs: exec: \"newuidmap\": executable file not found";
        assert_eq!(
            help(no_program),
            "install newuidmap and newgidmap (package `uidmap`, in Fedora `shadow-utils`)"
        );
        let no_overlay =
            "'overlay' is not supported over overlayfs, a mount_program is required: backing file system";
        assert_eq!(help(no_overlay), "install fuse-overlayfs");
        assert_eq!(help("short-name \"x\" did not resolve"), "");
    }

    #[test]
    fn unreachable_is_known_by_each_clients_words() {
        assert!(is_unreachable(
            "Cannot connect to the Docker daemon at tcp://h. Is the docker daemon running?"
        ));
        assert!(is_unreachable(
            "failed to connect to the docker API at unix:///x; check if the path is correct"
        ));
        assert!(is_unreachable("Cannot connect to Podman. Please verify your connection"));
        assert!(is_unreachable("permission denied while trying to connect to the docker API at unix:///x"));
        assert!(!is_unreachable("connect: connection refused"));
    }
}
