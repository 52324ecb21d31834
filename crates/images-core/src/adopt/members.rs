//! Globs that name folders, few and not wide.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use images_schema::{PathGlob, SourceText, Spanned};

/// From how many folders at the top of the workspace on one glob names them.
const MANY: usize = 4;

/// Globs for these folders, which are relative to the root. A glob passes over folders without an Image.toml, so one that
/// names more than these does no harm.
pub(super) fn globs(folders: &[Utf8PathBuf]) -> Vec<String> {
    let mut groups: BTreeMap<(String, usize), Vec<&Utf8Path>> = BTreeMap::new();
    for folder in folders {
        let depth = folder.components().count();
        let first = if depth > 1 { folder.components().next().map(|part| part.to_string()) } else { None };
        groups.entry((first.unwrap_or_default(), depth)).or_default().push(folder);
    }
    groups.into_iter().flat_map(|((_, depth), folders)| of_group(&folders, depth)).collect()
}

/// Folders of one depth, which have the first component in common if it is not their only one.
fn of_group(folders: &[&Utf8Path], depth: usize) -> Vec<String> {
    let is_few = folders.len() == 1 || (depth == 1 && folders.len() < MANY);
    if is_few || depth == 0 || folders.iter().any(|folder| folder.file_name().is_some_and(is_hidden)) {
        return folders.iter().map(|folder| literal(folder)).collect();
    }
    let parts: Vec<Vec<&str>> =
        folders.iter().map(|folder| folder.components().map(|part| part.as_str()).collect()).collect();
    let common = (0..depth).take_while(|at| parts.iter().all(|other| other[*at] == parts[0][*at])).count();
    let mut glob: Vec<String> = parts[0][..common].iter().map(|part| escaped(part)).collect();
    glob.resize(depth, "*".to_owned());
    vec![glob.join("/")]
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

fn literal(folder: &Utf8Path) -> String {
    match folder.as_str() {
        "" => ".".to_owned(),
        text => escaped(text),
    }
}

/// A glob that names a path with characters that globs know: any one character stands for them.
fn escaped(text: &str) -> String {
    text.replace(['*', '[', ']', '\\'], "?")
}

/// The folders that no glob names.
pub(super) fn left(globs: &[String], folders: &[Utf8PathBuf]) -> Vec<Utf8PathBuf> {
    let source = SourceText::new("Cargo.toml", "");
    // A glob that is wrong names nothing; it is told of when the workspace is checked.
    let globs: Vec<_> = globs
        .iter()
        .filter_map(|glob| PathGlob::parse(&source, &Spanned::new(0..0, glob.clone())).ok())
        .collect();
    folders.iter().filter(|folder| !globs.iter().any(|glob| glob.matches(folder))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{globs, left};

    fn of(folders: &[&str]) -> Vec<String> {
        let folders: Vec<_> = folders.iter().map(Into::into).collect();
        let globs = globs(&folders);
        assert_eq!(left(&globs, &folders), Vec::<camino::Utf8PathBuf>::new());
        globs
    }

    #[test]
    fn folders_of_one_depth_are_named_by_one_glob() {
        assert_eq!(of(&["images/a", "images/b"]), ["images/*"]);
        assert_eq!(of(&["images/a"]), ["images/a"]);
        assert_eq!(of(&["a", "b", "c"]), ["a", "b", "c"]);
        assert_eq!(of(&["a", "b", "c", "d"]), ["*"]);
        assert_eq!(of(&["x/a/1", "x/a/2", "x/b", "x/c"]), ["x/*", "x/a/*"]);
        assert_eq!(of(&["x/a/1", "x/b/1", "y/a"]), ["x/*/*", "y/a"]);
        assert_eq!(of(&[""]), ["."]);
        assert_eq!(of(&["a[b]"]), ["a?b?"]);
    }
}
