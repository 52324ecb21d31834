//! A workspace in a git checkout, `base` ← `app`, and a registry.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};

use images_engine::process::Cancel;
use images_oci::model::{Descriptor, Digest, ImageConfig, Manifest};
use images_oci::registry::{Client, Name, Options, RawManifest, Repository};
use images_tests::checkout::{commit, init};
use images_tests::fake_registry::{Access, FakeRegistry};
use images_tests::program::{Output, find};
use images_tests::registry::Registry;
use images_tests::workspace::Workspace;
use serde_json::Value;
use tempfile::TempDir;

/// One kind of registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Fake,
    Real,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fake => "fake",
            Self::Real => "docker-registry",
        }
    }
}

pub(crate) struct World {
    pub(crate) workspace: Workspace,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    fake: Option<FakeRegistry>,
    real: Option<Registry>,
    folder: TempDir,
}

impl World {
    /// `base` and `app` of version 1.0.0, committed, and an empty registry.
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fake = (kind == Kind::Fake).then(|| FakeRegistry::start(Access::Free));
        let real = (kind == Kind::Real)
            .then(|| Registry::start(&find("docker-registry").unwrap(), folder.path()).unwrap());
        let address = fake.as_ref().map(|fake| fake.address.clone());
        let address = address.or(real.as_ref().map(|real| real.address.clone())).unwrap();
        Self { workspace: checkout(&address), address, fake, real, folder }
    }

    /// Another checkout of the same workspace, with the same registry.
    pub(crate) fn another_checkout(&self) -> Workspace {
        checkout(&self.address)
    }

    pub(crate) fn fake(&self) -> &FakeRegistry {
        self.fake.as_ref().unwrap()
    }

    /// A path for a file of the test.
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// `images release` of everything with these further words.
    #[track_caller]
    pub(crate) fn release(&self, words: &[&str]) -> Output {
        release(&self.workspace, words)
    }

    /// Releases everything, which must succeed, and returns what it printed to stdout.
    #[track_caller]
    pub(crate) fn released(&self) -> String {
        self.release(&["--execute"]).ok()
    }

    pub(crate) fn version(&self, image: &str, version: &str) {
        let text = format!("[image]\nversion = \"{version}\"\n");
        self.workspace.write(&format!("images/{image}/Image.toml"), &text);
    }

    pub(crate) fn commit(&self) {
        commit(&self.workspace);
    }

    fn client(&self) -> Client {
        Client::new(Options::default(), Cancel::default())
    }

    fn repository(&self, image: &str) -> Repository {
        Repository::parse(&format!("{}/acme/{image}", self.address)).unwrap()
    }

    /// The tags of an image, with the versions that the images on them say they are of. Each of them is read whole.
    pub(crate) fn tags(&self, image: &str) -> BTreeMap<String, String> {
        let (client, repository) = (self.client(), self.repository(image));
        let Ok(tags) = client.tags(&repository) else { return BTreeMap::new() };
        let version = |tag: &String| {
            let manifest = client.manifest(&repository, &Name::Tag(tag.clone())).unwrap();
            let manifest: Manifest = serde_json::from_slice(&manifest.bytes).unwrap();
            let blobs = manifest.layers.iter().chain([&manifest.config]);
            for blob in blobs {
                client.blob(&repository, blob, &mut Vec::new()).unwrap();
            }
            let mut config = Vec::new();
            client.blob(&repository, &manifest.config, &mut config).unwrap();
            let config: ImageConfig = serde_json::from_slice(&config).unwrap();
            config.config.labels["org.opencontainers.image.version"].clone()
        };
        tags.iter().map(|tag| (tag.clone(), version(tag))).collect()
    }

    /// The tags of an image in one text: `1=1.0.0 1.0=1.0.0 …`.
    pub(crate) fn told_tags(&self, image: &str) -> String {
        let tags = self.tags(image).into_iter();
        tags.map(|(tag, version)| format!("{tag}={version}")).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn digest(&self, image: &str, tag: &str) -> Option<Digest> {
        self.client().manifest_digest(&self.repository(image), &Name::Tag(tag.to_owned())).unwrap()
    }

    /// Puts one tag where another is.
    pub(crate) fn put_tag(&self, image: &str, from: &str, to: &str) {
        let (client, repository) = (self.client(), self.repository(image));
        let raw = client.manifest(&repository, &Name::Tag(from.to_owned())).unwrap();
        client.push_manifest(&repository, &Name::Tag(to.to_owned()), &raw).unwrap();
    }

    /// Puts an image by a tag that is as the one there, but for other layers: another build of the same.
    pub(crate) fn put_another_build(&self, image: &str, tag: &str) {
        let (client, repository) = (self.client(), self.repository(image));
        let name = Name::Tag(tag.to_owned());
        let raw = client.manifest(&repository, &name).unwrap();
        let mut manifest: Manifest = serde_json::from_slice(&raw.bytes).unwrap();
        let mut config = Vec::new();
        client.blob(&repository, &manifest.config, &mut config).unwrap();
        let mut config: ImageConfig = serde_json::from_slice(&config).unwrap();
        config.rootfs.diff_ids = vec![Digest::of(b"another layer")];
        let config = serde_json::to_vec(&config).unwrap();
        manifest.config = Descriptor::of(&manifest.config.media_type, &config);
        let open = |at: u64| {
            let rest: Box<dyn std::io::Read> = Box::new(&config[usize::try_from(at).unwrap()..]);
            Ok(rest)
        };
        client.push_blob(&repository, &manifest.config, &open, &[]).unwrap();
        let raw = RawManifest::new(&raw.descriptor.media_type, serde_json::to_vec(&manifest).unwrap());
        client.push_manifest(&repository, &name, &raw).unwrap();
    }

    /// The methods and targets of the requests since they were asked for last that may change something.
    pub(crate) fn writes(&self) -> Vec<String> {
        let asked = self.fake().requests().into_iter().filter(|request| request.method != "GET");
        let writing = asked.filter(|request| request.method != "HEAD");
        writing.map(|request| format!("{} {}", request.method, request.target)).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.real.iter_mut().for_each(Registry::stop);
    }
}

fn checkout(address: &str) -> Workspace {
    let workspace = Workspace::without_engine(env!("CARGO_BIN_EXE_images"));
    symlink(find("git").expect("the tests need git"), workspace.path().join("target/programs/git")).unwrap();
    workspace.settings(&format!("registry = \"{address}\"\n"));
    workspace.image("base", "FROM scratch\nCOPY data /data\n");
    workspace.write("images/base/data", "ours");
    workspace.image("app", "FROM {ns}/base\nCOPY more /more\n");
    workspace.write("images/app/more", "more");
    init(&workspace);
    workspace
}

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let has_selection = more.iter().any(|word| !word.starts_with("--") || word.starts_with("--from-tag"));
    let mut words = vec!["release", "--engine=builtin"];
    words.extend((!has_selection).then_some("--workspace"));
    words.extend(more);
    words
}

#[track_caller]
pub(crate) fn release(workspace: &Workspace, more: &[&str]) -> Output {
    workspace.run(&words(more))
}

/// Starts a release, and does not wait for it.
pub(crate) fn start(workspace: &Workspace, more: &[&str]) -> Child {
    let mut command = workspace.command(&words(more));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for what was started.
pub(crate) fn end(child: Child) -> Output {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Output { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// The record of a version.
pub(crate) fn record(workspace: &Workspace, name: &str) -> Value {
    let path = workspace.path().join("target/images/release").join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
