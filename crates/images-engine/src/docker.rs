//! docker: the client for work, the daemon's socket for questions.

mod builder;
mod buildkit;
mod direct;
mod endpoint;
mod legacy;
mod plugin;
mod socket;
mod tar;

use std::collections::BTreeMap;
use std::io;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::FeatureUse;

use crate::client::Client;
use crate::process::{Cancel, find_program};
use crate::{
    BuildFailure, BuildRequest, Built, Engine, EngineError, EngineKind, EngineOptions, ImageFacts, Removal,
    Storage, StoredImage, archives, facts, listing, removal, storage, support,
};
use builder::{Builder, Probe};
use endpoint::Endpoint;
use socket::SocketError;

const CLIENT: Client = Client("docker");

/// A docker daemon, wherever it is.
#[derive(Debug)]
pub(crate) struct Docker {
    options: EngineOptions,
    endpoint: Endpoint,
    store: String,
    /// Costs one process or two, so it is made when it is needed first.
    probe: OnceLock<Result<Probe, EngineError>>,
}

impl Docker {
    pub(crate) fn new(options: &EngineOptions) -> Self {
        let endpoint = Endpoint::find(options);
        let store = match &endpoint {
            Endpoint::Socket(path) => format!("docker unix://{path}"),
            Endpoint::ThroughClient(place) => format!("docker {place}"),
        };
        Self { options: options.clone(), endpoint, store, probe: OnceLock::new() }
    }

    fn probe(&self) -> Result<&Probe, EngineError> {
        self.probe.get_or_init(|| Probe::make(&self.options, &self.endpoint)).as_ref().map_err(Clone::clone)
    }

    /// Builds without a client, where that is the same.
    fn build_directly(
        &self,
        probe: &Probe,
        request: &BuildRequest<'_>,
        cancel: &Cancel,
    ) -> Result<Option<Built>, BuildFailure> {
        match &self.endpoint {
            Endpoint::Socket(path)
                if probe.builder != Builder::Legacy && direct::applies(request, &self.options) =>
            {
                direct::build(path, request, cancel)
            }
            _ => Ok(None),
        }
    }
}

impl Engine for Docker {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn store(&self) -> &str {
        &self.store
    }

    fn describe(&self) -> Result<String, EngineError> {
        Ok(self.probe()?.describe())
    }

    fn storage(&self) -> Result<Storage, EngineError> {
        storage::of_docker(CLIENT)
    }

    fn check(&self, features: &[FeatureUse]) -> Result<(), BuildFailure> {
        let probe = self.probe()?;
        match (&probe.builder, &probe.daemon) {
            (Builder::Legacy, _) => support::check(support::Builder::Legacy, features),
            (Builder::BuildKit, Some(daemon)) => support::check(support::Builder::BuildKit(daemon), features),
            _ => Ok(()),
        }
    }

    fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        // A daemon without a client cannot be used, so the client is looked for first; that costs no process.
        find_program("docker").ok_or_else(|| CLIENT.absent())?;
        let images = match &self.endpoint {
            Endpoint::Socket(path) => {
                let answer = socket::get(path, "/images/json", socket::PATIENCE);
                listing::docker_api(&answer.map_err(|error| unanswered(path.as_str(), error))?)
            }
            Endpoint::ThroughClient(_) => listing::docker_client(&CLIENT.ask(&[
                "image",
                "ls",
                "--no-trunc",
                "--format",
                "{{json .}}",
            ])?),
        };
        images.map_err(|error| CLIENT.error(format!("cannot read its list of images: {error}"), None))
    }

    fn has(&self, name: &str) -> Result<bool, EngineError> {
        Ok(CLIENT.run(&["image", "inspect", "--format", "{{.Id}}", "--", name])?.code == Some(0))
    }

    fn build(&self, request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure> {
        let probe = self.probe()?;
        if let Some(built) = self.build_directly(probe, request, cancel)? {
            return Ok(built);
        }
        match &probe.builder {
            Builder::Buildx(plugin) => buildkit::build_by_buildx(plugin, &self.options, request, cancel),
            Builder::BuildKit => buildkit::build_by_client(probe.daemon.as_ref(), request, cancel),
            Builder::Legacy => legacy::build(request, cancel),
        }
    }

    fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        CLIENT.ask(&["tag", "--", image, name]).map(drop)
    }

    fn configuration(&self, image: &str) -> Result<String, EngineError> {
        CLIENT.ask(&["image", "inspect", "--format", "{{json .Config}}", "--", image])
    }

    fn save(
        &self,
        images: &[String],
        folder: &Utf8Path,
        cancel: &Cancel,
    ) -> Result<Vec<Utf8PathBuf>, EngineError> {
        archives::save_together(CLIENT, &[], images, folder, cancel)
    }

    fn load(&self, archive: &Utf8Path, cancel: &Cancel) -> Result<(), EngineError> {
        archives::load(CLIENT, archive, cancel)
    }

    fn facts(&self, names: &[String]) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
        facts::inspected(CLIENT, names)
    }

    fn remove(&self, name: &str) -> Result<Removal, EngineError> {
        removal::remove(CLIENT, &["image", "rm"], name)
    }
}

fn unanswered(socket: &str, error: SocketError) -> EngineError {
    match error {
        SocketError::Unreachable(error) if error.kind() == io::ErrorKind::PermissionDenied => CLIENT
            .said(&format!("permission denied while trying to connect to the daemon at unix://{socket}")),
        SocketError::Unreachable(error) => CLIENT.error(
            format!("no daemon answers at unix://{socket} ({error})"),
            Some("start it (`systemctl start docker`), or set DOCKER_HOST to where it is".to_owned()),
        ),
        SocketError::Silent => CLIENT.error(
            format!("the daemon at unix://{socket} said nothing for {} s", socket::PATIENCE.as_secs()),
            Some("restart it, or choose another engine".to_owned()),
        ),
        SocketError::Garbled(why) => {
            CLIENT.error(format!("cannot read the answer from unix://{socket}: {why}"), None)
        }
        SocketError::Refused(message) => CLIENT.error(message, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(host: &str) -> Docker {
        Docker::new(&EngineOptions { docker_host: Some(host.to_owned()), ..EngineOptions::default() })
    }

    #[test]
    fn a_store_is_named_by_its_daemon() {
        assert_eq!(Docker::new(&EngineOptions::default()).store(), "docker unix:///var/run/docker.sock");
        assert_eq!(at("tcp://h:1").store(), "docker tcp://h:1");
        assert_eq!(at("tcp://h:1").kind(), EngineKind::Docker);
    }

    fn message_and_help(error: SocketError) -> (String, Option<String>) {
        let error = unanswered("/s", error);
        (error.message, error.help)
    }

    #[test]
    fn each_way_of_not_answering_is_told_in_one_line() {
        let unreachable = |kind: io::ErrorKind| SocketError::Unreachable(io::Error::from(kind));
        let (message, help) = message_and_help(unreachable(io::ErrorKind::PermissionDenied));
        assert_eq!(message, "permission denied while trying to connect to the daemon at unix:///s");
        assert!(help.is_some_and(|help| help.contains("group `docker`")));
        let (message, help) = message_and_help(unreachable(io::ErrorKind::ConnectionRefused));
        assert_eq!(message, "no daemon answers at unix:///s (connection refused)");
        assert!(help.is_some_and(|help| help.contains("DOCKER_HOST")));
        let (message, _) = message_and_help(SocketError::Silent);
        assert_eq!(message, "the daemon at unix:///s said nothing for 30 s");
        let (message, _) = message_and_help(SocketError::Garbled("x".to_owned()));
        assert_eq!(message, "cannot read the answer from unix:///s: x");
        assert_eq!(message_and_help(SocketError::Refused("no".to_owned())), ("no".to_owned(), None));
    }
}
