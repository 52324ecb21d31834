//! Keys and elements that are added to a TOML text, so that the rest of it stays as it is.

use toml::de::{DeTable, DeValue};

use super::document;

/// How wide a line of an array may be before each element gets its own.
const WIDTH: usize = 100;

/// Adds strings at the end of the array at a path of keys. `None` where there is no array.
pub(crate) fn extend(text: &str, path: &[&str], items: &[String]) -> Option<String> {
    let document = document::read(text);
    let value = find(&document, path)?;
    let elements = value.get_ref().as_array()?;
    let added: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    let mut edited = text.to_owned();
    match elements.iter().last() {
        None => edited.replace_range(value.span(), &format!("[{}]", added.join(", "))),
        Some(last) => {
            let line = text[..last.span().start].rfind('\n').map_or(0, |at| at + 1);
            let before = &text[line..last.span().start];
            let separator = if before.trim().is_empty() {
                format!(",{}{before}", newline(text))
            } else {
                ", ".to_owned()
            };
            let more: String = added.iter().map(|item| format!("{separator}{item}")).collect();
            edited.insert_str(last.span().end, &more);
        }
    }
    Some(edited)
}

/// Adds a key with this value, as TOML, behind the key at a path, to the same table. `None` where there is no such key, or
/// where the table is written in a way that hinders it.
pub(crate) fn insert_behind(text: &str, path: &[&str], key: &str, value: &str) -> Option<String> {
    let document = document::read(text);
    let end = find(&document, path)?.span().end;
    let rest = &text[end..];
    let mut edited = text.to_owned();
    match rest.trim_start_matches([' ', '\t']).chars().next() {
        None | Some('#' | '\n' | '\r') => {
            let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
            edited.insert_str(end + line, &format!("{}{key} = {value}", newline(text)));
        }
        Some(_) => edited.insert_str(end, &format!(", {key} = {value}")),
    }
    let (_, table) = path.split_last()?;
    let there = [table, &[key]].concat();
    let is_there = find(&document::read(&edited), &there).is_some();
    is_there.then_some(edited)
}

/// An array of strings as TOML.
pub(crate) fn strings(items: &[String], newline: &str) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    let line = format!("[{}]", items.join(", "));
    if line.len() <= WIDTH {
        return line;
    }
    let lines: String = items.iter().map(|item| format!("    {item},{newline}")).collect();
    format!("[{newline}{lines}]")
}

/// A string as TOML.
pub(crate) fn quoted(text: &str) -> String {
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

/// How lines end in a text.
pub(crate) fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn find<'a, 'i>(document: &'a DeTable<'i>, path: &[&str]) -> Option<&'a toml::Spanned<DeValue<'i>>> {
    let (last, tables) = path.split_last()?;
    let mut table = document;
    for key in tables {
        table = document::table(table, key)?;
    }
    table.get(*last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extended(text: &str) -> String {
        extend(text, &["a", "list"], &["x".to_owned(), "y".to_owned()]).unwrap()
    }

    #[test]
    fn elements_are_added_as_the_others_are_written() {
        assert_eq!(extended("[a]\nlist = [] # c\n"), "[a]\nlist = [\"x\", \"y\"] # c\n");
        assert_eq!(extended("a = { list = ['1'] }"), "a = { list = ['1', \"x\", \"y\"] }");
        assert_eq!(
            extended("[a]\r\nlist = [\r\n  \"1\", # one\r\n]\r\n"),
            "[a]\r\nlist = [\r\n  \"1\",\r\n  \"x\",\r\n  \"y\", # one\r\n]\r\n"
        );
        assert_eq!(extend("[a]\n", &["a", "list"], &[]), None);
    }

    #[test]
    fn a_key_is_added_behind_another_in_its_table() {
        let add = |text: &str| insert_behind(text, &["a", "k"], "new", "1");
        assert_eq!(add("[a]\nk = 2 # c\nl = 3\n").unwrap(), "[a]\nk = 2 # c\nnew = 1\nl = 3\n");
        assert_eq!(add("a = { k = 2 }\n").unwrap(), "a = { k = 2, new = 1 }\n");
        assert_eq!(add("[a]\nk = 2").unwrap(), "[a]\nk = 2\nnew = 1");
        assert_eq!(add("a.k = 2\n"), None);
    }

    #[test]
    fn strings_are_escaped_and_long_arrays_have_lines() {
        assert_eq!(quoted("a\"b\\c\u{1}"), "\"a\\\"b\\\\c\\u0001\"");
        assert_eq!(strings(&["a".to_owned(), "b".to_owned()], "\n"), "[\"a\", \"b\"]");
        assert_eq!(strings(&["a".repeat(60), "b".repeat(60)], "\n").lines().count(), 4);
    }
}
