//! Files of credentials: docker's `config.json` and podman's `auth.json`, which has the same form.
//!
//! <https://github.com/docker/cli/blob/master/cli/config/configfile/file.go>,
//! <https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md>

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use serde::Deserialize;

use super::super::transport::base64;
use super::super::{RegistryError, RegistryErrorKind, Repository};
use super::credential::Credential;
use super::credential_helper;

/// How docker's tools call Docker Hub.
const HUB: &str = "https://index.docker.io/v1/";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

/// The files in which credentials may be, the first to ask first: podman's, then docker's. `variable` tells variables
/// of the environment.
pub fn credential_files(variable: impl Fn(&str) -> Option<String>) -> Vec<Utf8PathBuf> {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
    let home = folder("HOME");
    let podman = match folder("REGISTRY_AUTH_FILE") {
        Some(file) => vec![file],
        None => {
            let runtime = folder("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
            let config = folder("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
            runtime.into_iter().chain(config.map(|folder| folder.join("containers/auth.json"))).collect()
        }
    };
    let docker = folder("DOCKER_CONFIG").or_else(|| Some(home?.join(".docker")));
    podman.into_iter().chain(docker.map(|folder| folder.join("config.json"))).collect()
}

/// The credential for a repository in the first of the files that has one. A file that is not there has none.
///
/// # Errors
/// A file cannot be read or understood; a helper fails.
pub(super) fn find(
    files: &[Utf8PathBuf],
    repository: &Repository,
    cancel: &Cancel,
) -> Result<Option<Credential>, RegistryError> {
    for path in files {
        if let Some(file) = read(path)?
            && let Some(credential) = of_file(&file, path, repository, cancel)?
        {
            return Ok(Some(credential));
        }
    }
    Ok(None)
}

/// Where the log-in for a repository is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The file that has it, or that names who has.
    pub file: Utf8PathBuf,
    /// The program that keeps it, if the file does not. It was not asked, so it may know nothing of this registry.
    pub helper: Option<String>,
}

/// Where the log-in for a repository is kept: in the first of the files that has one, or that names a program for it. No
/// program is called.
///
/// # Errors
/// A file cannot be read or understood.
pub fn login_of(files: &[Utf8PathBuf], repository: &Repository) -> Result<Option<Login>, RegistryError> {
    for path in files {
        let Some(file) = read(path)? else { continue };
        if let Some(name) = helper(&file, &keys(repository)) {
            return Ok(Some(Login { file: path.clone(), helper: Some(credential_helper::program(name)) }));
        }
        if of_entries(&file, path, &keys(repository))?.is_some() {
            return Ok(Some(Login { file: path.clone(), helper: None }));
        }
    }
    Ok(None)
}

fn read(path: &Utf8Path) -> Result<Option<File>, RegistryError> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(wrong(path, &error.to_string())),
    };
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    // What serde would say could quote the value that is wrong.
    let place = |error: serde_json::Error| format!("it is not what docker writes (line {})", error.line());
    serde_json::from_slice(&text).map(Some).map_err(|error| wrong(path, &place(error)))
}

fn wrong(path: &Utf8Path, why: &str) -> RegistryError {
    RegistryError::new(RegistryErrorKind::Input, format!("the credentials in {path} cannot be used: {why}"))
        .help("repair the file, or remove it and log in again")
}

fn of_file(
    file: &File,
    path: &Utf8Path,
    repository: &Repository,
    cancel: &Cancel,
) -> Result<Option<Credential>, RegistryError> {
    let keys = keys(repository);
    let server = if repository.is_hub() { HUB } else { repository.host() };
    if let Some(name) = helper(file, &keys)
        && let Some(credential) = credential_helper::get(name, server, cancel)?
    {
        return Ok(Some(credential));
    }
    of_entries(file, path, &keys)
}

/// The name of the program that a file names for one of these keys, or for all.
fn helper<'f>(file: &'f File, keys: &[String]) -> Option<&'f String> {
    let own = keys.iter().find_map(|key| file.cred_helpers.get(key));
    own.or(Some(&file.creds_store)).filter(|name| !name.is_empty())
}

/// What a file itself has for one of these keys.
fn of_entries(file: &File, path: &Utf8Path, keys: &[String]) -> Result<Option<Credential>, RegistryError> {
    for key in keys {
        let entry = file.auths.get(key).or_else(|| same_host(file, key));
        if let Some(credential) = entry.map(|entry| of_entry(entry, path)).transpose()?.flatten() {
            return Ok(Some(credential));
        }
    }
    Ok(None)
}

/// The keys under which a repository's credential may be, the most specific first.
fn keys(repository: &Repository) -> Vec<String> {
    let mut keys = Vec::new();
    let hosts: &[&str] = match repository.is_hub() {
        true => &["docker.io", HUB, "index.docker.io", "registry-1.docker.io"],
        false => &[repository.host()],
    };
    let mut path = Some(repository.path());
    while let Some(inner) = path {
        keys.push(format!("{}/{inner}", hosts[0]));
        path = inner.rsplit_once('/').map(|(outer, _)| outer);
    }
    keys.extend(hosts.iter().map(|host| (*host).to_owned()));
    keys
}

/// Keys that older tools wrote: `https://HOST/v1/`.
fn same_host<'a>(file: &'a File, key: &str) -> Option<&'a Entry> {
    let is_same = |written: &&String| {
        let (_, rest) = written.split_once("://")?;
        let host = rest.trim_end_matches('/').trim_end_matches("/v1").trim_end_matches("/v2");
        (host == key).then_some(())
    };
    let written = file.auths.keys().find(|written| is_same(written).is_some())?;
    file.auths.get(written)
}

fn of_entry(entry: &Entry, path: &Utf8Path) -> Result<Option<Credential>, RegistryError> {
    if !entry.identitytoken.is_empty() {
        return Ok(Some(Credential::Identity(entry.identitytoken.clone())));
    }
    if !entry.registrytoken.is_empty() {
        return Ok(Some(Credential::Token(entry.registrytoken.clone())));
    }
    let (username, password) = match entry.auth.as_str() {
        "" => (entry.username.clone(), entry.password.clone()),
        auth => {
            let pair = base64::decode(auth).and_then(|bytes| String::from_utf8(bytes).ok());
            let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
            let (username, password) =
                pair.ok_or_else(|| wrong(path, "an `auth` is no NAME:PASSWORD in base64"))?;
            (username.to_owned(), password.trim_end_matches('\0').to_owned())
        }
    };
    Ok((!username.is_empty()).then_some(Credential::Basic { username, password }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(text: &str) -> Repository {
        Repository::parse(text).unwrap()
    }

    fn found(texts: &[&str], name: &str) -> Result<Option<Credential>, RegistryError> {
        let folder = tempfile::tempdir().unwrap();
        let files = texts.iter().enumerate().map(|(number, text)| {
            let file = Utf8PathBuf::from_path_buf(folder.path().join(number.to_string())).unwrap();
            std::fs::write(&file, text).unwrap();
            file
        });
        find(&files.collect::<Vec<_>>(), &repository(name), &Cancel::default())
    }

    fn basic(username: &str, password: &str) -> Option<Credential> {
        Some(Credential::Basic { username: username.to_owned(), password: password.to_owned() })
    }

    fn auth(pair: &str) -> String {
        base64::encode(pair.as_bytes())
    }

    #[test]
    fn the_files_are_podmans_then_dockers() {
        let files = |pairs: &[(&str, &str)]| {
            let value = |name: &str| Some(pairs.iter().find(|(known, _)| *known == name)?.1.to_owned());
            credential_files(value).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let plain =
            ["/run/u/containers/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"];
        assert_eq!(files(&[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/run/u")]), plain);
        let given = [
            ("HOME", "/h"),
            ("REGISTRY_AUTH_FILE", "/a"),
            ("DOCKER_CONFIG", "/d"),
            ("XDG_RUNTIME_DIR", "/r"),
        ];
        assert_eq!(files(&given), ["/a", "/d/config.json"]);
        assert_eq!(files(&[]), [""; 0]);
    }

    #[test]
    fn the_most_specific_key_counts_and_the_first_file() {
        let file = format!(
            r#"{{"auths":{{"r.io":{{"auth":"{}"}},"r.io/acme":{{"auth":"{}"}},"r.io/acme/app":{{"username":"c","password":"3"}}}}}}"#,
            auth("a:1"),
            auth("b:2:2")
        );
        assert_eq!(found(&[&file], "r.io/acme/app").unwrap(), basic("c", "3"));
        assert_eq!(found(&[&file], "r.io/acme/other").unwrap(), basic("b", "2:2"));
        assert_eq!(found(&[&file], "r.io/acmeother").unwrap(), basic("a", "1"));
        assert_eq!(found(&[&file], "r.io:5000/acme/app").unwrap(), None);
        let first = r#"{"auths":{"r.io":{"identitytoken":"t"}}}"#;
        assert_eq!(found(&["", first, &file], "r.io/x").unwrap(), Some(Credential::Identity("t".to_owned())));
        assert_eq!(found(&[r#"{"auths":{"r.io":{}}}"#, &file], "r.io/x").unwrap(), basic("a", "1"));
    }

    #[test]
    fn docker_hub_has_several_names_and_old_keys_are_urls() {
        for key in ["docker.io", "https://index.docker.io/v1/", "index.docker.io"] {
            let file = format!(r#"{{"auths":{{"{key}":{{"auth":"{}"}}}}}}"#, auth("hub:x"));
            assert_eq!(found(&[&file], "python").unwrap(), basic("hub", "x"), "{key}");
            assert_eq!(found(&[&file], "r.io/python").unwrap(), None);
        }
        let file = format!(r#"{{"auths":{{"https://r.io/v2/":{{"auth":"{}"}}}}}}"#, auth("old:x"));
        assert_eq!(found(&[&file], "r.io/x").unwrap(), basic("old", "x"));
        assert_eq!(found(&[&file], "other.io/x").unwrap(), None);
    }

    #[test]
    fn a_file_that_is_wrong_is_an_error_that_shows_nothing_of_it() {
        for text in [r#"{"auths":{"r.io":"s3cret"}}"#, r#"{"auths":{"r.io":{"auth":"s3cret!"}}}"#, "s3cret"] {
            let error = found(&[text], "r.io/x").unwrap_err();
            assert_eq!(error.kind, RegistryErrorKind::Input);
            assert!(!format!("{error}{error:?}").contains("s3cret"), "{error:?}");
        }
        assert_eq!(find(&["/no/such".into()], &repository("a.io/b"), &Cancel::default()).unwrap(), None);
    }

    #[test]
    fn where_a_log_in_is_kept_is_told_without_asking_anybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Utf8PathBuf::from_path_buf(folder.path().join(name)).unwrap();
        let text = r#"{"auths":{"r.io":{"auth":"bmFtZTpwYXNz"},"empty.io":{}},"credHelpers":{"h.io":"no-such-helper"}}"#;
        std::fs::write(path("1"), text).unwrap();
        std::fs::write(path("2"), r#"{"credsStore":"desktop"}"#).unwrap();
        let files = [path("gone"), path("1"), path("2")];
        let login = |name: &str| login_of(&files, &repository(name)).unwrap();
        let of = |number: &str, helper: Option<&str>| {
            Some(Login { file: path(number), helper: helper.map(str::to_owned) })
        };
        assert_eq!(login("r.io/acme/x"), of("1", None));
        assert_eq!(login("h.io/acme/x"), of("1", Some("docker-credential-no-such-helper")));
        assert_eq!(login("empty.io/acme/x"), of("2", Some("docker-credential-desktop")));
        assert_eq!(login_of(&files[..2], &repository("empty.io/acme/x")).unwrap(), None);
        std::fs::write(path("1"), "{").unwrap();
        assert!(login_of(&files, &repository("r.io/acme/x")).is_err());
    }
}
