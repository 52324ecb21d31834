//! Items of lists in the root Cargo.toml, added so that the rest of it stays as it is.

use std::ops::Range;

use camino::Utf8Path;
use images_schema::{DEFAULT_MEMBERS, Diagnostic};
use toml::de::DeTable;

use super::package::Package;
use super::place::Place;
use crate::Error;

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

/// The table at a path of keys.
pub(super) fn table<'a, 'i>(document: &'a DeTable<'i>, path: &[&str]) -> Option<&'a DeTable<'i>> {
    path.iter().try_fold(document, |table, key| table.get(*key)?.get_ref().as_table())
}

fn read(text: &str) -> DeTable<'_> {
    DeTable::parse(text).map(toml::Spanned::into_inner).unwrap_or_default()
}

/// The strings of a list.
fn items(text: &str, path: &[&str], key: &str) -> Vec<String> {
    let document = read(text);
    let list = table(&document, path).and_then(|table| table.get(key)?.get_ref().as_array());
    let items = list.into_iter().flat_map(|list| list.iter());
    items.filter_map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}

/// The text with one more member; where there is no list, one of `initial` and the member. `None` where that does not
/// come out.
fn with_item(text: &str, path: &[&str], item: &str, initial: &[&str]) -> Option<String> {
    let document = read(text);
    let list = table(&document, path).and_then(|table| table.get("members"));
    let edited = match list {
        Some(list) => {
            let items = list.get_ref().as_array()?;
            let last = items.iter().last().map(toml::Spanned::span);
            with_last(text, list.span(), last, item)
        }
        None => with_list(text, path, item, initial)?,
    };
    let mut wanted = match list {
        Some(_) => items(text, path, "members"),
        None => initial.iter().map(|item| (*item).to_owned()).collect(),
    };
    wanted.push(item.to_owned());
    (items(&edited, path, "members") == wanted).then_some(edited)
}

/// One more item behind the last one, on a line of its own if that has one.
fn with_last(text: &str, list: Range<usize>, last: Option<Range<usize>>, item: &str) -> String {
    let Some(last) = last else {
        let inner = list.start + 1;
        return format!("{}\"{item}\"{}", &text[..inner], &text[inner..]);
    };
    let line_start = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[last.end..].find('\n').map(|at| last.end + at).filter(|end| *end < list.end);
    let indent = &text[line_start..last.start];
    let (before, after) = (&text[..last.end], &text[last.end..]);
    match line_end {
        Some(end) if indent.trim().is_empty() => {
            let (rest, after) = (&text[last.end..end], &text[end..]);
            let (rest, ending) = rest.strip_suffix('\r').map_or((rest, ""), |rest| (rest, "\r"));
            let has_comma = rest.trim_start().starts_with(',');
            let (comma, trailing) = if has_comma { ("", ",") } else { (",", "") };
            format!("{before}{comma}{rest}{ending}\n{indent}\"{item}\"{trailing}{ending}{after}")
        }
        _ => format!("{before}, \"{item}\"{after}"),
    }
}

/// A list below the header of its table; a `[workspace]` without one gets it at the end.
fn with_list(text: &str, path: &[&str], item: &str, initial: &[&str]) -> Option<String> {
    let header = format!("[{}]", path.join("."));
    let items = initial.iter().copied().chain([item]).map(|item| format!("\"{item}\""));
    let line = format!("members = [{}]\n", items.collect::<Vec<_>>().join(", "));
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
