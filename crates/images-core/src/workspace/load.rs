//! Reads every member, in parallel.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::{Dockerfile, Ignore, Platform, Problem};
use images_engine::process::Cancel;
use images_engine::threads;
use images_schema::{Diagnostic, Manifest, Rule, SourceText, did_you_mean, normal};

use super::crates::CrateIndex;
use super::files::Files;
use super::platform::host_platform;
use super::root::{Root, is_registry, is_repository};
use super::variants::{self, Variant};
use super::{members, root};
use crate::Error;
use crate::context::Boundary;
use crate::policy::Rules;
use crate::test;

/// Caches and logs, below the root.
pub(crate) const CACHE: &str = "target/images";

/// What a workspace is loaded with.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Where the command was called; the root is looked for from here upwards. Absolute.
    pub start: Utf8PathBuf,
    /// `--manifest-path`.
    pub manifest_path: Option<Utf8PathBuf>,
    /// The registry's host instead of the workspace's.
    pub registry: Option<String>,
    /// `--build-arg`: over those of every Image.toml.
    pub build_args: BTreeMap<String, String>,
    /// The cargo to ask for versions.
    pub cargo: String,
    /// How many threads may work.
    pub jobs: usize,
}

/// The workspace as it is on disk.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the root Cargo.toml. Absolute.
    pub root: Utf8PathBuf,
    /// The folder that contexts may not leave: the git checkout's, else the root. Absolute.
    pub repository: Boundary,
    /// The root Cargo.toml.
    pub source: SourceText,
    /// The registry's host, where there is one.
    pub registry: Option<String>,
    /// The first part of every image's repository.
    pub namespace: String,
    /// Names in our namespace that live elsewhere.
    pub external: BTreeSet<String>,
    /// The engine that the workspace asks for, with its place in the root Cargo.toml.
    pub engine: Option<(String, Range<usize>)>,
    /// How the workspace wants layers to be compressed, with its place in the root Cargo.toml.
    pub compression: Option<(String, Range<usize>)>,
    /// What `check` forbids.
    pub policy: Rules,
    /// The platform of this machine, in the engines' words.
    pub host: Platform,
    /// The crates, if cargo was asked.
    pub crates: Option<CrateIndex>,
    /// The members, by name.
    pub images: Vec<Image>,
    /// What is unusual but passes.
    pub warnings: Vec<Diagnostic>,
    /// Where the outputs of `[[prepare]]` are kept. Absolute.
    pub prepared: Utf8PathBuf,
}

/// One member.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its name: the repository's last part.
    pub name: String,
    /// Its folder. Absolute.
    pub folder: Utf8PathBuf,
    /// Image.toml as text.
    pub source: SourceText,
    /// Image.toml as values.
    pub manifest: Manifest,
    /// The context's root. Absolute.
    pub context: Utf8PathBuf,
    /// The Dockerfile as text.
    pub dockerfile: SourceText,
    /// The Dockerfile as instructions.
    pub parsed: Dockerfile,
    /// What `.dockerignore` excludes.
    pub ignore: Ignore,
    /// Whether commands work on it by default.
    pub is_default: bool,
    /// Its variants, in the order of Image.toml. There is at least one.
    pub variants: Vec<Variant>,
}

impl Workspace {
    /// The member of this name.
    pub fn image(&self, name: &str) -> Option<&Image> {
        self.images.binary_search_by(|image| image.name.as_str().cmp(name)).ok().map(|at| &self.images[at])
    }

    /// `target/images`: caches and logs. Absolute.
    pub fn cache(&self) -> Utf8PathBuf {
        self.root.join(CACHE)
    }
}

/// Loads the workspace: every Image.toml, Dockerfile and `.dockerignore`, and the versions of crates if one is needed.
///
/// # Errors
/// All that is wrong with the members, or the first thing that is wrong with the workspace itself.
pub fn load(options: &LoadOptions, cancel: &Cancel) -> Result<Workspace, Error> {
    load_from(options, &Files::default(), None, cancel)
}

/// The folder of a workspace's caches, whatever is wrong with its images: `target/images`.
///
/// # Errors
/// There is no workspace.
pub fn cache_folder(options: &LoadOptions) -> Result<Utf8PathBuf, Error> {
    let (root, _) = root::locate(&options.start, options.manifest_path.as_deref(), &Files::default())?;
    Ok(root.join(CACHE))
}

/// As [`load`], from other files than those on disk; cargo is not asked if `crates` are given.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_from(
    options: &LoadOptions,
    files: &Files,
    crates: Option<CrateIndex>,
    cancel: &Cancel,
) -> Result<Workspace, Error> {
    let root = root::find(&options.start, options.manifest_path.as_deref(), files)?;
    let repository = repository(&root.folder);
    load_root(root, repository, options, (files, crates), cancel)
}

/// Loads the workspace whose root is `folder` and no other, in a repository that is told and not looked for. `None` where
/// there is no root, or one that says nothing of images.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_at(
    folder: &Utf8Path,
    repository: &Utf8Path,
    options: &LoadOptions,
    cancel: &Cancel,
) -> Result<Option<Workspace>, Error> {
    let Some(root) = root::at(folder)? else { return Ok(None) };
    load_root(root, repository.to_owned(), options, (&Files::default(), None), cancel).map(Some)
}

fn load_root(
    root: Root,
    repository: Utf8PathBuf,
    options: &LoadOptions,
    (files, crates): (&Files, Option<CrateIndex>),
    cancel: &Cancel,
) -> Result<Workspace, Error> {
    let repository = Boundary::new(repository);
    let candidates: Vec<_> =
        members::candidates(&root.folder, &root.source, &root.settings, files)?.into_iter().collect();
    let read = threads::map(options.jobs, &candidates, |(folder, required)| {
        Draft::read(&root, &repository, folder, required.clone(), files)
    });
    let drafts = collect(read)?.into_iter().flatten().collect::<Vec<_>>();
    let crates = match drafts.iter().any(Draft::needs_cargo) {
        true if crates.is_none() => Some(CrateIndex::read(&options.cargo, &root.folder, cancel)?),
        _ => crates,
    };
    assemble(root, repository, drafts, crates, options)
}

/// One member of a workspace again, from other files.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn load_image(
    workspace: &Workspace,
    image: &Image,
    files: &Files,
    options: &LoadOptions,
) -> Result<Image, Error> {
    let root = root::read(workspace.root.clone(), Arc::clone(&workspace.source.text))?;
    let shared = variants::Shared { root: &root, crates: workspace.crates.as_ref(), options };
    let folder = members::relative(&image.folder, &root.folder);
    match Draft::read(&root, &workspace.repository, folder, None, files)? {
        Some(draft) => draft.finish(&shared),
        None => Err(no_image(&root, folder, 0..0)),
    }
}

fn assemble(
    root: Root,
    repository: Boundary,
    drafts: Vec<Draft>,
    crates: Option<CrateIndex>,
    options: &LoadOptions,
) -> Result<Workspace, Error> {
    let host = host_platform();
    let shared = variants::Shared { root: &root, crates: crates.as_ref(), options };
    let images = drafts.into_iter().map(|draft| draft.finish(&shared)).collect::<Vec<_>>();
    let mut images = collect(images)?;
    images.sort_by(|a, b| a.name.cmp(&b.name));
    check_names(&images)?;
    mark_defaults(&root, &mut images)?;
    let warnings = images.iter().flat_map(warnings).collect();
    let names: Vec<_> = images.iter().map(|image| image.name.as_str()).collect();
    let policy = Rules::read(&root.settings.policy, &root.source, &names)?;
    let settings = root.settings;
    Ok(Workspace {
        registry: registry(&settings, options)?,
        namespace: settings.namespace.into_inner(),
        external: settings.external.into_iter().map(images_schema::Spanned::into_inner).collect(),
        engine: settings.engine.map(with_place),
        compression: settings.compression.map(with_place),
        policy,
        prepared: root.folder.join(CACHE).join("prepare"),
        root: root.folder,
        source: root.source,
        repository,
        host,
        crates,
        images,
        warnings,
    })
}

/// A setting with its place in the root Cargo.toml.
fn with_place(setting: images_schema::Spanned<String>) -> (String, Range<usize>) {
    let place = setting.span();
    (setting.into_inner(), place)
}

fn registry(settings: &images_schema::Settings, options: &LoadOptions) -> Result<Option<String>, Error> {
    match &options.registry {
        Some(registry) if !is_registry(registry) => {
            Err(Diagnostic::error(format!("`{registry}` is no registry"))
                .help("a registry is a host with a dot or a port, or localhost: `ghcr.io`, `localhost:5000`")
                .into())
        }
        Some(registry) => Ok(Some(registry.clone())),
        None => Ok(settings.registry.as_ref().map(|registry| registry.get_ref().clone())),
    }
}

/// The values, or everything that is wrong.
fn collect<T>(results: Vec<Result<T, Error>>) -> Result<Vec<T>, Error> {
    let (mut values, mut diagnostics) = (Vec::with_capacity(results.len()), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(Error::Input(found)) => diagnostics.extend(found),
            Err(other) => return Err(other),
        }
    }
    if diagnostics.is_empty() { Ok(values) } else { Err(Error::Input(diagnostics)) }
}

/// The workspace's root relative to the top of its git checkout; empty where they are one.
///
/// # Errors
/// There is no workspace.
pub fn root_in_repository(options: &LoadOptions) -> Result<Utf8PathBuf, Error> {
    let (root, _) = root::locate(&options.start, options.manifest_path.as_deref(), &Files::default())?;
    Ok(members::relative(&root, &repository(&root)).to_owned())
}

/// The top folder of the git checkout that `root` is in, else `root`.
pub(crate) fn repository(root: &Utf8Path) -> Utf8PathBuf {
    root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root).to_owned()
}

fn check_names(images: &[Image]) -> Result<(), Error> {
    let twins = images.windows(2).filter(|pair| pair[0].name == pair[1].name);
    let found: Vec<_> = twins
        .map(|pair| {
            let (first, second) = (&pair[0], &pair[1]);
            let span = second.manifest.image.name.as_ref().map_or(0..0, images_schema::Spanned::span);
            let message = format!("two images are named `{}`", second.name);
            let diagnostic = second.source.error(span, message, format!("also in {}", first.source.path));
            diagnostic.help("give one of them another `name`")
        })
        .collect();
    if found.is_empty() { Ok(()) } else { Err(Error::Input(found)) }
}

fn mark_defaults(root: &Root, images: &mut [Image]) -> Result<(), Error> {
    let Some(globs) = &root.settings.default_members else {
        images.iter_mut().for_each(|image| image.is_default = true);
        return Ok(());
    };
    let folders: Vec<_> = images.iter().map(|image| members::relative(&image.folder, &root.folder)).collect();
    let chosen = members::defaults(&root.source, globs, &folders)?;
    for (image, chosen) in images.iter_mut().zip(chosen) {
        image.is_default = chosen;
    }
    Ok(())
}

fn warnings(image: &Image) -> Vec<Diagnostic> {
    let mut found: Vec<_> =
        image.parsed.warnings().iter().map(|problem| at_problem(&image.dockerfile, problem, true)).collect();
    let declared = image.parsed.declared_args();
    let per_variant = image.manifest.variant.iter().flat_map(|variant| &variant.get_ref().args);
    let one_by_one = image.manifest.args.iter().chain(per_variant).map(|(name, value)| (name, value.span()));
    let in_matrix = image.manifest.matrix.iter().flat_map(|matrix| &matrix.get_ref().args);
    for (name, span) in one_by_one.chain(in_matrix.map(|(name, values)| (name, values.span()))) {
        let goes_somewhere = declared.contains(name)
            || variants::is_predefined(name)
            || image.source.text.contains(&format!("{{{name}}}"));
        if !goes_somewhere {
            let message = format!("argument `{name}` is not declared by the Dockerfile");
            let near = did_you_mean(name, declared.iter().map(String::as_str));
            let diagnostic = image.source.warning(span, message, "goes nowhere").rule(Rule::Argument);
            found.push(diagnostic.help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `ARG {name}` to {}", image.dockerfile.path),
            }));
        }
    }
    found
}

/// A problem in a text as a diagnostic of its file.
pub fn at_problem(source: &SourceText, problem: &Problem, warning: bool) -> Diagnostic {
    let (span, message, label) = (problem.span.clone(), problem.message.as_str(), problem.label.as_str());
    let diagnostic =
        if warning { source.warning(span, message, label) } else { source.error(span, message, label) };
    Diagnostic { help: problem.help.clone(), ..diagnostic.rule(Rule::Dockerfile) }
}

/// A member whose versions are not known yet.
struct Draft {
    name: String,
    folder: Utf8PathBuf,
    source: SourceText,
    manifest: Manifest,
    context: Utf8PathBuf,
    dockerfile: SourceText,
    parsed: Dockerfile,
    ignore: Ignore,
    has_crate: bool,
}

impl Draft {
    /// Reads one candidate; `None` where there is no Image.toml and none is required.
    fn read(
        root: &Root,
        repository: &Boundary,
        folder: &Utf8Path,
        required: Option<Range<usize>>,
        files: &Files,
    ) -> Result<Option<Self>, Error> {
        let relative = folder.join("Image.toml");
        let path = root.folder.join(&relative);
        let text = match files.read(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return match required {
                    None => Ok(None),
                    Some(span) => Err(no_image(root, folder, span)),
                };
            }
            Err(error) => return Err(Error::io("cannot read", &path)(error)),
        };
        let source = SourceText::new(relative, text);
        let manifest: Manifest = source.parse_toml()?;
        let folder = root.folder.join(folder);
        let name = image_name(&source, &manifest, &folder)?;
        let context = context_folder(&source, &manifest, &folder, repository)?;
        let (dockerfile, parsed, place) =
            read_dockerfile(root, repository, &source, &manifest, &folder, files)?;
        let ignore = read_ignore(root, &place, &context, files)?;
        let has_crate = manifest.image.version.is_none() && folder.join("Cargo.toml").exists();
        Ok(Some(Self { name, folder, source, manifest, context, dockerfile, parsed, ignore, has_crate }))
    }

    /// Whether its version is a crate's, or cargo builds something for it.
    fn needs_cargo(&self) -> bool {
        use images_schema::VersionSource::Crate;
        let version = self.manifest.image.version.as_ref().map(images_schema::Spanned::get_ref);
        self.has_crate || matches!(version, Some(Crate(_))) || self.manifest.artifacts.is_some()
    }

    fn finish(self, shared: &variants::Shared<'_>) -> Result<Image, Error> {
        let member = variants::Member { name: &self.name, folder: &self.folder, source: &self.source };
        let mut variants = variants::expand(&member, &self.manifest, shared)?;
        test::assign(&self.source, &self.name, &self.manifest, &mut variants)?;
        Ok(Image {
            name: self.name,
            folder: self.folder,
            source: self.source,
            manifest: self.manifest,
            context: self.context,
            dockerfile: self.dockerfile,
            parsed: self.parsed,
            ignore: self.ignore,
            is_default: false,
            variants,
        })
    }
}

fn no_image(root: &Root, folder: &Utf8Path, span: Range<usize>) -> Error {
    let diagnostic = root.source.error(span, format!("member `{folder}` is no image"), "no Image.toml there");
    diagnostic.help(format!("create {folder}/Image.toml, or take the entry out")).into()
}

fn image_name(source: &SourceText, manifest: &Manifest, folder: &Utf8Path) -> Result<String, Error> {
    let (name, span) = match &manifest.image.name {
        Some(name) => (name.get_ref().as_str(), name.span()),
        None => (folder.file_name().unwrap_or_default(), 0..0),
    };
    if is_repository(name) && !name.contains('/') {
        return Ok(name.to_owned());
    }
    let diagnostic =
        source.error(span, format!("`{name}` is no name for an image"), "not a part of a repository");
    Err(diagnostic
        .help("a name is lower-case letters, digits and single separators; set `name` under [image]")
        .into())
}

fn context_folder(
    source: &SourceText,
    manifest: &Manifest,
    folder: &Utf8Path,
    repository: &Boundary,
) -> Result<Utf8PathBuf, Error> {
    let Some(context) = &manifest.image.context else { return Ok(folder.to_owned()) };
    let path = normal(&folder.join(context.get_ref()));
    let at = |message: &str, label: &str, help: &str| -> Error {
        source.error(context.span(), message, label).help(help).into()
    };
    if !path.starts_with(repository) {
        let label = format!("leads to {path}");
        let help = format!("a context stays inside {repository}; bring single files in with [[input]]");
        return Err(at("the context is outside of the repository", &label, &help));
    }
    match path.canonicalize_utf8().ok() {
        Some(real) if !real.starts_with(real_path(repository)) => Err(at(
            "the context is outside of the repository",
            &format!("a link to {real}"),
            "a context stays inside the repository; bring single files in with [[input]]",
        )),
        Some(real) if real.is_dir() => Ok(path),
        Some(_) => Err(at("the context is no folder", "a file", "name the folder that holds the files")),
        None => Err(at("the context does not exist", "no such folder", "paths are relative to Image.toml")),
    }
}

fn real_path(path: &Utf8Path) -> Utf8PathBuf {
    path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned())
}

fn read_dockerfile(
    root: &Root,
    repository: &Boundary,
    source: &SourceText,
    manifest: &Manifest,
    folder: &Utf8Path,
    files: &Files,
) -> Result<(SourceText, Dockerfile, Utf8PathBuf), Error> {
    let name = manifest.image.dockerfile.as_ref();
    let path = normal(&folder.join(name.map_or("Dockerfile", |name| name.get_ref().as_str())));
    let shown = members::relative(&path, &root.folder);
    let span = name.map_or(0..0, images_schema::Spanned::span);
    // One that is missing is told of below.
    let is_inside = repository.contains(&path).unwrap_or(true);
    if !path.starts_with(repository) || !is_inside {
        let label = format!("leads to {}", real_path(&path));
        let diagnostic = source.error(span, "the Dockerfile is outside of the repository", label);
        return Err(diagnostic.help(format!("a Dockerfile stays inside {repository}")).into());
    }
    let text = files.read(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            let diagnostic =
                source.error(span, format!("there is no {shown}"), "this image has no Dockerfile");
            diagnostic.help("create it, or name another with `dockerfile` under [image]").into()
        }
        _ => Error::io("cannot read", &path)(error),
    })?;
    let dockerfile = SourceText::new(shown, text);
    let parsed =
        Dockerfile::parse(&dockerfile.text).map_err(|problem| at_problem(&dockerfile, &problem, false))?;
    Ok((dockerfile, parsed, path))
}

/// `<Dockerfile>.dockerignore` before the context's `.dockerignore`, as BuildKit looks for them.
/// <https://docs.docker.com/build/concepts/context/#filename-and-location>
fn read_ignore(
    root: &Root,
    dockerfile: &Utf8Path,
    context: &Utf8Path,
    files: &Files,
) -> Result<Ignore, Error> {
    for path in [Utf8PathBuf::from(format!("{dockerfile}.dockerignore")), context.join(".dockerignore")] {
        match files.read(&path) {
            Ok(text) => {
                let source = SourceText::new(members::relative(&path, &root.folder), text);
                return Ignore::parse(&source.text)
                    .map_err(|problem| at_problem(&source, &problem, false).into());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("cannot read", &path)(error)),
        }
    }
    Ok(Ignore::default())
}
