//! The labels that describe an image.
//!
//! Keys: <https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys>

use std::collections::BTreeMap;

use images_schema::{Field, ImageDefaults, ImageTable, Manifest, PackageDefaults, SourceText, Spanned};

use super::root::Root;
use super::variants::Member;
use crate::Error;

/// The labels of one variant that do not depend on a commit or a key.
///
/// # Errors
/// A field that inherits what the workspace does not have, an unknown placeholder, a label of a reserved name.
pub(super) fn labels<'a>(
    member: &Member<'_>,
    manifest: &Manifest,
    root: &Root,
    version: &str,
    value_of: &dyn Fn(&str) -> Option<&'a str>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut labels = BTreeMap::new();
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            labels.insert(format!("org.opencontainers.image.{key}"), value);
        }
    };
    add("title", Some(member.name.to_owned()));
    add("version", Some(version.to_owned()));
    for (key, field, inherited) in fields(&manifest.image, &root.settings.image, &root.package) {
        add(key, text_of(member.source, key, field, inherited)?);
    }
    for (source, key, value) in root
        .settings
        .labels
        .iter()
        .map(|(key, value)| (&root.source, key, value))
        .chain(manifest.labels.iter().map(|(key, value)| (member.source, key, value)))
    {
        if key.is_empty() || key.starts_with("dev.xtask-images.") || key.contains(['=', '\n']) {
            let diagnostic =
                source.error(value.span(), format!("`{key}` cannot be a label here"), "reserved");
            return Err(diagnostic.help("choose a key of your own, without `=`").into());
        }
        labels.insert(key.clone(), source.filled(value, value_of)?);
    }
    Ok(labels)
}

/// A described field as it is written: its value, or that it is inherited, with its span.
type Written = Option<Spanned<Field<String>>>;

fn fields(
    image: &ImageTable,
    images: &ImageDefaults,
    package: &PackageDefaults,
) -> [(&'static str, Written, Option<String>); 7] {
    let authors = image.authors.as_ref().map(|authors| {
        let joined = match authors.get_ref() {
            Field::Value(list) => Field::Value(list.join(", ")),
            Field::Workspace => Field::Workspace,
        };
        Spanned::new(authors.span(), joined)
    });
    let inherited_authors = images.authors.as_ref().or(package.authors.as_ref()).map(|list| list.join(", "));
    let either =
        |images: &Option<String>, package: &Option<String>| images.clone().or_else(|| package.clone());
    [
        ("description", image.description.clone(), either(&images.description, &package.description)),
        ("authors", authors, inherited_authors),
        ("licenses", image.licenses.clone(), either(&images.licenses, &package.license)),
        ("source", image.source.clone(), either(&images.source, &package.repository)),
        ("documentation", image.documentation.clone(), either(&images.documentation, &package.documentation)),
        ("url", image.url.clone(), either(&images.url, &package.homepage)),
        ("vendor", image.vendor.clone(), images.vendor.clone()),
    ]
}

fn text_of(
    source: &SourceText,
    key: &str,
    field: Written,
    inherited: Option<String>,
) -> Result<Option<String>, Error> {
    let Some(field) = field else { return Ok(None) };
    match (field.get_ref(), inherited) {
        (Field::Value(text), _) => Ok(Some(text.clone())),
        (Field::Workspace, Some(text)) => Ok(Some(text)),
        (Field::Workspace, None) => {
            let message = format!("the workspace has no `{key}` to inherit");
            let diagnostic = source.error(field.span(), message, "nothing to inherit");
            Err(diagnostic
                .help(format!("set `{key}` in [workspace.metadata.images.image], or write it here"))
                .into())
        }
    }
}
