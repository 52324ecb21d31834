//! What an engine is asked, and what it answers.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{FeatureUse, Sources};

use crate::process::Cancel;
use crate::storage::Storage;

/// The engines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineKind {
    /// A docker daemon.
    Docker,
    /// podman, on containers-storage.
    Podman,
    /// buildah, on containers-storage, the same store as podman's.
    Buildah,
    /// The built-in one, which assembles images in an OCI layout; it is not of this crate.
    Builtin,
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
            Self::Builtin => "builtin",
        })
    }
}

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// The first that answers of docker, podman, buildah, else the built-in one.
    #[default]
    Auto,
    /// Exactly this one.
    Only(EngineKind),
}

/// What the environment says, read by the CLI and passed in.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// `DOCKER_HOST`.
    pub docker_host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub docker_context: Option<String>,
    /// `DOCKER_CONFIG`, else `$HOME/.docker`.
    pub docker_config: Option<Utf8PathBuf>,
    /// `DOCKER_BUILDKIT`: `0` asks for the legacy builder, `1` for BuildKit.
    pub docker_buildkit: Option<bool>,
    /// `--builder`: a buildx builder's name.
    pub builder: Option<String>,
    /// Variables are set by which a docker client builds otherwise than its daemon would by itself, so that each build
    /// has to be the client's: `DOCKER_DEFAULT_PLATFORM`, `SOURCE_DATE_EPOCH`, `BUILDX_CONFIG` and the like.
    pub clients_only: bool,
    /// `BUILDAH_ISOLATION` or the workspace's setting, handed to buildah.
    pub isolation: Option<String>,
}

/// One image in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    /// The engine's own id, in full.
    pub id: String,
    /// Its names with tags, in full: `localhost/acme/python:3.11.2`.
    pub tags: Vec<String>,
    /// Its labels, where the listing has them.
    pub labels: Option<BTreeMap<String, String>>,
}

/// What an engine knows of an image beyond its listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageFacts {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its size in bytes, with the layers that it shares with others, where the engine tells.
    pub size: Option<u64>,
    /// When it got a name last, or else when it was made, as far as the engine tells. The time in an image may be one that
    /// somebody chose.
    pub dated: Option<SystemTime>,
}

/// What became of a name that was to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// It is gone, or there was none.
    Done,
    /// It stays, since something uses the image: the engine's words.
    InUse(String),
}

/// What was removed because no image needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// How many files.
    pub files: usize,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A secret to hand over; the value itself never passes through an argument list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The id in `RUN --mount=type=secret,id=…`.
    pub id: String,
    /// Where the value is.
    pub source: SecretSource,
}

/// Where a secret's value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable of this name.
    Env(String),
    /// In a file.
    File(Utf8PathBuf),
}

/// One file, folder or link of a context, as it was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextEntry {
    /// Relative to the context's root, with `/` between its parts. A folder comes before what is in it.
    pub path: String,
    /// Its permission bits in the image.
    pub mode: u32,
    /// What it is.
    pub kind: ContextEntryKind,
}

/// What a [`ContextEntry`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextEntryKind {
    /// A folder.
    Folder,
    /// A regular file.
    File {
        /// Where it is on the host.
        place: Utf8PathBuf,
        /// Its length in bytes.
        size: u64,
        /// The BLAKE3 hash that its bytes had when it was planned: other bytes must not get into an image.
        hash: [u8; 32],
    },
    /// A symbolic link.
    Link {
        /// What it says.
        target: String,
    },
}

/// One build.
#[derive(Debug, Clone)]
pub struct BuildRequest<'a> {
    /// The staged context: exactly what is sent. With `entries` there is no such folder.
    pub context: &'a Utf8Path,
    /// The context at its original places, for an engine that [takes entries](Engine::takes_entries).
    pub entries: Option<&'a [ContextEntry]>,
    /// The Dockerfile that is sent, outside of `context`; `<it>.dockerignore` is written beside it by the engine.
    pub dockerfile: &'a Utf8Path,
    /// The names that the image gets.
    pub tags: &'a [String],
    /// Build arguments.
    pub args: &'a BTreeMap<String, String>,
    /// Labels.
    pub labels: &'a BTreeMap<String, String>,
    /// The stage, if not the last.
    pub target: Option<&'a str>,
    /// The platform, if not the engine's own: `linux/arm64`.
    pub platform: Option<&'a str>,
    /// Secrets.
    pub secrets: &'a [Secret],
    /// Whether every image that it needs is in the store already, so that nothing may be pulled.
    pub never_pull: bool,
    /// What the Dockerfile reads from the context.
    pub sources: &'a Sources,
    /// How many bytes the files of the context have.
    pub size: u64,
    /// How many files, folders and links the context has.
    pub files: usize,
    /// What the Dockerfile uses that not every builder can do.
    pub features: &'a [FeatureUse],
    /// Where the engine's output goes, all of it.
    pub log: &'a Utf8Path,
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The engine's id, where it tells.
    pub id: Option<String>,
}

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    /// An instruction failed, or the engine refused the Dockerfile; the log has the rest.
    #[error("{message}")]
    Failed {
        /// The last line that says why.
        message: String,
        /// The line of the Dockerfile, counted from 1, where the engine's output tells.
        line: Option<usize>,
    },
    /// The builder lacks what the Dockerfile needs; it was not called.
    #[error("{builder} cannot do what this Dockerfile needs")]
    Unsupported {
        /// The builder as a person knows it: `docker's legacy builder`.
        builder: String,
        /// What it lacks, and where that is used.
        uses: Vec<FeatureUse>,
        /// What to install or choose.
        help: String,
    },
    /// The engine knows that it cannot carry out an instruction, and that another can; nothing was built.
    #[error("{message}")]
    Refused {
        /// What it cannot do.
        message: String,
        /// The line of the Dockerfile, counted from 1.
        line: usize,
        /// Who can.
        help: String,
    },
    /// An interrupt ended it.
    #[error("interrupted")]
    Interrupted,
    /// The engine could not be asked.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// An engine that could not be asked, or that answered with an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{engine}: {message}")]
pub struct EngineError {
    /// Who.
    pub engine: String,
    /// What it said.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The message about an engine whose program is not there.
pub(crate) const ABSENT: &str = "not found in PATH";

impl EngineError {
    /// Whether the engine is not installed.
    pub fn is_absent(&self) -> bool {
        self.message == ABSENT
    }
}

/// No engine answers.
#[derive(Debug, thiserror::Error)]
#[error("no container engine can be used")]
pub struct NoEngine {
    /// Each engine that was tried, and what it said.
    pub tried: Vec<EngineError>,
}

/// An engine.
pub trait Engine: Send + Sync {
    /// Which one.
    fn kind(&self) -> EngineKind;

    /// Names its store: engines that share one have the same. Whoever wants a file of this name has to replace what a
    /// file name cannot hold: `docker unix:///var/run/docker.sock`, `containers-storage`.
    fn store(&self) -> &str;

    /// Its name, version and builder as a person knows them: `docker 20.10.24 (legacy builder)`.
    ///
    /// # Errors
    /// It does not answer.
    fn describe(&self) -> Result<String, EngineError>;

    /// The engines that would have been taken before it, and why they were not.
    fn passed_over(&self) -> &[EngineError] {
        &[]
    }

    /// Tells it which engines were tried before it, and what they said.
    fn pass_over(&mut self, _tried: Vec<EngineError>) {}

    /// Where it keeps images, and as whom it runs.
    ///
    /// # Errors
    /// It does not answer, or it does not tell.
    fn storage(&self) -> Result<Storage, EngineError> {
        Err(cannot(self.kind(), "does not tell where it keeps images"))
    }

    /// Refuses what a Dockerfile uses and this engine is known not to be able to do, as a build would.
    ///
    /// # Errors
    /// [`BuildFailure::Unsupported`], or it does not answer.
    fn check(&self, features: &[FeatureUse]) -> Result<(), BuildFailure> {
        let _ = features;
        Ok(())
    }

    /// All images in the store, by one listing.
    ///
    /// # Errors
    /// It does not answer.
    fn images(&self) -> Result<Vec<StoredImage>, EngineError>;

    /// How many builds should go on at once on this many CPUs, where nobody says.
    fn lanes(&self, cpus: usize) -> usize {
        cpus
    }

    /// Whether the store has an image by this name, which may have a digest in place of a tag, so that a build from it
    /// needs no network.
    ///
    /// # Errors
    /// It does not answer.
    fn has(&self, name: &str) -> Result<bool, EngineError> {
        Ok(self.images()?.iter().any(|image| image.tags.iter().any(|tag| tag == name)))
    }

    /// Whether it reads the files of a context at their original places, so that none needs to be staged. It must then
    /// see to it that no other bytes than the planned ones get into an image.
    fn takes_entries(&self) -> bool {
        false
    }

    /// Builds one image; blocks until it is done.
    ///
    /// # Errors
    /// See [`BuildFailure`].
    fn build(&self, request: &BuildRequest<'_>, cancel: &Cancel) -> Result<Built, BuildFailure>;

    /// Gives an image that the store has another name.
    ///
    /// # Errors
    /// There is no such image, or the engine does not answer.
    fn tag(&self, image: &str, name: &str) -> Result<(), EngineError>;

    /// Gives an image several other names; in one call where the engine can. Names before one that fails are given.
    ///
    /// # Errors
    /// As [`Engine::tag`].
    fn tag_all(&self, image: &str, names: &[String]) -> Result<(), EngineError> {
        names.iter().try_for_each(|name| self.tag(image, name))
    }

    /// How containers of an image are started, as JSON with docker's names: `{"User":"app","Env":["A=1"]}`
    /// (<https://github.com/moby/docker-image-spec/blob/main/spec.md>). Its layers are not read.
    ///
    /// # Errors
    /// There is no such image, the engine does not answer, or it does not tell.
    fn configuration(&self, image: &str) -> Result<String, EngineError> {
        let _ = image;
        Err(cannot(self.kind(), "tells no configurations"))
    }

    /// Writes images with all that they consist of into archives in `folder`, as `docker save` does, and returns the
    /// archives: one for all, or one for each.
    ///
    /// # Errors
    /// There is no such image, the folder cannot be written, the engine does not answer, or it saves nothing.
    fn save(
        &self,
        images: &[String],
        folder: &Utf8Path,
        cancel: &Cancel,
    ) -> Result<Vec<Utf8PathBuf>, EngineError> {
        let _ = (images, folder, cancel);
        Err(cannot(self.kind(), "saves no archives"))
    }

    /// Looks closer at images, by names as the listing has them. One that is not there is left out.
    ///
    /// # Errors
    /// The engine does not answer, or it does not tell.
    fn facts(&self, names: &[String]) -> Result<BTreeMap<String, ImageFacts>, EngineError> {
        let _ = names;
        Err(cannot(self.kind(), "tells nothing of single images"))
    }

    /// Takes a name from an image. An image that has no other goes, and with it the nameless ones that it was made from and
    /// that nothing else needs. Nothing is forced.
    ///
    /// # Errors
    /// The engine does not answer, it refuses for another reason than that the image is in use, or it removes nothing.
    fn remove(&self, name: &str) -> Result<Removal, EngineError> {
        let _ = name;
        Err(cannot(self.kind(), "removes no images"))
    }

    /// Removes what no image needs, where that does not go with the images themselves. What is younger than `age` stays: it
    /// may be part of an image that is being made.
    ///
    /// # Errors
    /// The store cannot be read or written.
    fn sweep(&self, age: Duration) -> Result<Swept, EngineError> {
        let _ = age;
        Ok(Swept::default())
    }

    /// Takes the images of such an archive, with their names.
    ///
    /// # Errors
    /// It is none, the engine does not answer, or it loads nothing.
    fn load(&self, archive: &Utf8Path, cancel: &Cancel) -> Result<(), EngineError> {
        let _ = (archive, cancel);
        Err(cannot(self.kind(), "loads no archives"))
    }
}

fn cannot(kind: EngineKind, what: &str) -> EngineError {
    EngineError { engine: kind.to_string(), message: what.to_owned(), help: None }
}
