//! One engine that is a program, ready to use: what the tests ask it themselves, beside what the tool asks it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::{fs, io};

use serde_json::Value;

use crate::archive::{self, Image};
use crate::machine::Environment;
use crate::program::{Output, answer, run};

/// Whose command line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// docker.
    Docker,
    /// podman.
    Podman,
    /// buildah.
    Buildah,
}

impl Tool {
    /// As `--engine` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }
}

/// An engine of this machine that is a program.
#[derive(Debug, Clone)]
pub struct Engine {
    /// One of [`crate::flavour::NAMES`].
    pub flavour: &'static str,
    /// Whose command line it has.
    pub tool: Tool,
    /// Its program.
    pub program: PathBuf,
    /// All of the environment that it, and the tool with it, is to have.
    pub environment: Environment,
    /// A folder of its own for what it keeps.
    pub folder: PathBuf,
}

/// docker's legacy builder looks at each image of the store for one to go on from, and fails when an image goes away
/// meanwhile (`getLocalCachedImage` in
/// <https://github.com/moby/moby/blob/v20.10.24/image/cache/cache.go>). So where it builds, no test removes anything.
fn store(environment: &Environment) -> Option<&'static RwLock<()>> {
    static STORES: Mutex<BTreeMap<OsString, &'static RwLock<()>>> = Mutex::new(BTreeMap::new());
    let host = environment.get(&OsString::from("DOCKER_HOST"))?.clone();
    let mut stores = STORES.lock().unwrap_or_else(PoisonError::into_inner);
    Some(*stores.entry(host).or_insert_with(|| Box::leak(Box::default())))
}

/// Keeps images from being removed while docker's legacy builder builds.
pub(crate) fn builds(environment: &Environment) -> Option<RwLockReadGuard<'static, ()>> {
    let is_legacy = environment.get(&OsString::from("DOCKER_BUILDKIT")).is_some_and(|value| value == "0");
    let store = store(environment).filter(|_| is_legacy)?;
    Some(store.read().unwrap_or_else(PoisonError::into_inner))
}

/// Waits for docker's legacy builder, and keeps it from building while images are removed.
pub(crate) fn removals(environment: &Environment) -> Option<RwLockWriteGuard<'static, ()>> {
    Some(store(environment)?.write().unwrap_or_else(PoisonError::into_inner))
}

impl Engine {
    /// Its program in its environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(&self.environment);
        command
    }

    /// The same engine with an empty store of this name. podman and buildah cannot list a store while another process
    /// removes something from it, so each test has its own; docker's is one for all.
    ///
    /// # Errors
    /// The configuration cannot be written.
    pub fn with_store(mut self, name: &str) -> io::Result<Self> {
        if self.tool == Tool::Docker {
            return Ok(self);
        }
        let store = self.folder.join("stores").join(name);
        fs::create_dir_all(&store)?;
        let (root, run) = (store.join("root"), self.run_folder());
        let text = format!("[storage]\ndriver = \"overlay\"\ngraphroot = {root:?}\nrunroot = {run:?}\n");
        fs::write(store.join("storage.conf"), text)?;
        self.environment.insert("CONTAINERS_STORAGE_CONF".into(), store.join("storage.conf").into());
        Ok(self)
    }

    /// A folder for what runs. With a path of more than 50 characters podman learns the exit code of a container only after 20
    /// seconds, so it is not below the store.
    fn run_folder(&self) -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        self.folder.parent().unwrap_or(&self.folder).join("run").join(number)
    }

    /// Builds a Dockerfile as a person would, without the tool.
    pub fn plain_build(&self, context: &Path, tag: &str) -> Output {
        let build: &[&str] = match self.tool {
            Tool::Docker => &["build"],
            Tool::Podman => &["build", "--format", "docker"],
            Tool::Buildah => &["bud", "--format", "docker"],
        };
        let _builds = builds(&self.environment);
        run(self.command().args(build).args(["--tag", tag]).arg(context))
    }

    /// The names with tags of all images whose name begins so, sorted.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let format = match self.tool {
            Tool::Docker | Tool::Podman => "{{.Repository}}:{{.Tag}}",
            Tool::Buildah => "{{.Name}}:{{.Tag}}",
        };
        let listing = run(self.command().args(["images", "--format", format])).ok();
        let mut names: Vec<String> =
            listing.lines().filter(|name| name.starts_with(prefix)).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Pushes an image to the registry that its name begins with, which speaks plain HTTP.
    pub fn push(&self, name: &str) -> Output {
        let insecure: &[&str] = if self.tool == Tool::Docker { &[] } else { &["--tls-verify=false"] };
        run(self.command().arg("push").args(insecure).arg(name))
    }

    /// Pulls an image from the registry that its name begins with, which speaks plain HTTP.
    pub fn pull(&self, name: &str) -> Output {
        let insecure: &[&str] = if self.tool == Tool::Docker { &[] } else { &["--tls-verify=false"] };
        run(self.command().args(["pull", "--quiet"]).args(insecure).arg(name))
    }

    /// Gives an image another name.
    #[track_caller]
    pub fn tag(&self, image: &str, name: &str) {
        run(self.command().args(["tag", image, name])).ok();
    }

    /// Loads the image of this name from an archive. buildah, which has no `load`, pulls it out.
    #[track_caller]
    pub fn load(&self, archive: &Path, name: &str) {
        if self.tool == Tool::Buildah {
            let source = format!("docker-archive:{}:{name}", archive.display());
            run(self.command().args(["pull", "--quiet", &source])).ok();
        } else {
            run(self.command().args(["load", "--quiet", "--input"]).arg(archive)).ok();
        }
    }

    /// Removes images by name.
    pub fn remove(&self, names: &[String]) -> Output {
        let _removes = removals(&self.environment);
        run(self.command().args(["rmi", "--force"]).args(names))
    }

    /// Takes one name of several from an image.
    pub fn untag(&self, name: &str) -> Output {
        match self.tool {
            Tool::Podman => run(self.command().args(["untag", name, name])),
            Tool::Docker | Tool::Buildah => run(self.command().args(["rmi", name])),
        }
    }

    /// Removes all images with this in their names, as far as that goes.
    pub fn remove_images(&self, part: &str) {
        let mut names = self.names("");
        names.retain(|name| name.contains(part) && !name.ends_with(":<none>"));
        if !names.is_empty() {
            answer(self.command().args(["rmi", "--force"]).args(names));
        }
    }

    /// What is in these images, by name.
    ///
    /// # Panics
    /// One of them is not there.
    #[track_caller]
    pub fn images(&self, names: &[String]) -> BTreeMap<String, Image> {
        let folder = tempfile::tempdir_in(&self.folder).expect("the engine's folder can be written");
        let file = folder.path().join("images.tar");
        let mut images = match self.tool {
            Tool::Docker => self.saved(names, &file),
            Tool::Podman => {
                let save =
                    ["save", "--quiet", "--format", "docker-archive", "--multi-image-archive", "--output"];
                run(self.command().args(save).arg(&file).args(names)).ok();
                archive::read(&file)
            }
            Tool::Buildah => names.iter().map(|name| (name.clone(), self.pushed(name, &file))).collect(),
        };
        images.retain(|name, _| names.contains(name));
        assert_eq!(images.len(), names.len(), "of {names:?} only these were saved: {:?}", images.keys());
        images
    }

    /// docker refuses to save an image that has no layers, so those are only looked at.
    #[track_caller]
    fn saved(&self, names: &[String], file: &Path) -> BTreeMap<String, Image> {
        let inspected = run(self.command().args(["image", "inspect"]).args(names)).ok();
        let inspected: Vec<Value> = serde_json::from_str(&inspected).expect("docker answers with a list");
        let described = names.iter().zip(inspected);
        let (empty, full): (Vec<_>, Vec<_>) =
            described.partition(|(_, image)| image["RootFS"]["Layers"].as_array().is_none_or(Vec::is_empty));
        let mut images: BTreeMap<String, Image> =
            empty.into_iter().map(|(name, image)| (name.clone(), Image::without_files(image))).collect();
        if !full.is_empty() {
            let names = full.iter().map(|(name, _)| name);
            run(self.command().args(["save", "--output"]).arg(file).args(names)).ok();
            images.extend(archive::read(file));
        }
        images
    }

    /// One image.
    ///
    /// # Panics
    /// It is not there.
    #[track_caller]
    pub fn image(&self, name: &str) -> Image {
        self.images(&[name.to_owned()]).remove(name).expect("images() returns each name it was given")
    }

    /// buildah has no `save`; it pushes into an archive, one image each.
    #[track_caller]
    fn pushed(&self, name: &str, file: &Path) -> Image {
        let target = format!("docker-archive:{}:{name}", file.display());
        run(self.command().args(["push", "--quiet", name, &target])).ok();
        let image = archive::read(file).remove(name).expect("the archive has the name it was given");
        fs::remove_file(file).expect("it was just written");
        image
    }
}
