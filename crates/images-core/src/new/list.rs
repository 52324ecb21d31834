//! Items of lists in the root Cargo.toml, added so that the rest of it stays as it is.

use camino::Utf8Path;
use images_schema::{DEFAULT_MEMBERS, Diagnostic};

use super::package::Package;
use super::place::Place;
use crate::Error;
use crate::edits::{array, document};

/// The settings.
const IMAGES: [&str; 3] = ["workspace", "metadata", "images"];
/// Cargo's own table.
const CARGO: [&str; 1] = ["workspace"];

/// The root Cargo.toml with the place among the members of both kinds, where it is not.
///
/// # Errors
/// The text is written in a way that is not edited here, or cargo is told to leave the folder out.
pub(super) fn with_members(text: &str, place: &Place, package: Option<&Package>) -> Result<String, Error> {
    let folder = place.folder.as_str();
    let mut text = text.to_owned();
    if package.is_some() {
        check_excluded(&text, folder)?;
        if !items(&text, &CARGO, "members").iter().any(|member| is_named(member, folder)) {
            text = with_item(&text, &CARGO, folder, &[])
                .ok_or_else(|| by_hand("the crate", &format!("`members` of [workspace]: \"{folder}\"")))?;
        }
    }
    if !place.is_member {
        text = with_item(&text, &IMAGES, folder, &DEFAULT_MEMBERS).ok_or_else(|| {
            by_hand("the image", &format!("`members` of [workspace.metadata.images]: \"{folder}\""))
        })?;
    }
    Ok(text)
}

fn by_hand(what: &str, place: &str) -> Error {
    let message = format!("{what} cannot be made a member: this Cargo.toml is not edited by itself");
    Diagnostic::error(message).help(format!("add it to {place}, and run this again")).into()
}

fn check_excluded(text: &str, folder: &str) -> Result<(), Error> {
    match excluded(text, folder) {
        None => Ok(()),
        Some(excluded) => {
            let message = format!("`exclude` of [workspace] keeps cargo from `{folder}`: \"{excluded}\"");
            Err(Diagnostic::error(message).help("name another folder with --path").into())
        }
    }
}

/// What keeps cargo from a folder: it takes `exclude` for paths, not for globs.
/// <https://doc.rust-lang.org/cargo/reference/workspaces.html#the-members-and-exclude-fields>
fn excluded(text: &str, folder: &str) -> Option<String> {
    let above = |excluded: &String| Utf8Path::new(folder).starts_with(excluded.trim_end_matches('/'));
    items(text, &CARGO, "exclude").into_iter().find(above)
}

/// Whether cargo takes the folder for a crate, and fails if it is none.
pub(super) fn is_cargos(text: &str, folder: &Utf8Path) -> bool {
    let members = items(text, &CARGO, "members");
    members.iter().any(|member| is_named(member, folder.as_str()))
        && excluded(text, folder.as_str()).is_none()
}

/// Whether a member of cargo's, a glob perhaps, names the folder.
fn is_named(member: &str, folder: &str) -> bool {
    let source = images_schema::SourceText::new("Cargo.toml", "");
    let member = images_schema::Spanned::new(0..0, member.to_owned());
    images_schema::PathGlob::parse(&source, &member).is_ok_and(|glob| glob.matches(folder.into()))
}

/// The strings of a list.
fn items(text: &str, path: &[&str], key: &str) -> Vec<String> {
    document::strings(&document::read(text), &[path, &[key]].concat())
}

/// The text with one more member; where there is no list, one of `initial` and the member. `None` where that does not
/// come out.
fn with_item(text: &str, path: &[&str], item: &str, initial: &[&str]) -> Option<String> {
    let members = [path, &["members"]].concat();
    let item = item.to_owned();
    if document::value(&document::read(text), &members).is_some() {
        return array::extend(text, &members, &[item]);
    }
    let wanted: Vec<_> = initial.iter().map(|item| (*item).to_owned()).chain([item]).collect();
    let edited = with_list(text, path, &wanted)?;
    (items(&edited, path, "members") == wanted).then_some(edited)
}

/// A list below the header of its table; a `[workspace]` without one gets it at the end.
fn with_list(text: &str, path: &[&str], items: &[String]) -> Option<String> {
    let header = format!("[{}]", path.join("."));
    let line = format!("members = {}\n", array::strings(items, "\n"));
    let is_header = |line: &&str| line.split('#').next().is_some_and(|start| start.trim() == header);
    let mut at = 0;
    for found in text.split_inclusive('\n') {
        at += found.len();
        if is_header(&found) {
            let end = if found.ends_with('\n') { "" } else { "\n" };
            return Some(format!("{}{end}{line}{}", &text[..at], &text[at..]));
        }
    }
    (path == CARGO).then(|| format!("{}\n\n{header}\n{line}", text.trim_end_matches('\n')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: &str) -> String {
        with_item(text, &CARGO, "apps/x", &["a/*"]).unwrap()
    }

    #[test]
    fn an_item_joins_a_list_in_the_form_that_the_list_has() {
        for (before, after) in [
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"apps/x\"]\n"),
            ("[workspace]\nmembers = ['a'] # c\n", "[workspace]\nmembers = ['a', \"apps/x\"] # c\n"),
            ("[workspace]\nmembers = [\"a\", ]\n", "[workspace]\nmembers = [\"a\", \"apps/x\", ]\n"),
            (
                "[workspace]\nmembers = [\n    \"a\", # c\n    \"b\" # d, e\n]\nx = 1\n",
                "[workspace]\nmembers = [\n    \"a\", # c\n    \"b\", # d, e\n    \"apps/x\"\n]\nx = 1\n",
            ),
            (
                "[workspace]\r\nmembers = [\r\n\t\"a\",\r\n]\r\n",
                "[workspace]\r\nmembers = [\r\n\t\"a\",\r\n\t\"apps/x\",\r\n]\r\n",
            ),
            (
                "[workspace]\nmembers = [\n  \"a\",\n  \"b\"]\n",
                "[workspace]\nmembers = [\n  \"a\",\n  \"b\", \"apps/x\"]\n",
            ),
            ("workspace.members = [\"a\"]\n", "workspace.members = [\"a\", \"apps/x\"]\n"),
        ] {
            assert_eq!(added(before), after);
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_made_below_its_header() {
        assert_eq!(
            added("[workspace] # ours\nresolver = \"3\"\n"),
            "[workspace] # ours\nmembers = [\"a/*\", \"apps/x\"]\nresolver = \"3\"\n"
        );
        assert_eq!(
            added("[workspace.package]\nedition = \"2024\"\n"),
            "[workspace.package]\nedition = \"2024\"\n\n[workspace]\nmembers = [\"a/*\", \"apps/x\"]\n"
        );
        let inline = "[workspace.metadata]\nimages = { namespace = \"acme\" }\n";
        assert_eq!(with_item(inline, &IMAGES, "apps/x", &[]), None);
    }
}
