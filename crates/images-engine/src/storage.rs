//! Where engines keep images, and as whom they run: what their `info` tells.

use camino::Utf8PathBuf;
use serde::Deserialize;

use crate::EngineError;
use crate::client::Client;

/// Where an engine keeps images, and as whom it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// What it keeps layers with: `overlay2`, `overlay`, `vfs`.
    pub driver: String,
    /// The folder, on the engine's machine.
    pub folder: Utf8PathBuf,
    /// Whether it runs without root.
    pub is_rootless: bool,
}

/// What `docker info` tells.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Docker {
    driver: String,
    docker_root_dir: Utf8PathBuf,
    #[serde(default)]
    security_options: Option<Vec<String>>,
}

/// What `podman info` tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Podman {
    host: PodmanHost,
    store: PodmanStore,
}

#[derive(Deserialize)]
struct PodmanHost {
    security: Security,
}

#[derive(Deserialize)]
struct Security {
    rootless: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanStore {
    graph_driver_name: String,
    graph_root: Utf8PathBuf,
}

/// What `buildah info` tells.
#[derive(Deserialize)]
struct Buildah {
    host: Security,
    store: BuildahStore,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BuildahStore {
    graph_driver_name: String,
    graph_root: Utf8PathBuf,
}

/// Asks docker.
///
/// # Errors
/// It does not answer, or not as it should.
pub(crate) fn of_docker(client: Client) -> Result<Storage, EngineError> {
    let Docker { driver, docker_root_dir, security_options } =
        read(client, &["info", "--format", "{{json .}}"])?;
    let is_rootless = security_options.unwrap_or_default().iter().any(|option| option == "name=rootless");
    Ok(Storage { driver, folder: docker_root_dir, is_rootless })
}

/// Asks podman.
///
/// # Errors
/// It does not answer, or not as it should.
pub(crate) fn of_podman(client: Client) -> Result<Storage, EngineError> {
    let Podman { host, store } = read(client, &["info", "--format", "json"])?;
    let PodmanStore { graph_driver_name, graph_root } = store;
    Ok(Storage { driver: graph_driver_name, folder: graph_root, is_rootless: host.security.rootless })
}

/// Asks buildah.
///
/// # Errors
/// It does not answer, or not as it should.
pub(crate) fn of_buildah(client: Client) -> Result<Storage, EngineError> {
    let Buildah { host, store } = read(client, &["info"])?;
    let BuildahStore { graph_driver_name, graph_root } = store;
    Ok(Storage { driver: graph_driver_name, folder: graph_root, is_rootless: host.rootless })
}

fn read<T: serde::de::DeserializeOwned>(client: Client, args: &[&str]) -> Result<T, EngineError> {
    serde_json::from_str(&client.ask(args)?)
        .map_err(|error| client.error(format!("cannot read what `info` tells: {error}"), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::client;

    /// A client that prints this when it is asked with these words.
    fn told(words: &str, text: &str) -> (tempfile::TempDir, Client) {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&folder, &format!("[ \"$*\" = '{words}' ] || exit 9\ncat <<'END'\n{text}\nEND"));
        (folder, client)
    }

    fn storage(driver: &str, folder: &str, is_rootless: bool) -> Storage {
        Storage { driver: driver.to_owned(), folder: folder.into(), is_rootless }
    }

    #[test]
    fn docker_tells_by_its_security_options_whether_it_runs_without_root() {
        let options = ["null", r#"["name=seccomp,profile=default"]"#, r#"["name=seccomp","name=rootless"]"#];
        for (options, is_rootless) in options.into_iter().zip([false, false, true]) {
            let json = format!(
                r#"{{"ID":"x","Driver":"overlay2","DockerRootDir":"/d","SecurityOptions":{options}}}"#
            );
            let (_folder, client) = told("info --format {{json .}}", &json);
            assert_eq!(of_docker(client).unwrap(), storage("overlay2", "/d", is_rootless));
        }
    }

    #[test]
    fn podman_and_buildah_tell_of_their_store() {
        let json = r#"{"host":{"arch":"amd64","security":{"rootless":true}},"store":{"graphDriverName":"vfs","graphRoot":"/p"}}"#;
        let (_folder, client) = told("info --format json", json);
        assert_eq!(of_podman(client).unwrap(), storage("vfs", "/p", true));
        let json = r#"{"host":{"rootless":false},"store":{"GraphDriverName":"overlay","GraphRoot":"/b"}}"#;
        let (_folder, client) = told("info", json);
        assert_eq!(of_buildah(client).unwrap(), storage("overlay", "/b", false));
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let (_folder, client) = told("info", "{}");
        assert!(of_buildah(client).unwrap_err().message.starts_with("cannot read what `info` tells: "));
    }
}
