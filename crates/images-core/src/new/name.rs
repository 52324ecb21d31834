//! Names of images: what they are made of, and which are taken.

use images_schema::{Diagnostic, Spanned};

use crate::Error;
use crate::workspace::{Workspace, is_repository, relative};

/// Refuses what cannot be the last part of a repository.
///
/// # Errors
/// The rule, and the nearest name that meets it.
pub(super) fn check(name: &str) -> Result<(), Error> {
    if is_repository(name) && !name.contains('/') {
        return Ok(());
    }
    let rule = "a name is lower-case letters and digits, with single `.`, `_`, `__` or dashes between them";
    let help = match (name.rsplit_once('/'), suggestion(name)) {
        (Some((_, last)), _) if is_repository(last) => {
            format!("{rule}; for a folder of that name: `images new {last} --path {name}`")
        }
        (_, Some(near)) => format!("{rule}: `{near}`"),
        (_, None) => rule.to_owned(),
    };
    Err(Diagnostic::error(format!("`{name}` is no name for an image")).help(help).into())
}

/// The same in lower case, with a dash for each run of what cannot be there.
fn suggestion(name: &str) -> Option<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let near = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    is_repository(&near).then_some(near)
}

/// Refuses a name that means something already.
///
/// # Errors
/// A member has it, or it is one of those that live elsewhere.
pub(super) fn check_free(workspace: &Workspace, name: &str) -> Result<(), Error> {
    if let Some(image) = workspace.image(name) {
        let span = image.manifest.image.name.as_ref().map_or(0..0, Spanned::span);
        let folder = relative(&image.folder, &workspace.root);
        let diagnostic =
            image.source.error(span, format!("there is an image `{name}` already"), format!("in {folder}"));
        return Err(diagnostic.help("take another name").into());
    }
    if workspace.external.contains(name) {
        let message = format!("`{name}` is an image of this namespace that lives elsewhere");
        let help = "take another name, or take it out of `external` in [workspace.metadata.images]";
        return Err(Diagnostic::error(message).help(help).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str) -> String {
        let Error::Input(found) = check(name).unwrap_err() else { panic!("it is the user's word") };
        found[0].help.clone().unwrap()
    }

    #[test]
    fn a_name_that_cannot_be_one_is_refused_with_one_that_can() {
        let rule =
            "a name is lower-case letters and digits, with single `.`, `_`, `__` or dashes between them";
        assert_eq!(told("Hello"), format!("{rule}: `hello`"));
        assert_eq!(told("my image!"), format!("{rule}: `my-image`"));
        assert_eq!(told("-a..b-"), format!("{rule}: `a-b`"));
        assert_eq!(
            told("team/api"),
            format!("{rule}; for a folder of that name: `images new api --path team/api`")
        );
        for hopeless in ["", "..", "/", "é"] {
            assert_eq!(told(hopeless), rule, "{hopeless}");
        }
        for name in ["hello", "a.b", "a__b", "a--b", "3"] {
            assert!(check(name).is_ok(), "{name}");
        }
    }
}
