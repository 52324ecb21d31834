//! buildah, and what podman has of it: both build by the same code into one store.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Dockerfile, FeatureUse};

use crate::build::{self, Call, Files, common_flags};
use crate::client::Client;
use crate::failure::Dialect;
use crate::process::Cancel;
use crate::support::{self, Builder};
use crate::version::Version;
use crate::work::makes_one_layer;
use crate::{
    BuildFailure, BuildRequest, Built, Engine, EngineError, EngineKind, EngineOptions, ImageFacts, Removal,
    Storage, StoredImage, archives, facts, listing, removal, secret, storage,
};

const CLIENT: Client = Client("buildah");

/// The store that podman and buildah share.
pub(crate) const STORE: &str = "containers-storage";

/// buildah.
#[derive(Debug)]
pub(crate) struct Buildah {
    isolation: Option<String>,
    version: OnceLock<Result<Version, EngineError>>,
    /// Engines that were tried before, and what they said.
    tried: Vec<EngineError>,
}

impl Buildah {
    pub(crate) fn new(options: &EngineOptions) -> Self {
        Self { isolation: options.isolation.clone(), version: OnceLock::new(), tried: Vec::new() }
    }

    fn version(&self) -> Result<&Version, EngineError> {
        self.version.get_or_init(|| ask_version(CLIENT)).as_ref().map_err(Clone::clone)
    }
}

impl Engine for Buildah {
    fn kind(&self) -> EngineKind {
        EngineKind::Buildah
    }

    fn store(&self) -> &str {
        STORE
    }

    fn describe(&self) -> Result<String, EngineError> {
        Ok(format!("buildah {}", self.version()?))
    }

    fn passed_over(&self) -> &[EngineError] {
        &self.tried
    }

    fn pass_over(&mut self, tried: Vec<EngineError>) {
        self.tried = tried;
    }

    fn storage(&self) -> Result<Storage, EngineError> {
        storage::of_buildah(CLIENT)
    }

    fn check(&self, features: &[FeatureUse]) -> Result<(), BuildFailure> {
        support::check(Builder::Buildah(self.version()?), features)
    }

    fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        let listed = CLIENT.ask(&["images", "--json", "--no-trunc"])?;
        listing::buildah(&listed).map_err(|error| unreadable(CLIENT, &error))
    }

    fn has(&self, name: &str) -> Result<bool, EngineError> {
        Ok(CLIENT.run(&["inspect", "--type", "image", "--", name])?.code == Some(0))
    }

    fn build(&self, request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure> {
        self.check(request.features)?;
        let secrets = secret_flags(CLIENT, request)?;
        let call = |files: &Files| call(self.isolation.as_deref(), request, files, secrets);
        build::run(CLIENT, Dialect::Buildah, request, cancel, call)
    }

    fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        self.tag_all(image, &[name.to_owned()])
    }

    fn tag_all(&self, image: &str, names: &[String]) -> Result<(), EngineError> {
        tag_all(CLIENT, image, names)
    }

    fn configuration(&self, image: &str) -> Result<String, EngineError> {
        let told = CLIENT.ask(&["inspect", "--type=image", "--", image])?;
        configuration_in(&told)
            .ok_or_else(|| CLIENT.error(format!("cannot read its description of {image}"), None))
    }

    fn save(
        &self,
        images: &[String],
        folder: &Utf8Path,
        cancel: &Cancel,
    ) -> Result<Vec<Utf8PathBuf>, EngineError> {
        archives::push_each(CLIENT, images, folder, cancel)
    }

    fn facts(&self, names: &[String]) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
        facts::inspected_one_by_one(CLIENT, names)
    }

    fn remove(&self, name: &str) -> Result<Removal, EngineError> {
        removal::remove(CLIENT, &["rmi"], name)
    }
}

/// What `inspect` tells of containers: its templates know no JSON, so all of it is read.
fn configuration_in(told: &str) -> Option<String> {
    let told: serde_json::Value = serde_json::from_str(told).ok()?;
    Some(told.get("Docker")?.get("config")?.to_string())
}

/// What `--version` tells.
pub(crate) fn ask_version(client: Client) -> Result<Version, EngineError> {
    read_version(client, &client.ask(&["--version"])?)
}

fn read_version(client: Client, printed: &str) -> Result<Version, EngineError> {
    Version::find(printed)
        .ok_or_else(|| client.error(format!("cannot read its version from `{}`", printed.trim()), None))
}

/// A listing that is not what it should be.
pub(crate) fn unreadable(client: Client, error: &serde_json::Error) -> EngineError {
    client.error(format!("cannot read its list of images: {error}"), None)
}

/// Gives an image several names in one process.
pub(crate) fn tag_all(client: Client, image: &str, names: &[String]) -> Result<(), EngineError> {
    if names.is_empty() {
        return Ok(());
    }
    let args: Vec<&str> = ["tag", "--", image].into_iter().chain(names.iter().map(String::as_str)).collect();
    client.ask(&args).map(drop)
}

/// The secrets, as these clients take them.
pub(crate) fn secret_flags(client: Client, request: &BuildRequest<'_>) -> Result<Vec<String>, EngineError> {
    request.secrets.iter().map(|secret| secret::plain_flag(client, secret)).collect()
}

/// The flags that podman and buildah have in common, and at their end the context.
pub(crate) fn build_flags(request: &BuildRequest<'_>, files: &Files, secrets: Vec<String>) -> Vec<String> {
    let mut flags = vec![
        "--format=docker".to_owned(),
        format!("--layers={}", caches_layers(request)),
        // Otherwise buildah leaves a container behind for each failed build.
        "--force-rm".to_owned(),
        format!("--ignorefile={}", files.ignore),
        format!("--file={}", request.dockerfile),
    ];
    flags.extend(common_flags(request, files));
    flags.extend(secrets);
    flags.extend(["--".to_owned(), request.context.to_string()]);
    flags
}

/// Whether each instruction is committed by itself, so that the next build can begin in the middle. An image is committed
/// for each of them, and one more for the labels that we add; where files come in by one instruction there is nothing to
/// begin in the middle of, and the result has the same layers.
fn caches_layers(request: &BuildRequest<'_>) -> bool {
    let text = fs::read_to_string(request.dockerfile).unwrap_or_default();
    !Dockerfile::parse(&text).is_ok_and(|dockerfile| makes_one_layer(&dockerfile))
}

fn call(isolation: Option<&str>, request: &BuildRequest<'_>, files: &Files, secrets: Vec<String>) -> Call {
    let pull = if request.never_pull { "--pull-never" } else { "--pull=false" };
    let mut args = vec!["build".to_owned(), pull.to_owned()];
    args.extend(isolation.map(|isolation| format!("--isolation={isolation}")));
    args.extend(build_flags(request, files, secrets));
    Call { args, ..Call::default() }
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;
    use crate::testing::{Sample, files};

    #[test]
    fn buildah_is_called_so() {
        let sample = Sample::default();
        let call = |isolation, request: &BuildRequest<'_>| {
            call(isolation, request, &files(), secret_flags(CLIENT, request).unwrap())
        };
        let least = [
            "build",
            "--pull=false",
            "--format=docker",
            "--layers=true",
            "--force-rm",
            "--ignorefile=/stage/1.Dockerfile.dockerignore",
            "--file=/stage/1.Dockerfile",
            "--iidfile=/stage/1.id",
            "--",
            "/stage/1",
        ];
        assert_eq!(
            call(None, &sample.least()),
            Call { args: least.map(str::to_owned).to_vec(), ..Call::default() }
        );
        let most = [
            "build",
            "--pull-never",
            "--isolation=chroot",
            "--format=docker",
            "--layers=true",
            "--force-rm",
            "--ignorefile=/stage/1.Dockerfile.dockerignore",
            "--file=/stage/1.Dockerfile",
            "--iidfile=/stage/1.id",
            "--tag=localhost/acme/x:1",
            "--tag=localhost/acme/x:key-1",
            "--build-arg=A=--no-cache",
            "--build-arg=B=x y=z",
            "--label=l=$(id)",
            "--target=-t",
            "--platform=linux/arm64",
            "--secret=id=env,env=TOKEN",
            "--secret=id=file,src=/run/token",
            "--",
            "/stage/1",
        ];
        assert_eq!(call(Some("chroot"), &sample.most()).args, most);
    }

    #[test]
    fn what_makes_one_layer_is_committed_once() {
        let folder = tempfile::tempdir().unwrap();
        let dockerfile = Utf8PathBuf::try_from(folder.path().join("Dockerfile")).unwrap();
        let sample = Sample::default();
        for (text, layers) in
            [("FROM a\nCOPY b c\n", false), ("FROM a\nCOPY b c\nRUN d\n", true), ("FROM", true)]
        {
            fs::write(&dockerfile, text).unwrap();
            let request = BuildRequest { dockerfile: &dockerfile, ..sample.least() };
            assert_eq!(build_flags(&request, &files(), vec![])[1], format!("--layers={layers}"), "{text}");
        }
    }

    #[test]
    fn buildah_is_itself() {
        let buildah = Buildah::new(&EngineOptions::default());
        assert_eq!((buildah.kind(), buildah.store()), (EngineKind::Buildah, "containers-storage"));
    }

    #[test]
    fn a_configuration_is_found_in_what_is_told_of_an_image() {
        let told = r#"{"Type":"buildah 0.0.1","Docker":{"id":"x","config":{"User":"5"}},"OCIv1":{}}"#;
        assert_eq!(configuration_in(told).as_deref(), Some(r#"{"User":"5"}"#));
        assert_eq!(configuration_in("{}"), None);
    }

    #[test]
    fn no_names_are_no_process() {
        assert!(tag_all(Client("no-such-engine"), "x", &[]).is_ok());
        assert!(tag_all(Client("no-such-engine"), "x", &["y".to_owned()]).is_err());
        assert!(tag_all(Client("echo"), "x", &["y".to_owned()]).is_ok());
    }

    #[test]
    fn a_version_that_is_none_is_an_error() {
        let error = read_version(CLIENT, "buildah version unknown\n").unwrap_err();
        assert_eq!(error.message, "cannot read its version from `buildah version unknown`");
    }
}
