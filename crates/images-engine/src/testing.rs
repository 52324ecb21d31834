//! Requests for the tests of how each client is called.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use camino::Utf8Path;
use images_dockerfile::Sources;

use crate::build::Files;
use crate::client::Client;
use crate::{BuildRequest, Secret, SecretSource};

/// Owns what requests borrow.
pub(crate) struct Sample {
    tags: Vec<String>,
    args: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    secrets: Vec<Secret>,
    none: BTreeMap<String, String>,
    sources: Sources,
}

impl Default for Sample {
    fn default() -> Self {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Self {
            tags: vec!["localhost/acme/x:1".to_owned(), "localhost/acme/x:key-1".to_owned()],
            args: map(&[("B", "x y=z"), ("A", "--no-cache")]),
            labels: map(&[("l", "$(id)")]),
            secrets: vec![
                Secret { id: "env".to_owned(), source: SecretSource::Env("TOKEN".to_owned()) },
                Secret { id: "file".to_owned(), source: SecretSource::File("/run/token".into()) },
            ],
            none: BTreeMap::new(),
            sources: Sources::These(Vec::new()),
        }
    }
}

impl Sample {
    /// A request with nothing that can be left out.
    pub(crate) fn least(&self) -> BuildRequest<'_> {
        BuildRequest {
            context: Utf8Path::new("/stage/1"),
            entries: None,
            dockerfile: Utf8Path::new("/stage/1.Dockerfile"),
            tags: &[],
            args: &self.none,
            labels: &self.none,
            target: None,
            platform: None,
            secrets: &[],
            never_pull: false,
            sources: &self.sources,
            size: 0,
            files: 0,
            features: &[],
            log: Utf8Path::new("/log"),
        }
    }

    /// A request with everything, and with values that look like flags and like a shell's words.
    pub(crate) fn most(&self) -> BuildRequest<'_> {
        BuildRequest {
            tags: &self.tags,
            args: &self.args,
            labels: &self.labels,
            target: Some("-t"),
            platform: Some("linux/arm64"),
            secrets: &self.secrets,
            never_pull: true,
            ..self.least()
        }
    }
}

/// The files that go with both.
pub(crate) fn files() -> Files {
    Files { ignore: "/stage/1.Dockerfile.dockerignore".into(), id: "/stage/1.id".into() }
}

/// A client that is this script, in a folder that lives as long as it is called.
pub(crate) fn client(folder: &tempfile::TempDir, script: &str) -> Client {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let program = folder.path().join(format!("client-{number}"));
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    // A client's name lives as long as the program.
    Client(Box::leak(program.to_str().unwrap().to_owned().into_boxed_str()))
}
