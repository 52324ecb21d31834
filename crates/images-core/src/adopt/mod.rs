//! `init`: adopts a tree of Dockerfiles that is there already.
//!
//! 1. `settings` finds the workspace, or where one has to be.
//! 2. `listing` lists files, by git where that is; `candidates` reads the Dockerfiles among them (`file_name`).
//! 3. `namespace` finds by which namespace they name each other (`reading`), and `names` what each is called.
//! 4. `versions` finds what each says its version is, `context` which folder it copies from.
//! 5. Each gets an Image.toml (`manifest`), and the root Cargo.toml its settings (`members`, `settings`, `xtask`): in memory, as
//!    edits that can be shown and written.
//! 6. The workspace is loaded from these edits and checked, so that what has drifted is told before anything is written.
//!
//! No Dockerfile is changed: it is what tells the truth.

mod candidates;
mod context;
mod file_name;
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
use images_dockerfile::Reference;
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
    /// Where Dockerfiles were looked for. Absolute.
    pub top: Utf8PathBuf,
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
    let listing = listing::list(&top, cancel)?;
    let candidates = candidates::read(&root.folder, &listing, &request.exclude)?;
    if candidates.found.is_empty() && candidates.kept.is_empty() {
        return Err(nothing(&top, listing.problems, candidates.problems));
    }
    let mut adoption = decide(root, top, candidates, options, request, cancel)?;
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
    found.extend(lock::findings(&graph, &all, false)?);
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

fn nothing(top: &Utf8Path, listing: Vec<Diagnostic>, candidates: Vec<Diagnostic>) -> Error {
    let help = "these names count: Dockerfile, Containerfile, NAME.Dockerfile, Dockerfile.NAME; what .gitignore excludes and \
                hidden folders are not looked at";
    let nothing = Diagnostic::error(format!("there is no Dockerfile to adopt in {top} or below")).help(help);
    Error::Input(listing.into_iter().chain(candidates).chain([nothing]).collect())
}

fn decide(
    root: Root,
    top: Utf8PathBuf,
    candidates: Candidates,
    options: &LoadOptions,
    request: &Request,
    cancel: &Cancel,
) -> Result<Adoption, Error> {
    let Candidates { found, kept, crates, mut problems } = candidates;
    let git = Git::at(&repository(&root.folder), cancel);
    let (namespace, namespace_origin) =
        choose_namespace(&root, &found, request, git.as_ref(), &mut problems)?;
    let registry = choose_registry(&root, &found, request, &namespace);
    let members: BTreeSet<&str> = kept.values().map(String::as_str).collect();
    let mut called = namespace::called(&found, &members, &namespace, registry.as_deref());
    let names = names::choose(&found, &called.names, &members)?;
    called.others.retain(|name, _| !names.contains(name));
    let known_external: BTreeSet<&str> = root
        .settings
        .iter()
        .flat_map(|settings| &settings.external)
        .map(|name| name.get_ref().as_str())
        .collect();
    called.others.retain(|name, _| !known_external.contains(name.as_str()));
    problems.extend(notes::of_names(&found, &names, &called));
    problems.extend(notes::without_namespace(&found, &names, &namespace));
    problems.extend(notes::other_registries(&found, &names, &namespace, registry.as_deref()));
    let scope = Scope { root: &root, namespace: &namespace, registry: registry.as_deref(), options, request };
    let versions = scope.versions(&found, &names, git.as_ref(), cancel)?;
    let mut edits = Edits::new(&root.folder);
    let boundary = repository(&root.folder);
    for ((candidate, name), (version, origin)) in found.iter().zip(&names).zip(&versions) {
        let own = (!matches!(origin, Origin::Crate(_))).then_some(version.as_str());
        let text = manifest::text(candidate, name, own, &root.folder, &boundary);
        edits.create(&root.folder.join(&candidate.folder).join("Image.toml"), text);
    }
    let has_crate = root.folder.join("xtask/Cargo.toml").exists();
    let wanted = Wanted {
        namespace: namespace.clone(),
        registry: registry.clone(),
        folders: found.iter().map(|candidate| candidate.folder.clone()).collect(),
        external: called.others.keys().cloned().collect(),
        crates: match &request.xtask {
            Some(images_cli) => xtask::add(&mut edits, &root, images_cli, &options.start)?,
            None => Vec::new(),
        },
        strangers: strangers(&crates),
    };
    settings::edit(&mut edits, &root, &wanted)?;
    problems.extend(notes::target_not_ignored(git.as_ref(), &root.folder)?);
    let images = found.iter().zip(names).zip(versions);
    let images = images.map(|((candidate, name), (version, origin))| Adopted {
        name,
        version,
        origin,
        dockerfile: candidate.dockerfile.path.clone(),
    });
    let users = |(name, (users, _)): (String, (BTreeSet<String>, _))| (name, users.into_iter().collect());
    Ok(Adoption {
        images: images.collect(),
        kept: kept.len(),
        external: called.others.into_iter().map(users).collect(),
        problems,
        edits,
        has_xtask: has_crate || request.xtask.is_some(),
        root: root.folder,
        top,
        namespace,
        namespace_origin,
        registry,
    })
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

fn choose_namespace(
    root: &Root,
    found: &[Candidate],
    request: &Request,
    git: Option<&Git>,
    problems: &mut Vec<Diagnostic>,
) -> Result<(String, NamespaceOrigin), Error> {
    if let Some(settings) = &root.settings {
        let has = settings.namespace.get_ref();
        return match &request.namespace {
            Some(other) if other != has => {
                let message = format!("the workspace's namespace is `{has}`, not `{other}`");
                Err(Diagnostic::error(message)
                    .help("a workspace has one namespace: leave --namespace out")
                    .into())
            }
            _ => Ok((has.clone(), NamespaceOrigin::Workspace)),
        };
    }
    if let Some(namespace) = &request.namespace {
        return Ok((namespace.clone(), NamespaceOrigin::Given));
    }
    let proposals = namespace::propose(found);
    if let Some((first, others)) = proposals.split_first() {
        problems.extend(notes::other_namespaces(first, others));
        return Ok((first.namespace.clone(), NamespaceOrigin::Used(first.count)));
    }
    if let Some(owner) = owner(git)? {
        return Ok((owner, NamespaceOrigin::Remote));
    }
    let folder = names::slug(root.folder.file_name().unwrap_or("images"));
    let folder = if folder.is_empty() { "images".to_owned() } else { folder };
    Ok((folder, NamespaceOrigin::Folder))
}

/// The owner in the URL of the remote repository: `acme` in `https://github.com/acme/images.git`.
fn owner(git: Option<&Git>) -> Result<Option<String>, Error> {
    let Some(git) = git else { return Ok(None) };
    let url = match git.read(&["config", "--get", "remote.origin.url"]) {
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        read => read.ok().flatten().unwrap_or_default(),
    };
    let mut parts = url.trim_end_matches('/').rsplit(['/', ':']);
    let owner = parts.nth(1).map(names::slug).filter(|owner| !owner.is_empty());
    // In a path or behind a host alone it is nobody's name.
    Ok(owner.filter(|_| {
        url.contains('@') || url.contains("://") && parts.next().is_some_and(|host| !host.is_empty())
    }))
}

fn choose_registry(root: &Root, found: &[Candidate], request: &Request, namespace: &str) -> Option<String> {
    let said = root.settings.as_ref().and_then(|settings| settings.registry.as_ref());
    let said = said.map(|registry| registry.get_ref().clone());
    said.or_else(|| request.registry.clone()).or_else(|| namespace::registry(found, namespace))
}

/// What versions are found in.
struct Scope<'a> {
    root: &'a Root,
    namespace: &'a str,
    registry: Option<&'a str>,
    options: &'a LoadOptions,
    request: &'a Request,
}

impl Scope<'_> {
    fn versions(
        &self,
        found: &[Candidate],
        names: &[String],
        git: Option<&Git>,
        cancel: &Cancel,
    ) -> Result<Vec<(String, Origin)>, Error> {
        let crates = self.crates(found, cancel)?;
        let git_tags = tags(git)?;
        let versions = found.iter().zip(names).map(|(candidate, name)| {
            let folder = self.root.folder.join(&candidate.folder);
            if let Some((_, name)) = crates.iter().flat_map(CrateIndex::folders).find(|(of, _)| *of == folder)
            {
                return ("its own".to_owned(), Origin::Crate(name.to_owned()));
            }
            let known = Known {
                asked: self.asked(found, name),
                git_tags: &git_tags,
                given: self.request.image_version.as_deref(),
            };
            versions::find(&self.root.folder, candidate, name, &known)
        });
        Ok(versions.collect())
    }

    /// The tags by which Dockerfiles ask for an image.
    fn asked<'a>(&self, found: &'a [Candidate], name: &str) -> Vec<(&'a str, &'a Utf8Path)> {
        let is_of =
            |reference: &Reference| namespace::ours(reference, self.namespace, self.registry) == Some(name);
        let all = found.iter().flat_map(|candidate| {
            let path = candidate.dockerfile.path.as_path();
            candidate.references.iter().map(move |(reference, _)| (reference, path))
        });
        all.filter(|(reference, _)| is_of(reference))
            .filter_map(|(reference, path)| Some((reference.tag.as_deref()?, path)))
            .collect()
    }

    /// What cargo knows, if a crate of the workspace is in one of the folders.
    fn crates(&self, found: &[Candidate], cancel: &Cancel) -> Result<Option<CrateIndex>, Error> {
        let has_crate =
            |candidate: &Candidate| self.root.folder.join(&candidate.folder).join("Cargo.toml").exists();
        if !self.root.is_workspace || !found.iter().any(has_crate) {
            return Ok(None);
        }
        match CrateIndex::read(&self.options.cargo, &self.root.folder, cancel) {
            Err(Error::Interrupted) => Err(Error::Interrupted),
            // A workspace that cargo refuses has no crates to take versions from.
            read => Ok(read.ok()),
        }
    }
}

/// The tags that the current commit has or stands on.
fn tags(git: Option<&Git>) -> Result<Vec<String>, Error> {
    let Some(git) = git else { return Ok(Vec::new()) };
    match git.read(&["tag", "--list", "--merged", "HEAD"]) {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        // Without git, or without a commit, there are no tags.
        read => Ok(read.ok().flatten().unwrap_or_default().lines().map(str::to_owned).collect()),
    }
}
