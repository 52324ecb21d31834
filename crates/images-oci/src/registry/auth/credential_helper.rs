//! Programs that keep credentials: <https://github.com/docker/docker-credential-helpers#development>.

use std::collections::BTreeMap;

use images_engine::process::{Cancel, Child, Output};
use serde::Deserialize;

use super::super::{RegistryError, RegistryErrorKind};
use super::credential::Credential;

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username", default)]
    username: String,
    #[serde(rename = "Secret", default)]
    secret: String,
}

/// The program of a helper.
pub(super) fn program(name: &str) -> String {
    format!("docker-credential-{name}")
}

/// What the helper knows of a server. `None` where it says that there is nothing.
///
/// # Errors
/// There is no such program, or it fails otherwise.
pub(super) fn get(name: &str, server: &str, cancel: &Cancel) -> Result<Option<Credential>, RegistryError> {
    let program = program(name);
    if name.contains(['/', '\\']) {
        return Err(wrong(&program, "it is no name of a program"));
    }
    ask(&program, server, cancel)
}

fn ask(program: &str, server: &str, cancel: &Cancel) -> Result<Option<Credential>, RegistryError> {
    let child = Child {
        program: program.to_owned(),
        args: vec!["get".to_owned()],
        env: BTreeMap::new(),
        cwd: None,
        output: Output::Capture,
    };
    let ended = child.run_fed(cancel, |stdin| stdin.write_all(server.as_bytes()));
    let ended = ended.map_err(|error| wrong(program, &error.to_string()))?;
    if cancel.is_interrupted() {
        return Err(RegistryError::interrupted());
    }
    let said = String::from_utf8_lossy(&ended.stdout);
    if ended.code != Some(0) {
        // The texts of `credentials/error.go` there: nothing is kept for the server.
        if said.contains("credentials not found") {
            return Ok(None);
        }
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let why = [said.trim(), stderr.trim()].into_iter().find(|text| !text.is_empty());
        return Err(wrong(program, why.unwrap_or("it failed without a word")));
    }
    let answer: Answer =
        serde_json::from_str(&said).map_err(|_| wrong(program, "its answer is no JSON of a helper"))?;
    Ok(match (answer.username.as_str(), answer.secret) {
        ("", secret) if secret.is_empty() => None,
        ("<token>", secret) => Some(Credential::Identity(secret)),
        (username, password) => Some(Credential::Basic { username: username.to_owned(), password }),
    })
}

fn wrong(program: &str, why: &str) -> RegistryError {
    RegistryError::new(
        RegistryErrorKind::Input,
        format!("the credential helper `{program}` cannot be used: {why}"),
    )
    .help("install it, or remove it from `credHelpers` or `credsStore` of your docker configuration")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What comes of a helper that does this when it is asked for `r.io`.
    fn said(does: &str) -> Result<Option<Credential>, String> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("docker-credential-x");
        let text = format!("#!/bin/sh\n[ \"$1 $(cat)\" = 'get r.io' ] || exit 9\n{does}\n");
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        ask(program.to_str().unwrap(), "r.io", &Cancel::default()).map_err(|error| error.message)
    }

    #[test]
    fn a_helper_tells_a_password_or_an_identity_token_or_nothing() {
        let basic = Credential::Basic { username: "a".to_owned(), password: "b".to_owned() };
        assert_eq!(said(r#"echo '{"ServerURL":"r.io","Username":"a","Secret":"b"}'"#), Ok(Some(basic)));
        let identity = Credential::Identity("t".to_owned());
        assert_eq!(said(r#"echo '{"Username":"<token>","Secret":"t"}'"#), Ok(Some(identity)));
        assert_eq!(said("echo credentials not found in native keychain; exit 1"), Ok(None));
        assert_eq!(said(r#"echo '{"Username":"","Secret":""}'"#), Ok(None));
    }

    #[test]
    fn a_helper_that_fails_is_an_error_with_what_it_said() {
        assert!(
            said("echo the keychain is locked; exit 1")
                .unwrap_err()
                .ends_with("used: the keychain is locked")
        );
        assert!(said("echo 's3cret {'").unwrap_err().ends_with("its answer is no JSON of a helper"));
        let slashes = get("../x", "r.io", &Cancel::default()).unwrap_err();
        assert!(slashes.message.ends_with("it is no name of a program"), "{slashes}");
    }
}
