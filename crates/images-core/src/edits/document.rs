//! Places of values in a TOML text, so that the rest of it stays as it is.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A string in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// What it says.
    pub(crate) value: String,
    /// Its bytes, quotes included.
    pub(crate) span: Range<usize>,
}

/// Reads a document; one that is no TOML has nothing in it. Whoever needs it has read it before, and told what is wrong.
pub(crate) fn read(text: &str) -> DeTable<'_> {
    DeTable::parse(text).map(toml::Spanned::into_inner).unwrap_or_default()
}

/// The value at a path of keys.
pub(crate) fn value<'a, 'i>(
    document: &'a DeTable<'i>,
    path: &[&str],
) -> Option<&'a toml::Spanned<DeValue<'i>>> {
    let (last, tables) = path.split_last()?;
    tables.iter().try_fold(document, |above, key| table(above, key))?.get(*last)
}

/// The string at a path of keys.
pub(crate) fn string(document: &DeTable<'_>, path: &[&str]) -> Option<Text> {
    value(document, path).and_then(found)
}

/// The strings of the array at a path of keys.
pub(crate) fn strings(document: &DeTable<'_>, path: &[&str]) -> Vec<String> {
    let array = value(document, path).and_then(|value| value.get_ref().as_array());
    let elements = array.into_iter().flat_map(|array| array.iter());
    elements.filter_map(|element| element.get_ref().as_str().map(str::to_owned)).collect()
}

/// The string of a key of a table.
pub(crate) fn text(table: &DeTable<'_>, key: &str) -> Option<Text> {
    table.get(key).and_then(found)
}

fn found(value: &toml::Spanned<DeValue<'_>>) -> Option<Text> {
    let text = value.get_ref().as_str()?;
    Some(Text { value: text.to_owned(), span: value.span() })
}

/// The table of a key of a table.
pub(crate) fn table<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    table.get(key)?.get_ref().as_table()
}

/// The tables of an array of tables.
pub(crate) fn tables<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Vec<&'a DeTable<'i>> {
    let list = table.get(key).and_then(|value| value.get_ref().as_array());
    list.into_iter().flat_map(|list| list.iter()).filter_map(|value| value.get_ref().as_table()).collect()
}

/// Whether a key says `KEY.workspace = true`.
pub(crate) fn is_inherited(table: &DeTable<'_>, key: &str) -> bool {
    let inherits = |value: &DeValue<'_>| value.as_table()?.get("workspace")?.get_ref().as_bool();
    table.get(key).and_then(|value| inherits(value.get_ref())).unwrap_or(false)
}

/// What takes the place of a string's bytes: the new value in quotes like the old ones. Versions need no escapes.
pub(crate) fn quoted(old: &str, value: &str) -> String {
    let quote = if old.starts_with('\'') { '\'' } else { '"' };
    format!("{quote}{value}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_with_their_quotes_however_tables_are_written() {
        for document in [
            "# c\n[workspace.package]\nversion = '1.0.0' # here\n",
            "workspace = { package = { version = '1.0.0' } }\n",
            "workspace.package.version = '1.0.0'\n",
        ] {
            let found = string(&read(document), &["workspace", "package", "version"]).unwrap();
            assert_eq!((found.value.as_str(), &document[found.span.clone()]), ("1.0.0", "'1.0.0'"));
            assert_eq!(quoted(&document[found.span], "2"), "'2'");
        }
    }

    #[test]
    fn inheritance_is_told() {
        let document = read("[package]\nversion.workspace = true\n");
        assert!(is_inherited(table(&document, "package").unwrap(), "version"));
        assert!(!is_inherited(table(&read("[package]\nversion = \"1\"\n"), "package").unwrap(), "version"));
    }
}
