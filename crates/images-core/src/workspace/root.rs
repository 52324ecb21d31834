//! Finds the workspace's root and reads its settings.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::Reference;
use images_schema::{Diagnostic, PackageDefaults, RootManifest, Settings, SourceText};

use super::files::Files;
use crate::Error;

/// The root Cargo.toml and what it says of images.
pub(super) struct Root {
    pub(super) folder: Utf8PathBuf,
    pub(super) source: SourceText,
    pub(super) settings: Settings,
    pub(super) package: PackageDefaults,
}

/// Goes up from `start`, or from the folder of `manifest`, to the first Cargo.toml with a `[workspace]`.
///
/// # Errors
/// There is none, it cannot be read, or it says nothing of images.
pub(super) fn find(start: &Utf8Path, manifest: Option<&Utf8Path>, files: &Files) -> Result<Root, Error> {
    let (folder, text) = locate(start, manifest, files)?;
    read(folder, text)
}

/// The root's folder, and its Cargo.toml as text.
///
/// # Errors
/// There is none, or it cannot be read.
pub(crate) fn locate(
    start: &Utf8Path,
    manifest: Option<&Utf8Path>,
    files: &Files,
) -> Result<(Utf8PathBuf, Arc<str>), Error> {
    let start = match manifest {
        Some(path) => {
            if !path.is_file() {
                let diagnostic = Diagnostic::error(format!("there is no file {path}"));
                return Err(diagnostic.help("--manifest-path names a Cargo.toml").into());
            }
            path.parent().unwrap_or(start)
        }
        None => start,
    };
    for folder in start.ancestors() {
        let path = folder.join("Cargo.toml");
        match files.read(&path) {
            Ok(text) if has_workspace_table(&text) => return Ok((folder.to_owned(), text)),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("cannot read", &path)(error)),
        }
    }
    Err(Diagnostic::error(format!("no Cargo.toml with a [workspace] in {start} or above"))
        .help("run this within a Cargo workspace, or name one with --manifest-path")
        .into())
}

/// The root in this folder and no other; `None` where it has none, or where it says nothing of images.
///
/// # Errors
/// It cannot be read, or is wrong.
pub(super) fn at(folder: &Utf8Path) -> Result<Option<Root>, Error> {
    let path = folder.join("Cargo.toml");
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        text => text.map_err(Error::io("cannot read", &path))?,
    };
    let source = SourceText::new("Cargo.toml", text);
    let manifest: RootManifest = source.parse_toml()?;
    let has_images = manifest.workspace.is_some_and(|workspace| workspace.metadata.images.is_some());
    if has_images { read(folder.to_owned(), source.text).map(Some) } else { Ok(None) }
}

fn has_workspace_table(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("[workspace"))
}

pub(super) fn read(folder: Utf8PathBuf, text: Arc<str>) -> Result<Root, Error> {
    let source = SourceText::new("Cargo.toml", text);
    let manifest: RootManifest = source.parse_toml()?;
    let workspace = manifest.workspace;
    let Some((settings, package)) =
        workspace.and_then(|workspace| Some((workspace.metadata.images?, workspace.package)))
    else {
        return Err(Diagnostic::error("this workspace says nothing of images")
            .at("Cargo.toml", &source.text, 0..0, "no [workspace.metadata.images]")
            .help("add, for example:\n[workspace.metadata.images]\nnamespace = \"acme\"\nmembers = [\"images/*\"]")
            .into());
    };
    let settings = settings.into_inner();
    check_names(&source, &settings)?;
    Ok(Root { folder, source, settings, package })
}

/// The registry and the namespace must make repositories that engines accept.
fn check_names(source: &SourceText, settings: &Settings) -> Result<(), Error> {
    if let Some(registry) = &settings.registry
        && !is_registry(registry.get_ref())
    {
        return Err(source
            .error(registry.span(), format!("`{}` is no registry", registry.get_ref()), "not a host")
            .help("a registry is a host with a dot or a port, or localhost: `ghcr.io`, `localhost:5000`")
            .into());
    }
    let namespace = &settings.namespace;
    if !is_repository(namespace.get_ref()) {
        return Err(source
            .error(namespace.span(), format!("`{}` is no namespace", namespace.get_ref()), "not a path")
            .help("a namespace is lower-case letters, digits and single separators: `acme`, `acme/images`")
            .into());
    }
    Ok(())
}

/// Whether `text` can stand before the first slash of a reference.
pub(crate) fn is_registry(text: &str) -> bool {
    Reference::parse(&format!("{text}/x"))
        .is_ok_and(|read| read.domain.as_deref() == Some(text) && read.path == "x")
}

/// Whether `text` is a repository's path and nothing else.
pub(crate) fn is_repository(text: &str) -> bool {
    Reference::parse(&format!("localhost/{text}"))
        .is_ok_and(|read| read.path == text && read.tag.is_none() && read.digest.is_none())
}
