//! Which sources a pattern means.

use images_dockerfile::Pattern;

use super::CopyError;
use super::path::join;
use crate::tree::{Node, Tree};

/// The paths that a source means. A pattern without wildcards is one path, whether it is there or not; one with wildcards
/// is matched against all paths below its literal start, and a folder that matches is not searched.
///
/// `ResolveWildcards` of <https://github.com/tonistiigi/fsutil/blob/master/copy/copy.go>.
pub(super) fn sources(tree: &Tree, pattern: &str) -> Result<Vec<String>, CopyError> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let Some(first) = parts.iter().position(|part| has_wildcards(part)) else {
        return Ok(vec![pattern.to_owned()]);
    };
    let (literal, rest) = (parts[..first].join("/"), parts[first..].join("/"));
    let parsed = Pattern::parse(&rest)
        .map_err(|problem| CopyError::Pattern { pattern: pattern.to_owned(), reason: problem.label })?;
    let Some((start, node)) = tree.follow(&literal)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    search(node, "", &parsed, &mut found);
    Ok(found.into_iter().map(|path| join(&start, &path)).collect())
}

fn search(folder: &Node, path: &str, pattern: &Pattern, found: &mut Vec<String>) {
    for (name, node) in folder.children() {
        let path = join(path, name);
        if pattern.matches(&path) {
            found.push(path);
        } else if node.is_folder() {
            search(node, &path, pattern, found);
        }
    }
}

/// Whether there is a wildcard that is not escaped.
pub(super) fn has_wildcards(text: &str) -> bool {
    let mut escaped = false;
    text.bytes().any(|byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        escaped = byte == b'\\';
        matches!(byte, b'*' | b'?' | b'[')
    })
}
