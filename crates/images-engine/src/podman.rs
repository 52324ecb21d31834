//! podman: it builds by buildah's code into the store that it shares with it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::FeatureUse;

use crate::build::{self, Call, Files};
use crate::buildah::{STORE, ask_version, build_flags, secret_flags, tag_all, unreadable};
use crate::client::Client;
use crate::failure::Dialect;
use crate::process::Cancel;
use crate::support::{self, Builder};
use crate::version::Version;
use crate::{
    BuildFailure, BuildRequest, Built, Engine, EngineError, EngineKind, ImageFacts, Removal, Storage,
    StoredImage, archives, facts, listing, removal, storage,
};

const CLIENT: Client = Client("podman");

/// podman.
#[derive(Debug, Default)]
pub(crate) struct Podman {
    version: OnceLock<Result<Version, EngineError>>,
    /// Engines that were tried before, and what they said.
    tried: Vec<EngineError>,
}

impl Podman {
    fn version(&self) -> Result<&Version, EngineError> {
        self.version.get_or_init(|| ask_version(CLIENT)).as_ref().map_err(Clone::clone)
    }
}

impl Engine for Podman {
    fn kind(&self) -> EngineKind {
        EngineKind::Podman
    }

    fn store(&self) -> &str {
        STORE
    }

    fn describe(&self) -> Result<String, EngineError> {
        Ok(format!("podman {}", self.version()?))
    }

    fn passed_over(&self) -> &[EngineError] {
        &self.tried
    }

    fn pass_over(&mut self, tried: Vec<EngineError>) {
        self.tried = tried;
    }

    fn storage(&self) -> Result<Storage, EngineError> {
        storage::of_podman(CLIENT)
    }

    fn check(&self, features: &[FeatureUse]) -> Result<(), BuildFailure> {
        support::check(Builder::Podman(self.version()?), features)
    }

    fn images(&self) -> Result<Vec<StoredImage>, EngineError> {
        let listed = CLIENT.ask(&["images", "--format", "json", "--no-trunc"])?;
        listing::podman(&listed).map_err(|error| unreadable(CLIENT, &error))
    }

    fn has(&self, name: &str) -> Result<bool, EngineError> {
        Ok(CLIENT.run(&["image", "exists", "--", name])?.code == Some(0))
    }

    fn build(&self, request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure> {
        self.check(request.features)?;
        let secrets = secret_flags(CLIENT, request)?;
        build::run(CLIENT, Dialect::Buildah, request, cancel, |files| call(request, files, secrets))
    }

    fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        self.tag_all(image, &[name.to_owned()])
    }

    fn tag_all(&self, image: &str, names: &[String]) -> Result<(), EngineError> {
        tag_all(CLIENT, image, names)
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
        let flags = ["--quiet", "--multi-image-archive", "--format=docker-archive"];
        archives::save_together(CLIENT, &flags, images, folder, cancel)
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

fn call(request: &BuildRequest<'_>, files: &Files, secrets: Vec<String>) -> Call {
    let pull = if request.never_pull { "--pull=never" } else { "--pull=false" };
    let mut args = vec!["build".to_owned(), pull.to_owned()];
    args.extend(build_flags(request, files, secrets));
    Call { args, ..Call::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Sample, files};

    #[test]
    fn podman_is_called_so() {
        let sample = Sample::default();
        let call =
            |request: &BuildRequest<'_>| call(request, &files(), secret_flags(CLIENT, request).unwrap());
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
            call(&sample.least()),
            Call { args: least.map(str::to_owned).to_vec(), ..Call::default() }
        );
        assert_eq!(call(&sample.most()).args[..3], ["build", "--pull=never", "--format=docker"]);
        assert_eq!(call(&sample.most()).args.len(), least.len() + 9);
    }

    #[test]
    fn podman_is_itself() {
        let podman = Podman::default();
        assert_eq!((podman.kind(), podman.store()), (EngineKind::Podman, "containers-storage"));
    }
}
