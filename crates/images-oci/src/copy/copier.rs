//! Copying one source.
//!
//! The rules are those of <https://github.com/tonistiigi/fsutil/blob/master/copy/copy.go>, by which BuildKit copies; its
//! functions are named at those here that do the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use images_dockerfile::{Ignore, ParentMatch};

use super::path::{Destination, join, split};
use super::stage::Stage;
use super::{Chmod, CopyError, Owner};
use crate::layer::Meta;
use crate::tree::{Node, NodeKind, Tree};

/// What is the same for all sources of an instruction.
pub(super) struct Rules {
    pub(super) owner: Option<Owner>,
    pub(super) chmod: Option<Chmod>,
    /// `--exclude`.
    pub(super) excluded: Option<Ignore>,
}

/// Copies one source.
pub(super) struct Copier<'c> {
    rules: &'c Rules,
    /// `--parents`: only what matches, with the folders on the way.
    included: Option<&'c Ignore>,
    stage: &'c mut Stage,
    /// Where files went of which the source has several names.
    links: BTreeMap<*const Node, String>,
    /// The folders around the place where we are, the outermost first: source, destination, whether it is made.
    around: Vec<(Arc<Node>, String, bool)>,
}

/// What a path inherits from the folder that it is in.
#[derive(Default, Clone)]
struct Inherited {
    included: ParentMatch,
    excluded: ParentMatch,
}

impl<'c> Copier<'c> {
    pub(super) fn new(rules: &'c Rules, included: Option<&'c Ignore>, stage: &'c mut Stage) -> Self {
        Self { rules, included, stage, links: BTreeMap::new(), around: Vec::new() }
    }

    /// `Copy` and `prepareTargetDir`: a file goes into a folder that is there or is written with a slash, and a folder's
    /// content into the destination, which becomes a folder. A source that is a symbolic link is followed.
    pub(super) fn copy(
        &mut self,
        from: &Tree,
        source: &str,
        destination: &Destination,
        where_from: &str,
    ) -> Result<(), CopyError> {
        let owner = self.rules.owner;
        let folder = if destination.is_folder { &destination.path } else { split(&destination.path).0 };
        let folder = self.stage.tree().resolve(folder)?;
        self.stage.make_folders(&folder, owner)?;
        let mut target = self.stage.tree().resolve(&destination.path)?;
        let missing = || CopyError::Missing { path: source.to_owned(), where_from: where_from.to_owned() };
        let (_, node) = from.follow(source)?.ok_or_else(missing)?;
        if node.is_folder() {
            let parent = if self.stage.get(&target).is_none() { &*target } else { split(&target).0 };
            self.stage.make_folders(parent, owner)?;
        } else if self.stage.is_folder(&target) {
            target = join(&target, split(source).1);
        } else {
            self.stage.make_folders(split(&target).0, owner)?;
        }
        self.node(node, "", &target, false, &Inherited::default())
    }

    /// `copy`.
    fn node(
        &mut self,
        source: &Arc<Node>,
        path: &str,
        target: &str,
        is_below: bool,
        inherited: &Inherited,
    ) -> Result<(), CopyError> {
        let (is_included, inherited) = self.choose(path, inherited);
        if is_included {
            self.make_folders_around()?;
        }
        if source.is_folder() {
            return self.folder(source, path, target, is_below, is_included, &inherited);
        }
        if !is_included {
            return Ok(());
        }
        if self.stage.is_folder(target) {
            return Err(CopyError::FileOverFolder { path: target.to_owned() });
        }
        let first = self.links.get(&Arc::as_ptr(source)).and_then(|first| self.stage.get(first)).cloned();
        let copied = match first {
            Some(first) => first,
            None => Arc::new(Node { meta: self.meta(source), kind: source.kind.clone() }),
        };
        if matches!(source.kind, NodeKind::File { .. }) {
            self.links.entry(Arc::as_ptr(source)).or_insert_with(|| target.to_owned());
        }
        self.stage.put(target, copied)
    }

    /// `copyDirectory`. What was the destination before keeps its mode and owner; folders below take those of the source.
    fn folder(
        &mut self,
        source: &Arc<Node>,
        path: &str,
        target: &str,
        is_below: bool,
        is_included: bool,
        inherited: &Inherited,
    ) -> Result<(), CopyError> {
        if is_included {
            self.make_folder(source, target, is_below)?;
        }
        self.around.push((Arc::clone(source), target.to_owned(), is_included));
        for (name, child) in source.children() {
            self.node(child, &join(path, name), &join(target, name), true, inherited)?;
        }
        self.around.pop();
        Ok(())
    }

    /// `copyDirectoryOnly` and `copyFileInfo`.
    fn make_folder(&mut self, source: &Node, target: &str, is_below: bool) -> Result<(), CopyError> {
        match self.stage.get(target) {
            Some(node) if !node.is_folder() => {
                return Err(CopyError::FolderOverFile { path: target.to_owned() });
            }
            Some(_) if !is_below => return Ok(()),
            _ => {}
        }
        let meta = self.meta(source);
        self.stage.set_folder(target, meta)
    }

    /// `createParentDirs`: folders that did not match themselves are made once something in them does.
    fn make_folders_around(&mut self) -> Result<(), CopyError> {
        for index in 0..self.around.len() {
            let (source, target, is_made) = self.around[index].clone();
            if is_made {
                continue;
            }
            match self.stage.get(&target) {
                Some(node) if node.is_folder() => {}
                Some(_) => return Err(CopyError::FolderOverFile { path: target }),
                None => {
                    let meta = self.meta(&source);
                    self.stage.set_folder(&target, meta)?;
                }
            }
            self.around[index].2 = true;
        }
        Ok(())
    }

    /// Whether the path is copied. The source itself always is.
    fn choose(&self, path: &str, inherited: &Inherited) -> (bool, Inherited) {
        if path.is_empty() {
            return (true, Inherited::default());
        }
        let of = |patterns: Option<&Ignore>, parent| {
            patterns.map_or((false, ParentMatch::default()), |patterns| patterns.excludes(path, parent))
        };
        let (matches, included) = of(self.included, &inherited.included);
        let (is_excluded, excluded) = of(self.rules.excluded.as_ref(), &inherited.excluded);
        let is_included = (self.included.is_none() || matches) && !is_excluded;
        (is_included, Inherited { included, excluded })
    }

    fn meta(&self, source: &Node) -> Meta {
        let mut meta = source.meta.clone();
        if let Some(owner) = self.rules.owner {
            (meta.uid, meta.gid) = (owner.uid, owner.gid);
        }
        if let Some(chmod) =
            self.rules.chmod.as_ref().filter(|_| !matches!(source.kind, NodeKind::Symlink(_)))
        {
            meta.mode = chmod.apply(meta.mode, source.is_folder());
        }
        meta
    }
}
