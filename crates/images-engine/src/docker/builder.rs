//! Which of docker's builders is in use.
//!
//! BuildKit wherever it is there: through the buildx plugin, or within clients before 23, which still hold its client
//! part. What is left is the daemon's own, legacy builder. `DOCKER_BUILDKIT` is obeyed.

use serde::Deserialize;

use super::endpoint::Endpoint;
use super::plugin::{self, Plugin};
use super::{CLIENT, socket};
use crate::process::Ended;
use crate::version::Version;
use crate::{EngineError, EngineOptions};

/// Who builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Builder {
    /// The buildx plugin.
    Buildx(Plugin),
    /// `docker build` under `DOCKER_BUILDKIT=1`, with BuildKit in the daemon.
    BuildKit,
    /// `docker build` under `DOCKER_BUILDKIT=0`.
    Legacy,
}

/// What is known of a docker.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    /// The daemon's version, where it is one that can be read.
    pub(super) daemon: Option<Version>,
    /// Who builds.
    pub(super) builder: Builder,
}

/// What `docker version` says.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    client: Component,
    server: Option<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    version: String,
}

/// What the choice depends on.
#[derive(Debug, Clone, Default)]
struct Facts {
    client: Option<Version>,
    daemon: Option<Version>,
    /// The buildx plugin, where there is one.
    buildx: Option<Plugin>,
}

impl Probe {
    /// Asks the daemon and the buildx plugin, or else the client, for the versions.
    ///
    /// # Errors
    /// None of them answers, or what the options ask for is not there.
    pub(super) fn make(options: &EngineOptions, endpoint: &Endpoint) -> Result<Self, EngineError> {
        let facts = Facts::without_client(options, endpoint).map_or_else(|| Facts::ask(options), Ok)?;
        let builder = choose(&facts, options)?;
        Ok(Self { daemon: facts.daemon, builder })
    }

    /// For a person.
    pub(super) fn describe(&self) -> String {
        let daemon = self.daemon.as_ref().map_or(String::new(), |version| format!(" {version}"));
        let builder = match &self.builder {
            Builder::Buildx(Plugin { version: Some(version), .. }) => format!("buildx {version}"),
            Builder::Buildx(Plugin { version: None, .. }) => "buildx".to_owned(),
            Builder::BuildKit => "BuildKit".to_owned(),
            Builder::Legacy => "legacy builder".to_owned(),
        };
        format!("docker{daemon} ({builder})")
    }
}

impl Facts {
    /// What can be known without the client, which is a process less, and a fast one for the other: enough where
    /// there is buildx.
    fn without_client(options: &EngineOptions, endpoint: &Endpoint) -> Option<Self> {
        let Endpoint::Socket(path) = endpoint else { return None };
        if is_off(options) {
            return None;
        }
        let buildx = plugin::buildx(options.docker_config.as_deref())?;
        let answer = socket::get(path, "/version", socket::PATIENCE).ok()?;
        let daemon: Component = serde_json::from_slice(&answer).ok()?;
        Some(Self { client: None, daemon: Version::find(&daemon.version), buildx: Some(buildx) })
    }

    fn ask(options: &EngineOptions) -> Result<Self, EngineError> {
        let (client, daemon) = read_versions(&CLIENT.ask(&["version", "--format", "{{json .}}"])?)?;
        let asked = if is_off(options) { None } else { Some(CLIENT.run(&["buildx", "version"])?) };
        let answered = asked.filter(|ended| ended.code == Some(0));
        let version = |ended: Ended| Version::find(&String::from_utf8_lossy(&ended.stdout));
        let buildx = answered.map(|ended| Plugin { program: None, version: version(ended) });
        Ok(Self { client, daemon, buildx })
    }
}

fn read_versions(json: &str) -> Result<(Option<Version>, Option<Version>), EngineError> {
    let versions: Versions = serde_json::from_str(json)
        .map_err(|error| CLIENT.error(format!("cannot read its versions: {error}"), None))?;
    let daemon = versions.server.and_then(|server| Version::find(&server.version));
    Ok((Version::find(&versions.client.version), daemon))
}

/// Whether BuildKit is not wanted at all.
fn is_off(options: &EngineOptions) -> bool {
    options.docker_buildkit == Some(false)
}

fn choose(facts: &Facts, options: &EngineOptions) -> Result<Builder, EngineError> {
    if let Some(name) = &options.builder {
        return match &facts.buildx {
            Some(plugin) => Ok(Builder::Buildx(plugin.clone())),
            None if is_off(options) => Err(CLIENT.error(
                format!("the builder `{name}` is asked for, and DOCKER_BUILDKIT=0 turns BuildKit off"),
                Some("unset DOCKER_BUILDKIT".to_owned()),
            )),
            None => Err(without_buildx(&format!("the builder `{name}` is asked for"))),
        };
    }
    // A version that cannot be read is a development build: a new one.
    let is_before = |version: &Option<Version>, major, minor| {
        version.as_ref().is_some_and(|version| !version.is_at_least(major, minor))
    };
    let wanted = options.docker_buildkit == Some(true);
    match &facts.buildx {
        _ if is_off(options) => Ok(Builder::Legacy),
        // The first daemon with BuildKit: https://docs.docker.com/engine/release-notes/18.09/
        _ if is_before(&facts.daemon, 18, 9) && !wanted => Ok(Builder::Legacy),
        Some(plugin) => Ok(Builder::Buildx(plugin.clone())),
        // The first client without BuildKit of its own: https://docs.docker.com/engine/release-notes/23.0/
        None if is_before(&facts.client, 23, 0) => Ok(Builder::BuildKit),
        None if wanted => Err(without_buildx("DOCKER_BUILDKIT=1 asks for BuildKit")),
        None => Ok(Builder::Legacy),
    }
}

fn without_buildx(asked: &str) -> EngineError {
    let help = "install it (package `docker-buildx-plugin`, in Debian and Ubuntu `docker-buildx`)";
    CLIENT.error(format!("{asked}, and this docker has no buildx plugin"), Some(help.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use camino::Utf8PathBuf;

    use super::*;
    use crate::threads::beside;

    fn version(text: &str) -> Option<Version> {
        Version::find(text)
    }

    fn behind_client(version: &str) -> Plugin {
        Plugin { program: None, version: Version::find(version) }
    }

    /// A client, a daemon, and buildx.
    fn facts(client: &str, daemon: &str, buildx: Option<&str>) -> Facts {
        Facts { client: version(client), daemon: version(daemon), buildx: buildx.map(behind_client) }
    }

    fn options(docker_buildkit: Option<bool>, builder: Option<&str>) -> EngineOptions {
        EngineOptions { docker_buildkit, builder: builder.map(str::to_owned), ..EngineOptions::default() }
    }

    fn chosen(facts: &Facts, buildkit: Option<bool>) -> Builder {
        choose(facts, &options(buildkit, None)).unwrap()
    }

    fn buildx(text: &str) -> Builder {
        Builder::Buildx(behind_client(text))
    }

    #[test]
    fn buildx_is_used_where_it_is_there() {
        let facts = facts("28.2.2", "26.1.5", Some("0.13.1"));
        assert_eq!(chosen(&facts, None), buildx("0.13.1"));
        assert_eq!(chosen(&facts, Some(true)), buildx("0.13.1"));
        assert_eq!(chosen(&facts, Some(false)), Builder::Legacy);
    }

    #[test]
    fn an_older_client_has_buildkit_itself() {
        assert_eq!(chosen(&facts("20.10.24", "20.10.24", None), None), Builder::BuildKit);
        assert_eq!(chosen(&facts("20.10.24", "20.10.24", None), Some(false)), Builder::Legacy);
        assert_eq!(chosen(&facts("20.10.24", "18.09.1", None), None), Builder::BuildKit);
        assert_eq!(chosen(&facts("20.10.24", "18.06.3", None), None), Builder::Legacy);
        assert_eq!(chosen(&facts("20.10.24", "18.06.3", None), Some(true)), Builder::BuildKit);
        assert_eq!(chosen(&facts("20.10.24", "18.06.3", Some("0.10.0")), None), Builder::Legacy);
    }

    #[test]
    fn a_newer_client_without_buildx_has_the_legacy_builder_and_says_so_when_asked_for_more() {
        for client in ["23.0.0", "28.2.2", "dev"] {
            let facts = facts(client, "20.10.24", None);
            assert_eq!(chosen(&facts, None), Builder::Legacy);
            let error = choose(&facts, &options(Some(true), None)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "docker: DOCKER_BUILDKIT=1 asks for BuildKit, and this docker has no buildx plugin"
            );
            assert!(error.help.is_some_and(|help| help.contains("docker-buildx")));
        }
    }

    #[test]
    fn a_builder_by_name_needs_buildx() {
        let with = facts("28.2.2", "26.1.5", Some("0.13.1"));
        assert_eq!(choose(&with, &options(None, Some("fleet"))).unwrap(), buildx("0.13.1"));
        let without = facts("20.10.24", "20.10.24", None);
        let error = choose(&without, &options(None, Some("fleet"))).unwrap_err();
        assert_eq!(error.message, "the builder `fleet` is asked for, and this docker has no buildx plugin");
        let error = choose(&without, &options(Some(false), Some("fleet"))).unwrap_err();
        assert_eq!(
            error.message,
            "the builder `fleet` is asked for, and DOCKER_BUILDKIT=0 turns BuildKit off"
        );
    }

    #[test]
    fn without_the_client_the_daemon_and_the_plugin_are_asked() {
        let kept = tempfile::tempdir().unwrap();
        let folder = Utf8PathBuf::try_from(kept.path().to_owned()).unwrap();
        let socket = folder.join("s");
        let listener = UnixListener::bind(&socket).unwrap();
        let options = |off: bool| EngineOptions {
            docker_config: Some(folder.clone()),
            docker_buildkit: off.then_some(false),
            ..EngineOptions::default()
        };
        fs::create_dir(folder.join("cli-plugins")).unwrap();
        let program = folder.join("cli-plugins/docker-buildx");
        fs::write(&program, "#!/bin/sh\necho '{\"SchemaVersion\":\"1\",\"Version\":\"0.13.1\"}'\n").unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let answer = || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 1000];
            let length = stream.read(&mut question).unwrap();
            assert!(question[..length].starts_with(b"GET /version "));
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\n{\"Version\":\"26.1.5+dfsg1\",\"Os\":\"linux\"}")
                .unwrap();
        };
        let at = Endpoint::Socket(socket.clone());
        let facts = beside(answer, || Facts::without_client(&options(false), &at)).unwrap();
        assert_eq!((facts.client, facts.daemon), (None, version("26.1.5")));
        let plugin = Plugin { program: Some(program.into_string()), version: version("0.13.1") };
        assert_eq!(facts.buildx, Some(plugin));
        assert!(Facts::without_client(&options(true), &at).is_none());
        assert!(Facts::without_client(&options(false), &Endpoint::ThroughClient("ssh://h".into())).is_none());
        let nobody = Endpoint::Socket(folder.join("nobody"));
        assert!(Facts::without_client(&options(false), &nobody).is_none());
    }

    #[test]
    fn versions_are_read_from_what_the_client_prints() {
        let json =
            r#"{"Client":{"Version":"28.2.2","Context":"default"},"Server":{"Version":"20.10.24+dfsg1"}}"#;
        assert_eq!(read_versions(json).unwrap(), (version("28.2.2"), version("20.10.24")));
        let json = r#"{"Client":{"Version":"dev"},"Server":null}"#;
        assert_eq!(read_versions(json).unwrap(), (None, None));
        assert!(read_versions("").is_err());
    }

    #[test]
    fn a_docker_is_described_by_its_daemon_and_builder() {
        let describe = |daemon: &str, builder| Probe { daemon: version(daemon), builder }.describe();
        assert_eq!(describe("20.10.24", Builder::Legacy), "docker 20.10.24 (legacy builder)");
        assert_eq!(describe("20.10.24", Builder::BuildKit), "docker 20.10.24 (BuildKit)");
        assert_eq!(describe("26.1.5", buildx("0.13.1")), "docker 26.1.5 (buildx 0.13.1)");
        assert_eq!(describe("", buildx("")), "docker (buildx)");
    }
}
