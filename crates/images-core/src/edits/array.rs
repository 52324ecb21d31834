//! Keys and elements that are added to a TOML text, so that the rest of it stays as it is.

use std::ops::Range;

use super::document;

/// How wide a line of an array may be before each element gets its own.
const WIDTH: usize = 100;

/// Adds strings at the end of the array at a path of keys. `None` where there is no array, or where that does not come out.
pub(crate) fn extend(text: &str, path: &[&str], items: &[String]) -> Option<String> {
    let document = document::read(text);
    let value = document::value(&document, path)?;
    let last = value.get_ref().as_array()?.iter().last().map(toml::Spanned::span);
    if items.is_empty() {
        return Some(text.to_owned());
    }
    let added: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    let edited = match last {
        None => {
            let (before, after) = text.split_at(value.span().start + 1);
            format!("{before}{}{after}", added.join(", "))
        }
        Some(last) => behind(text, value.span(), last, &added),
    };
    let mut wanted = document::strings(&document, path);
    wanted.extend_from_slice(items);
    (document::strings(&document::read(&edited), path) == wanted).then_some(edited)
}

/// Elements behind the last one, on lines of their own if that has one. What stands behind that on its line stays there.
fn behind(text: &str, array: Range<usize>, last: Range<usize>, added: &[String]) -> String {
    let line_start = text[..last.start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[last.end..].find('\n').map(|at| last.end + at).filter(|end| *end < array.end);
    let indent = &text[line_start..last.start];
    let (before, after) = text.split_at(last.end);
    match line_end {
        Some(end) if indent.trim().is_empty() => {
            let (rest, after) = (&text[last.end..end], &text[end..]);
            let (rest, ending) = rest.strip_suffix('\r').map_or((rest, ""), |rest| (rest, "\r"));
            let has_comma = rest.trim_start().starts_with(',');
            let (comma, trailing) = if has_comma { ("", ",") } else { (",", "") };
            let lines = added.join(&format!(",{ending}\n{indent}"));
            format!("{before}{comma}{rest}{ending}\n{indent}{lines}{trailing}{ending}{after}")
        }
        _ => format!("{before}, {}{after}", added.join(", ")),
    }
}

/// Adds a key with this value, as TOML, behind the key at a path, to the same table. `None` where there is no such key, or
/// where the table is written in a way that hinders it.
pub(crate) fn insert_behind(text: &str, path: &[&str], key: &str, value: &str) -> Option<String> {
    let document = document::read(text);
    let end = document::value(&document, path)?.span().end;
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
    let is_there = document::value(&document::read(&edited), &there).is_some();
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
            "[a]\r\nlist = [\r\n  \"1\", # one\r\n  \"x\",\r\n  \"y\",\r\n]\r\n"
        );
        assert_eq!(extend("[a]\n", &["a", "list"], &[]), None);
    }

    #[test]
    fn what_stands_behind_the_last_element_stays_on_its_line() {
        let extended = |text: &str| extend(text, &["list"], &["x".to_owned()]).unwrap();
        for (before, after) in [
            ("list = []\n", "list = [\"x\"]\n"),
            ("list = [ # none\n]\n", "list = [\"x\" # none\n]\n"),
            ("list = ['a'] # c\n", "list = ['a', \"x\"] # c\n"),
            ("list = [\"a\", ]\n", "list = [\"a\", \"x\", ]\n"),
            (
                "list = [\n    \"a\", # c\n    \"b\" # d, e\n]\nx = 1\n",
                "list = [\n    \"a\", # c\n    \"b\", # d, e\n    \"x\"\n]\nx = 1\n",
            ),
            ("list = [\r\n\t\"a\",\r\n]\r\n", "list = [\r\n\t\"a\",\r\n\t\"x\",\r\n]\r\n"),
            ("list = [\n  \"a\",\n  \"b\"]\n", "list = [\n  \"a\",\n  \"b\", \"x\"]\n"),
        ] {
            assert_eq!(extended(before), after);
        }
        assert_eq!(extend("list = ['a']", &["list"], &[]).unwrap(), "list = ['a']");
        assert_eq!(extend("list = 'a'", &["list"], &["x".to_owned()]), None);
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
