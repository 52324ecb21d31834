//! Where the daemon is, by the rules of docker's own client.
//!
//! `DOCKER_HOST` first, then `DOCKER_CONTEXT`, then the configuration's current context, then the default socket:
//! <https://docs.docker.com/engine/manage-resources/contexts/>

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::EngineOptions;

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// Where a daemon is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// Behind a unix socket: it can be asked without a client.
    Socket(Utf8PathBuf),
    /// Somewhere that the client knows how to reach: by TCP, TLS or SSH. The text tells daemons apart.
    ThroughClient(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    current_context: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Context {
    name: String,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<DockerEndpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerEndpoint {
    host: Option<String>,
}

impl Endpoint {
    /// Finds it. What cannot be read counts as absent: the client will say what is wrong with it.
    pub(super) fn find(options: &EngineOptions) -> Self {
        if let Some(host) = non_empty(options.docker_host.as_ref()) {
            return Self::at(host);
        }
        let configured = options.docker_config.as_deref().and_then(current_context);
        let context = non_empty(options.docker_context.as_ref()).or(non_empty(configured.as_ref()));
        match context {
            None | Some("default") => Self::Socket(DEFAULT_SOCKET.into()),
            Some(name) => {
                match options.docker_config.as_deref().and_then(|config| context_host(config, name)) {
                    Some(host) => Self::at(&host),
                    None => Self::ThroughClient(format!("context {name}")),
                }
            }
        }
    }

    fn at(host: &str) -> Self {
        match host.strip_prefix("unix://") {
            Some(path) => Self::Socket(path.into()),
            None => Self::ThroughClient(host.to_owned()),
        }
    }
}

fn non_empty(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn current_context(config: &Utf8Path) -> Option<String> {
    let text = fs::read(config.join("config.json")).ok()?;
    serde_json::from_slice::<Configuration>(&text).ok()?.current_context
}

/// Contexts lie in folders named by a hash of their names, and know their names.
fn context_host(config: &Utf8Path, name: &str) -> Option<String> {
    let contexts = fs::read_dir(config.join("contexts/meta")).ok()?;
    contexts.filter_map(Result::ok).find_map(|folder| {
        let text = fs::read(folder.path().join("meta.json")).ok()?;
        let context: Context = serde_json::from_slice(&text).ok()?;
        if context.name == name { context.endpoints.docker?.host } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(path: &str) -> Endpoint {
        Endpoint::Socket(path.into())
    }

    fn through_client(text: &str) -> Endpoint {
        Endpoint::ThroughClient(text.to_owned())
    }

    fn found(host: &str, context: &str, config: Option<&Utf8Path>) -> Endpoint {
        Endpoint::find(&EngineOptions {
            docker_host: Some(host.to_owned()),
            docker_context: Some(context.to_owned()),
            docker_config: config.map(Utf8Path::to_owned),
            ..EngineOptions::default()
        })
    }

    #[test]
    fn without_any_setting_it_is_the_default_socket() {
        assert_eq!(Endpoint::find(&EngineOptions::default()), socket("/var/run/docker.sock"));
        assert_eq!(found("", "", Some("/no/such/folder".into())), socket("/var/run/docker.sock"));
    }

    #[test]
    fn a_host_comes_before_everything() {
        assert_eq!(found("unix:///run/x.sock", "other", None), socket("/run/x.sock"));
        assert_eq!(found("tcp://127.0.0.1:2375", "", None), through_client("tcp://127.0.0.1:2375"));
        assert_eq!(found("ssh://host", "", None), through_client("ssh://host"));
    }

    #[test]
    fn a_context_is_looked_up_and_left_to_the_client_when_it_is_not_a_socket() {
        let folder = tempfile::tempdir().unwrap();
        let config = Utf8Path::from_path(folder.path()).unwrap();
        for (folder, name, host) in [("1", "far", "ssh://host"), ("2", "near", "unix:///run/near.sock")] {
            let folder = config.join("contexts/meta").join(folder);
            fs::create_dir_all(&folder).unwrap();
            let meta = format!(
                r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#
            );
            fs::write(folder.join("meta.json"), meta).unwrap();
        }
        fs::write(config.join("contexts/meta/note"), "no context").unwrap();
        assert_eq!(found("", "near", Some(config)), socket("/run/near.sock"));
        assert_eq!(found("", "far", Some(config)), through_client("ssh://host"));
        assert_eq!(found("", "unknown", Some(config)), through_client("context unknown"));
        assert_eq!(found("", "default", Some(config)), socket("/var/run/docker.sock"));

        fs::write(config.join("config.json"), r#"{"auths":{},"currentContext":"near"}"#).unwrap();
        assert_eq!(found("", "", Some(config)), socket("/run/near.sock"));
        assert_eq!(found("", "far", Some(config)), through_client("ssh://host"));
        assert_eq!(found("", "default", Some(config)), socket("/var/run/docker.sock"));
    }
}
