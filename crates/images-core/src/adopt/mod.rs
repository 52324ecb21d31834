//! `init`: adopts a tree of Dockerfiles that is there already.
//!
//! 1. `settings` finds the workspace, or where one has to be.
//! 2. `listing` lists files, by git where that is; `candidates` reads the Dockerfiles among them (`file_name`).
//! 3. `namespace` finds by which namespace they name each other (`reading`), and `names` what each is called.
//! 4. `versions` finds what each says its version is (`history`), `context` which folder it copies from.
//! 5. Each gets an Image.toml (`manifest`), and the root Cargo.toml its settings (`members`, `settings`, `xtask`): in memory, as
//!    edits that can be shown and written.
//! 6. The workspace is loaded from these edits and checked, so that what has drifted is told before anything is written.
//!
//! No Dockerfile is changed: it is what tells the truth.

mod candidates;
mod context;
mod file_name;
mod history;
mod listing;
mod manifest;
mod members;
mod names;
mod namespace;
mod notes;
mod reading;
mod settings;
mod versions;
mod xtask;

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use images_schema::{Diagnostic, Version, normal};

pub use crate::edits::Edits;
pub use versions::Origin;

use crate::check::Findings;
use crate::git::Git;
use crate::graph::Graph;
use crate::lock::Pins;
use crate::workspace::{CrateIndex, Files, LoadOptions, is_registry, is_repository, load_from, repository};
use crate::{Error, HostOptions, check, lock, policy};
use candidates::{Candidate, Candidates};
use namespace::Place;
use settings::{Root, Wanted};
use versions::Known;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The folder to look in; the workspace's root, else the current folder, if there is none.
    pub path: Option<Utf8PathBuf>,
    /// The namespace, instead of the one that Dockerfiles use.
    pub namespace: Option<String>,
    /// The registry, instead of the one that Dockerfiles use.
    pub registry: Option<String>,
    /// The version of images that say none.
    pub image_version: Option<String>,
    /// Globs of folders and files that are passed over, relative to the workspace's root.
    pub exclude: Vec<String>,
    /// Where the crate `images-cli` is, if a crate `xtask` is to be made: a folder, or the URL of a git repository.
    pub xtask: Option<String>,
}

/// An image that there will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What says the version.
    pub origin: Origin,
    /// Its Dockerfile, relative to the root.
    pub dockerfile: Utf8PathBuf,
}

/// Why a namespace was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceOrigin {
    /// The workspace has it already.
    Workspace,
    /// The command line.
    Given,
    /// So many Dockerfiles name others by it.
    Used(usize),
    /// The owner of the repository that git's `origin` names.
    Remote,
    /// The name of the root's folder.
    Folder,
}

/// What an adoption would do.
#[derive(Debug)]
pub struct Adoption {
    /// The workspace's root. Absolute.
    pub root: Utf8PathBuf,
    /// The namespace.
    pub namespace: String,
    /// Why it was taken.
    pub namespace_origin: NamespaceOrigin,
    /// The registry, if there is one.
    pub registry: Option<String>,
    /// The new images, by their Dockerfiles.
    pub images: Vec<Adopted>,
    /// How many folders have an Image.toml already.
    pub kept: usize,
    /// Names in our namespace that no folder here makes, with the Dockerfiles that use them.
    pub external: Vec<(String, Vec<String>)>,
    /// What is not adopted, or has to be decided by a person.
    pub problems: Vec<Diagnostic>,
    /// The edits; nothing is written yet.
    pub edits: Edits,
    /// Whether the workspace has a crate `xtask`, or gets one.
    pub has_xtask: bool,
}

/// Finds out what has to be written.
///
/// # Errors
/// There is no Dockerfile, the options are wrong, or nothing can be added to what is there. Nothing is ever written here.
pub fn adopt(options: &LoadOptions, request: &Request, cancel: &Cancel) -> Result<Adoption, Error> {
    check_request(request)?;
    let start = match &request.path {
        Some(path) => folder(&options.start, path)?,
        None => options.start.clone(),
    };
    let root = settings::root(&start, options)?;
    let top = if request.path.is_some() { start } else { root.folder.clone() };
    let mut listing = listing::list(&top, cancel)?;
    let Candidates { found, kept, crates, problems } =
        candidates::read(&root.folder, &listing.files, &request.exclude)?;
    listing.problems.extend(problems);
    listing.problems.extend(candidates::of_hidden(&root.folder, &listing.hidden));
    if found.is_empty() && kept.is_empty() {
        return Err(nothing(&top, listing.problems));
    }
    let git = Git::at(&repository(&root.folder), cancel);
    let members = kept.into_values().collect();
    let mut adoption = Tree { root, git, found, members, options, request, cancel }.adopt(&crates)?;
    adoption.problems.splice(0..0, listing.problems);
    Ok(adoption)
}

/// What `check` says of the workspace with these edits.
///
/// # Errors
/// What keeps it from being checked at all. What is wrong with files is among the findings.
pub fn findings(
    adoption: &Adoption,
    written: bool,
    options: &LoadOptions,
    host: &HostOptions,
    cancel: &Cancel,
) -> Result<Findings, Error> {
    let options =
        LoadOptions { start: adoption.root.clone(), manifest_path: None, registry: None, ..options.clone() };
    let on_disk = Files::default();
    let files = if written { &on_disk } else { adoption.edits.files() };
    let mut found = Findings::default();
    match gather(files, &options, host, cancel, &mut found) {
        Err(Error::Input(problems)) => found.extend(problems),
        other => other?,
    }
    Ok(found)
}

fn gather(
    files: &Files,
    options: &LoadOptions,
    host: &HostOptions,
    cancel: &Cancel,
    found: &mut Findings,
) -> Result<(), Error> {
    let workspace = load_from(options, files, None, cancel)?;
    found.extend(workspace.warnings.iter().cloned());
    let graph = Graph::of(&workspace, options.jobs)?;
    let all: Vec<_> = graph.ids().collect();
    let pins = Pins::of(&lock::read(&workspace.root)?);
    found.extend(policy::check(&graph, &all, &pins));
    check::check(&graph, &all, host)
}

fn check_request(request: &Request) -> Result<(), Error> {
    let wrong = |message: String, help: &str| Err(Diagnostic::error(message).help(help).into());
    match request {
        Request { namespace: Some(text), .. } if !is_repository(text) => wrong(
            format!("`{text}` is no namespace"),
            "a namespace is lower-case letters, digits and single separators: `acme`, `acme/images`",
        ),
        Request { registry: Some(text), .. } if !is_registry(text) => wrong(
            format!("`{text}` is no registry"),
            "a registry is a host with a dot or a port, or localhost: `ghcr.io`, `localhost:5000`",
        ),
        Request { image_version: Some(text), .. } if Version::parse(text).is_err() => wrong(
            format!("`{text}` is no version"),
            "a version is semver, or letters, digits, `_`, `.` and `-`, at most 128 of them",
        ),
        _ => Ok(()),
    }
}

fn folder(start: &Utf8Path, path: &Utf8Path) -> Result<Utf8PathBuf, Error> {
    let folder = normal(&start.join(path));
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Diagnostic::error(format!("there is no folder {path}"))
        .help("name the folder that holds the Dockerfiles")
        .into())
}

fn nothing(top: &Utf8Path, mut problems: Vec<Diagnostic>) -> Error {
    let help = "these names count: Dockerfile, Containerfile, NAME.Dockerfile, Dockerfile.NAME; what .gitignore excludes is not \
                looked at";
    problems.push(Diagnostic::error(format!("there is no Dockerfile to adopt in {top} or below")).help(help));
    Error::Input(problems)
}

/// What was found, and in which workspace.
struct Tree<'a> {
    root: Root,
    git: Option<Git>,
    found: Vec<Candidate>,
    /// The names of images that are there already.
    members: BTreeSet<String>,
    options: &'a LoadOptions,
    request: &'a Request,
    cancel: &'a Cancel,
}

impl Tree<'_> {
    /// Decides names and versions, and makes the edits.
    fn adopt(&self, crates: &BTreeSet<Utf8PathBuf>) -> Result<Adoption, Error> {
        let mut problems = Vec::new();
        let (namespace, namespace_origin) = self.namespace(&mut problems)?;
        let registry = self.registry(&namespace);
        let place = Place { namespace: &namespace, registry: registry.as_deref() };
        let mut called = namespace::called(&self.found, &self.members, place);
        let names = names::choose(&self.found, &called.names, &self.members)?;
        let settings = self.root.settings.iter().flat_map(|settings| &settings.external);
        let external: BTreeSet<&str> = settings.map(|name| name.get_ref().as_str()).collect();
        called.others.retain(|name, _| !names.contains(name) && !external.contains(name.as_str()));
        problems.extend(notes::of_names(&self.found, &names, &called));
        problems.extend(notes::of_references(&self.found, &names, place));
        problems.extend(notes::target_not_ignored(self.git.as_ref(), &self.root.folder)?);
        let versions = self.versions(&names, place)?;
        let external: Vec<_> = called.others.keys().cloned().collect();
        let edits = self.edits(&names, &versions, place, external, crates)?;
        let images =
            self.found.iter().zip(names).zip(versions).map(|((candidate, name), (version, origin))| {
                Adopted { name, version, origin, dockerfile: candidate.dockerfile.path.clone() }
            });
        let has_xtask = self.request.xtask.is_some() || self.root.folder.join("xtask/Cargo.toml").exists();
        let users = |(name, (users, _)): (String, (BTreeSet<String>, _))| (name, users.into_iter().collect());
        Ok(Adoption {
            root: self.root.folder.clone(),
            images: images.collect(),
            kept: self.members.len(),
            external: called.others.into_iter().map(users).collect(),
            problems,
            edits,
            has_xtask,
            namespace,
            namespace_origin,
            registry,
        })
    }

    fn edits(
        &self,
        names: &[String],
        versions: &[(String, Origin)],
        place: Place<'_>,
        external: Vec<String>,
        crates: &BTreeSet<Utf8PathBuf>,
    ) -> Result<Edits, Error> {
        let root = &self.root.folder;
        let mut edits = Edits::new(root);
        let top = repository(root);
        for ((candidate, name), (version, origin)) in self.found.iter().zip(names).zip(versions) {
            let written = (!matches!(origin, Origin::Crate(_))).then_some(version.as_str());
            let text = manifest::text(candidate, name, written, root, &top);
            edits.create(&root.join(&candidate.folder).join("Image.toml"), text);
        }
        let xtask = self.request.xtask.as_ref();
        let xtask = xtask.map(|from| xtask::add(&mut edits, &self.root, from, &self.options.start));
        let wanted = Wanted {
            namespace: place.namespace.to_owned(),
            registry: place.registry.map(str::to_owned),
            folders: self.found.iter().map(|candidate| candidate.folder.clone()).collect(),
            external,
            crates: xtask.transpose()?.unwrap_or_default(),
            strangers: strangers(crates),
        };
        settings::edit(&mut edits, &self.root, &wanted)?;
        Ok(edits)
    }

    fn namespace(&self, problems: &mut Vec<Diagnostic>) -> Result<(String, NamespaceOrigin), Error> {
        if let Some(settings) = &self.root.settings {
            let has = settings.namespace.get_ref();
            return match &self.request.namespace {
                Some(other) if other != has => {
                    let message = format!("the workspace's namespace is `{has}`, not `{other}`");
                    let help = "a workspace has one namespace: leave --namespace out";
                    Err(Diagnostic::error(message).help(help).into())
                }
                _ => Ok((has.clone(), NamespaceOrigin::Workspace)),
            };
        }
        if let Some(namespace) = &self.request.namespace {
            return Ok((namespace.clone(), NamespaceOrigin::Given));
        }
        let proposals = namespace::propose(&self.found);
        if let Some((first, others)) = proposals.split_first() {
            problems.extend(notes::other_namespaces(first, others));
            return Ok((first.namespace.clone(), NamespaceOrigin::Used(first.count)));
        }
        if let Some(owner) = history::owner(self.git.as_ref())? {
            return Ok((owner, NamespaceOrigin::Remote));
        }
        let folder = names::slug(self.root.folder.file_name().unwrap_or_default());
        let folder = if folder.is_empty() { "images".to_owned() } else { folder };
        Ok((folder, NamespaceOrigin::Folder))
    }

    fn registry(&self, namespace: &str) -> Option<String> {
        let said = self.root.settings.as_ref().and_then(|settings| settings.registry.as_ref());
        let said = said.map(|registry| registry.get_ref().clone());
        said.or_else(|| self.request.registry.clone()).or_else(|| namespace::registry(&self.found, namespace))
    }

    fn versions(&self, names: &[String], place: Place<'_>) -> Result<Vec<(String, Origin)>, Error> {
        let crates = self.crates()?.unwrap_or_default();
        let git_tags = history::tags(self.git.as_ref())?;
        let asked = namespace::asked(&self.found, place);
        let versions = self.found.iter().zip(names).map(|(candidate, name)| {
            let krate = crates.in_folder(&self.root.folder.join(&candidate.folder));
            if let Some((krate, version)) = krate.and_then(|krate| Some((krate, crates.version(krate)?))) {
                return (version.to_owned(), Origin::Crate(krate.to_owned()));
            }
            let known = Known {
                asked: asked.get(name.as_str()).map_or(&[], Vec::as_slice),
                git_tags: &git_tags,
                given: self.request.image_version.as_deref(),
            };
            versions::find(&self.root.folder, candidate, name, &known)
        });
        Ok(versions.collect())
    }

    /// What cargo knows, if it may have a crate in one of the folders.
    fn crates(&self) -> Result<Option<CrateIndex>, Error> {
        let root = &self.root.folder;
        let has_crate = |candidate: &Candidate| root.join(&candidate.folder).join("Cargo.toml").exists();
        if self.root.text.is_none() || !self.found.iter().any(has_crate) {
            return Ok(None);
        }
        match CrateIndex::read(&self.options.cargo, root, self.cancel) {
            Err(Error::Interrupted) => Err(Error::Interrupted),
            // A workspace that cargo refuses has no crates to take versions from.
            read => Ok(read.ok()),
        }
    }
}

/// The outermost folders with crates, but for the root.
fn strangers(crates: &BTreeSet<Utf8PathBuf>) -> Vec<String> {
    let is_inner =
        |folder: &Utf8Path| folder.ancestors().skip(1).any(|above| crates.contains(above) && above != "");
    crates
        .iter()
        .filter(|folder| *folder != "" && !is_inner(folder))
        .map(|folder| folder.to_string())
        .collect()
}
