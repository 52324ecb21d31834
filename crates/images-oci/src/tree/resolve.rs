//! Following symbolic links without leaving the root.
//!
//! As `RootPath` does, by which BuildKit finds every path:
//! <https://github.com/containerd/continuity/blob/main/fs/path.go>.

use super::{NodeKind, Tree, TreeError};

/// How many links may be on the way.
const MAX_LINKS: usize = 255;

impl Tree {
    /// The path with all symbolic links followed, the last one too. What is not there is taken as it is written; `..` at
    /// the root stays there.
    ///
    /// # Errors
    /// More than 255 links are on the way, or a part that is not the last is no folder.
    pub fn resolve(&self, path: &str) -> Result<String, TreeError> {
        self.walk(path, true)
    }

    /// As [`Tree::resolve`], without following the last part.
    ///
    /// # Errors
    /// As [`Tree::resolve`].
    pub fn resolve_parent(&self, path: &str) -> Result<String, TreeError> {
        self.walk(path, false)
    }

    fn walk(&self, path: &str, follows_last: bool) -> Result<String, TreeError> {
        let mut left: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut done: Vec<String> = Vec::new();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => drop(done.pop()),
                _ => done.push(part),
            }
            let at = done.join("/");
            let Some(node) = self.get(&at) else { continue };
            let is_last = left.iter().all(|part| part.is_empty());
            match &node.kind {
                NodeKind::Symlink(target) if follows_last || !is_last => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(TreeError::Loop { path: path.trim_matches('/').to_owned() });
                    }
                    done.pop();
                    if target.starts_with('/') {
                        done.clear();
                    }
                    left.extend(target.split('/').rev().map(str::to_owned));
                }
                NodeKind::Folder(_) => {}
                _ if left.iter().any(|part| !part.is_empty() && part != ".") => {
                    return Err(TreeError::NoFolder { path: at });
                }
                _ => {}
            }
        }
        Ok(done.join("/"))
    }
}
