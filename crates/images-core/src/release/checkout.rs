//! A release says which commit it is of, so that commit has to hold what is released.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::Cancel;
use images_schema::Diagnostic;

use crate::Error;
use crate::git::Git;
use crate::graph::{Graph, NodeId};
use crate::lock;
use crate::selection::with_parents;
use crate::session::Keyed;
use crate::workspace::{Image, normal};

/// How many files a refusal lists.
const LISTED: usize = 20;

/// The commit that is checked out; `None` where git knows none.
///
/// # Errors
/// git cannot be run, or an interrupt.
pub(super) fn head(graph: &Graph<'_>, cancel: &Cancel) -> Result<Option<String>, Error> {
    match Git::at(&graph.workspace.repository, cancel) {
        Some(git) => git.read(&["rev-parse", "--verify", "--quiet", "HEAD"]),
        None => Ok(None),
    }
}

/// The commit, which has to be known.
///
/// # Errors
/// There is none.
pub(super) fn commit(graph: &Graph<'_>, cancel: &Cancel) -> Result<String, Error> {
    head(graph, cancel)?.ok_or_else(|| {
        let folder: &Utf8Path = &graph.workspace.repository;
        Diagnostic::error(format!("{folder} is no git checkout with a commit"))
            .help("a release says which commit it is of: commit first")
            .into()
    })
}

/// The refusal of files that differ from the commit and from which the images, or what they stand on, are made; `None`
/// where there are none.
///
/// # Errors
/// git cannot be asked.
pub(super) fn unclean(
    graph: &Graph<'_>,
    ids: &[NodeId],
    keyed: &Keyed,
    cancel: &Cancel,
) -> Result<Option<Diagnostic>, Error> {
    let Some(git) = Git::at(&graph.workspace.repository, cancel) else { return Ok(None) };
    let args = ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"];
    let Some(text) = git.read(&args)? else {
        return Err(Diagnostic::error("git does not tell what differs from the commit").into());
    };
    let changed = text.split('\0').filter_map(|entry| entry.get(3..)).filter(|path| !path.is_empty());
    let inputs = Inputs::of(graph, ids, keyed);
    let matter: BTreeSet<&str> =
        changed.filter(|path| inputs.has(&graph.workspace.repository.join(path))).collect();
    Ok((!matter.is_empty()).then(|| differing(&matter)))
}

fn differing(matter: &BTreeSet<&str>) -> Diagnostic {
    let count = matter.len();
    let mut lines: Vec<String> = matter.iter().take(LISTED).map(|path| format!("  {path}")).collect();
    if count > LISTED {
        lines.push(format!("  and {} more", count - LISTED));
    }
    let what = if count == 1 { "1 file differs" } else { &format!("{count} files differ") };
    let message = format!("{what} from the commit:\n{}", lines.join("\n"));
    let help = "commit them, or release them all the same with `--allow-dirty`";
    Diagnostic::error(message).help(help)
}

/// The files that images are made of.
struct Inputs<'a> {
    /// Single files.
    files: BTreeSet<Utf8PathBuf>,
    /// Folders of which everything counts.
    folders: Vec<Utf8PathBuf>,
    /// Contexts of which only some files count.
    contexts: Vec<(&'a Utf8Path, BTreeSet<&'a str>)>,
    /// The root, where cargo builds something, and the folders in it that are no crate's.
    crates: Option<(&'a Utf8Path, Vec<&'a Utf8Path>)>,
}

impl<'a> Inputs<'a> {
    fn of(graph: &'a Graph<'_>, ids: &[NodeId], keyed: &'a Keyed) -> Self {
        let root = graph.workspace.root.as_path();
        let mut inputs = Self {
            files: BTreeSet::from([root.join("Cargo.toml")]),
            folders: Vec::new(),
            contexts: Vec::new(),
            crates: None,
        };
        for id in with_parents(graph, ids) {
            let image = graph.image(id);
            inputs.add(root, image);
            if lock::is_locked(graph, id) {
                inputs.files.insert(root.join(lock::FILE));
            }
            if image.manifest.artifacts.is_some() {
                let images = graph.workspace.images.iter();
                let others = images.filter(|image| !image.folder.join("Cargo.toml").exists());
                inputs.crates = Some((root, others.map(|image| image.folder.as_path()).collect()));
            }
            let entries = keyed.contexts[&id].entries.iter().map(|entry| entry.path.as_str());
            inputs.contexts.push((&image.context, entries.collect()));
        }
        inputs
    }

    fn add(&mut self, root: &Utf8Path, image: &Image) {
        let dockerfile = root.join(&image.dockerfile.path);
        self.files.extend([
            image.folder.join("Image.toml"),
            image.context.join(".dockerignore"),
            Utf8PathBuf::from(format!("{dockerfile}.dockerignore")),
            dockerfile,
        ]);
        let inputs = image.manifest.input.iter();
        self.folders.extend(inputs.map(|input| normal(&image.folder.join(input.from.get_ref()))));
        if !image.manifest.prepare.is_empty() {
            self.folders.push(image.folder.clone());
        }
    }

    fn has(&self, path: &Utf8Path) -> bool {
        let is_read = |(root, entries): &(&Utf8Path, BTreeSet<&str>)| {
            // What was deleted may have been read.
            path.strip_prefix(root).is_ok_and(|rest| entries.contains(rest.as_str()) || !path.exists())
        };
        let is_crates = |(root, others): &(&Utf8Path, Vec<&Utf8Path>)| {
            path.starts_with(root) && !others.iter().any(|other| path.starts_with(other))
        };
        self.files.contains(path)
            || self.folders.iter().any(|folder| path.starts_with(folder))
            || self.contexts.iter().any(is_read)
            || self.crates.as_ref().is_some_and(is_crates)
    }
}
