//! The root Cargo.toml: where it is, and what is added to it.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{DEFAULT_MEMBERS, Diagnostic, RootManifest, Settings, SourceText, Spanned};

use super::members;
use crate::Error;
use crate::edits::Edits;
use crate::edits::array::{self, extend, insert_behind, newline, quoted, strings};
use crate::workspace::{LoadOptions, locate, repository};

/// Where the workspace's table of images is.
const IMAGES: [&str; 3] = ["workspace", "metadata", "images"];

/// The root's Cargo.toml before.
#[derive(Debug)]
pub(super) struct Root {
    /// Its folder. Absolute.
    pub(super) folder: Utf8PathBuf,
    /// Its text; `None` where there is none.
    pub(super) text: Option<Arc<str>>,
    /// Whether it has a `[workspace]`.
    pub(super) is_workspace: bool,
    /// What it says of images.
    pub(super) settings: Option<Settings>,
}

/// What the settings have to say.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The namespace.
    pub(super) namespace: String,
    /// The registry.
    pub(super) registry: Option<String>,
    /// The folders of new images, relative to the root.
    pub(super) folders: Vec<Utf8PathBuf>,
    /// Names in our namespace that live elsewhere.
    pub(super) external: Vec<String>,
    /// Members for cargo.
    pub(super) crates: Vec<String>,
    /// Folders with crates that are not to become members of a new workspace.
    pub(super) strangers: Vec<String>,
}

/// Finds the workspace that `top` belongs to; `top` itself is the root where there is none. A workspace outside of the git
/// checkout that `top` is in is somebody else's.
///
/// # Errors
/// `--manifest-path` names no file, or the Cargo.toml cannot be read.
pub(super) fn root(top: &Utf8Path, options: &LoadOptions) -> Result<Root, Error> {
    let located = match options.manifest_path.as_deref() {
        Some(manifest) => Some(locate(top, Some(manifest), &Default::default())?),
        None => {
            let top_of_checkout = repository(top);
            let is_checkout = top_of_checkout.join(".git").exists();
            let found = locate(top, None, &Default::default()).ok();
            found.filter(|(folder, _)| !is_checkout || folder.starts_with(&top_of_checkout))
        }
    };
    if let Some((folder, text)) = located {
        let settings = read(&text)?;
        return Ok(Root { folder, text: Some(text), is_workspace: true, settings });
    }
    let path = top.join("Cargo.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => Some(Arc::from(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("cannot read", &path)(error)),
    };
    if let Some(text) = &text {
        read(text)?;
    }
    Ok(Root { folder: top.to_owned(), text, is_workspace: false, settings: None })
}

fn read(text: &Arc<str>) -> Result<Option<Settings>, Error> {
    let manifest: RootManifest = SourceText::new("Cargo.toml", Arc::clone(text)).parse_toml()?;
    let images = manifest.workspace.and_then(|workspace| workspace.metadata.images);
    Ok(images.map(Spanned::into_inner))
}

/// Writes the settings: into a new Cargo.toml, at the end of one that says nothing of images, or into what it says.
///
/// # Errors
/// It is written in a way in which nothing can be added.
pub(super) fn edit(edits: &mut Edits, root: &Root, wanted: &Wanted) -> Result<(), Error> {
    let path = root.folder.join("Cargo.toml");
    let Some(text) = &root.text else {
        edits.create(&path, of_nothing(wanted));
        return Ok(());
    };
    let with_crates = if root.is_workspace { with_crates(text, wanted)? } else { text.to_string() };
    let edited = match &root.settings {
        Some(settings) => extended(with_crates, settings, wanted)?,
        None => appended(with_crates, root.is_workspace, wanted),
    };
    let says = read(&Arc::from(edited.as_str())).ok().flatten();
    if says.is_none_or(|settings| *settings.namespace.get_ref() != wanted.namespace) {
        return Err(by_hand(&table(wanted, Some(&[]), "\n")));
    }
    if edited == **text { Ok(()) } else { edits.set(&path, edited) }
}

/// The Cargo.toml of a workspace without crates.
fn of_nothing(wanted: &Wanted) -> String {
    let members = strings(&wanted.crates, "\n");
    let mut text = format!("[workspace]\nresolver = \"3\"\nmembers = {members}\n");
    if !wanted.strangers.is_empty() {
        text += &format!("exclude = {}\n", strings(&wanted.strangers, "\n"));
    }
    format!("{text}\n{}", table(wanted, None, "\n"))
}

/// `[workspace.metadata.images]`. `members` are those that are said already; `None` where the defaults count.
fn table(wanted: &Wanted, members: Option<&[String]>, newline: &str) -> String {
    let mut lines =
        vec!["[workspace.metadata.images]".to_owned(), format!("namespace = {}", quoted(&wanted.namespace))];
    lines.extend(wanted.registry.iter().map(|registry| format!("registry = {}", quoted(registry))));
    let members = with_folders(members, &wanted.folders);
    lines.extend(members.map(|members| format!("members = {}", strings(&members, newline))));
    if !wanted.external.is_empty() {
        lines.push(format!("external = {}", strings(&wanted.external, newline)));
    }
    lines.iter().map(|line| format!("{line}{newline}")).collect()
}

/// The members that a workspace has to say so that it has these folders; `None` where nothing has to be said.
fn with_folders(said: Option<&[String]>, folders: &[Utf8PathBuf]) -> Option<Vec<String>> {
    let defaults = DEFAULT_MEMBERS.map(str::to_owned);
    let left = members::left(said.unwrap_or(&defaults), folders);
    if left.is_empty() {
        return None;
    }
    // What is said replaces the defaults; they stay where they mean something.
    let kept = defaults
        .into_iter()
        .filter(|glob| members::left(std::slice::from_ref(glob), folders).len() < folders.len());
    Some(if said.is_some() { members::globs(&left) } else { kept.chain(members::globs(&left)).collect() })
}

fn appended(mut text: String, is_workspace: bool, wanted: &Wanted) -> String {
    let newline = newline(&text);
    if !text.is_empty() && !text.ends_with('\n') {
        text += newline;
    }
    if !is_workspace {
        text += &format!("{newline}[workspace]{newline}");
    }
    format!("{text}{newline}{}", table(wanted, None, newline))
}

/// Adds to the settings what they lack.
fn extended(mut text: String, settings: &Settings, wanted: &Wanted) -> Result<String, Error> {
    let said: Option<Vec<String>> =
        settings.members.as_ref().map(|members| members.iter().map(|glob| glob.get_ref().clone()).collect());
    let ending = newline(&text);
    let mut add = |key: &str, items: &[String], is_there: bool| {
        let path = [&IMAGES[..], &[key]].concat();
        let edited = match is_there {
            true => extend(&text, &path, items),
            false => {
                insert_behind(&text, &[&IMAGES[..], &["namespace"]].concat(), key, &strings(items, ending))
            }
        };
        text = edited.ok_or_else(|| by_hand(&format!("{key} = {}", strings(items, ending))))?;
        Ok::<(), Error>(())
    };
    if !wanted.external.is_empty() {
        add("external", &wanted.external, !settings.external.is_empty())?;
    }
    if let Some(members) = with_folders(said.as_deref(), &wanted.folders) {
        add("members", &members, said.is_some())?;
    }
    if let (Some(registry), None) = (&wanted.registry, &settings.registry) {
        let line = quoted(registry);
        let edited = insert_behind(&text, &[&IMAGES[..], &["namespace"]].concat(), "registry", &line);
        text = edited.ok_or_else(|| by_hand(&format!("registry = {line}")))?;
    }
    Ok(text)
}

/// Adds members for cargo to a workspace that is there.
fn with_crates(text: &str, wanted: &Wanted) -> Result<String, Error> {
    if wanted.crates.is_empty() {
        return Ok(text.to_owned());
    }
    let edited = array::extend(text, &["workspace", "members"], &wanted.crates);
    edited.ok_or_else(|| by_hand(&format!("members = {}", strings(&wanted.crates, "\n"))))
}

fn by_hand(lines: &str) -> Error {
    Diagnostic::error(
        "the root Cargo.toml is written in a way in which nothing can be added, so nothing is written",
    )
    .help(format!("add this by hand, and run this again:\n{lines}"))
    .into()
}
