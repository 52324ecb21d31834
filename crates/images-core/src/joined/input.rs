//! `[[input]]`: a file or folder from elsewhere in the repository.

use camino::Utf8PathBuf;

use crate::Error;
use crate::context::Joined;
use crate::workspace::{Image, Workspace, normal};

/// Finds the inputs of an image.
///
/// # Errors
/// One that does not exist or lies outside of the repository, or a place that is outside of the context.
pub fn find(workspace: &Workspace, image: &Image) -> Result<Vec<Joined>, Error> {
    let mut found = Vec::new();
    for input in &image.manifest.input {
        let from = normal(&image.folder.join(input.from.get_ref()));
        let error = |message: String, label: &str, help: &str| -> Error {
            image.source.error(input.from.span(), message, label).help(help).into()
        };
        if !from.starts_with(&workspace.repository) {
            let message = format!("the input `{}` is outside of the repository", input.from.get_ref());
            return Err(error(message, "outside", "an input is a file or folder of this repository"));
        }
        if !from.exists() {
            let message = format!("the input `{}` does not exist", input.from.get_ref());
            return Err(error(message, "no such file or folder", "paths are relative to Image.toml"));
        }
        found.push(Joined { from, to: place(image, &input.to)? });
    }
    Ok(found)
}

/// A place in the context, as `to` and `output` name it.
///
/// # Errors
/// The context's root itself, or a place outside.
pub(super) fn place(image: &Image, to: &images_schema::Spanned<String>) -> Result<Utf8PathBuf, Error> {
    let path = Utf8PathBuf::from(to.get_ref());
    let mut parts = path.components().map(|part| part.as_str());
    if path.is_absolute() || parts.any(|part| part == "..") || normal(&path).as_str().is_empty() {
        let message = format!("`{}` is no place in the context", to.get_ref());
        let diagnostic = image.source.error(to.span(), message, "outside");
        return Err(diagnostic.help("name a path below the context's root").into());
    }
    Ok(normal(&path))
}
