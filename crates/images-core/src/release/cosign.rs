//! Calls cosign: <https://docs.sigstore.dev/cosign/signing/signing_with_containers/>.

use std::collections::BTreeMap;

use camino::Utf8Path;
use images_engine::process::{Cancel, Child, Output};

use crate::Error;

const PROGRAM: &str = "cosign";

/// What digests are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// The identity that the environment has: <https://docs.sigstore.dev/cosign/signing/overview/>.
    Keyless,
    /// A key: a file, or what else cosign takes as a key. Its password is in `COSIGN_PASSWORD`.
    Key(String),
}

/// cosign, with what it signs with.
#[derive(Debug, Clone)]
pub(super) struct Cosign<'a> {
    pub(super) signing: &'a Signing,
    /// Whether the registry speaks plain HTTP.
    pub(super) is_plain: bool,
    pub(super) cancel: &'a Cancel,
}

impl Cosign<'_> {
    /// Looks for it before it is needed.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.run(vec!["version".to_owned()]).map(drop)
    }

    /// Signs a digest: `REPOSITORY@sha256:…`.
    ///
    /// # Errors
    /// cosign fails.
    pub(super) fn sign(&self, reference: &str) -> Result<(), Error> {
        self.run(self.words("sign", Vec::new(), reference))
    }

    /// Signs a statement of how a digest was made.
    ///
    /// # Errors
    /// cosign fails.
    pub(super) fn attest(&self, reference: &str, predicate: &Utf8Path) -> Result<(), Error> {
        let more = vec!["--type=slsaprovenance1".to_owned(), format!("--predicate={predicate}")];
        self.run(self.words("attest", more, reference))
    }

    /// Each value is in one word with its flag, and a reference begins with a host: no value becomes a flag.
    fn words(&self, command: &str, more: Vec<String>, reference: &str) -> Vec<String> {
        let mut words = vec![command.to_owned(), "--yes".to_owned()];
        if let Signing::Key(key) = self.signing {
            words.push(format!("--key={key}"));
        }
        if self.is_plain {
            words.push("--allow-http-registry".to_owned());
        }
        words.extend(more);
        words.push(reference.to_owned());
        words
    }

    fn run(&self, args: Vec<String>) -> Result<(), Error> {
        let command = args[0].clone();
        let child = Child {
            program: PROGRAM.to_owned(),
            args,
            env: BTreeMap::new(),
            cwd: None,
            output: Output::Capture,
        };
        let ended = child.run(self.cancel).map_err(|error| match error.kind() {
            std::io::ErrorKind::Interrupted => Error::Interrupted,
            _ => Error::Transfer {
                message: format!("cannot sign: {error}"),
                help: Some(
                    "install cosign, https://docs.sigstore.dev/cosign, or leave `--sign` out".to_owned(),
                ),
            },
        })?;
        match ended.code {
            _ if self.cancel.is_interrupted() => Err(Error::Interrupted),
            Some(0) => Ok(()),
            _ => Err(Error::Command {
                message: format!("cosign {command} failed"),
                output: String::from_utf8_lossy(&ended.stderr).trim_end().to_owned(),
                help: Some("nothing was tagged yet; the same command goes on from here".to_owned()),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parts_of_their_flags() {
        let cancel = Cancel::default();
        let key = Signing::Key("--evil".to_owned());
        let cosign = Cosign { signing: &key, is_plain: true, cancel: &cancel };
        assert_eq!(
            cosign.words("sign", Vec::new(), "r/a@sha256:0"),
            ["sign", "--yes", "--key=--evil", "--allow-http-registry", "r/a@sha256:0"]
        );
        let cosign = Cosign { signing: &Signing::Keyless, is_plain: false, cancel: &cancel };
        assert_eq!(cosign.words("sign", Vec::new(), "r/a@sha256:0"), ["sign", "--yes", "r/a@sha256:0"]);
    }
}
