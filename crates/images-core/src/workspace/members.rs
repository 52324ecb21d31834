//! The folders that are images, by the workspace's globs.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::Pattern;
use images_schema::{Settings, SourceText, Spanned};

use crate::Error;

/// Where images are looked for when the workspace does not say.
const DEFAULT_MEMBERS: [&str; 2] = ["images/*", "apps/*"];

/// The folders that may be images, relative to the root. One that is named without a glob must be one: its span says
/// where.
pub(super) type Candidates = BTreeMap<Utf8PathBuf, Option<Range<usize>>>;

/// Expands `members` and takes `exclude` away. Which candidates have an Image.toml is found when it is read.
///
/// # Errors
/// A bad glob, one that leaves the workspace, or a folder that cannot be listed.
pub(super) fn candidates(
    root: &Utf8Path,
    source: &SourceText,
    settings: &Settings,
) -> Result<Candidates, Error> {
    let mut found = Candidates::new();
    match &settings.members {
        Some(members) => {
            for member in members {
                let glob = PathGlob::parse(source, member)?;
                let required = (!glob.is_open()).then(|| member.span());
                for folder in glob.walk(root)? {
                    let place = found.entry(folder).or_default();
                    *place = place.take().or_else(|| required.clone());
                }
            }
        }
        None => {
            for member in DEFAULT_MEMBERS {
                let glob = PathGlob(member.split('/').map(Part::of).collect());
                found.extend(glob.walk(root)?.into_iter().map(|folder| (folder, None)));
            }
        }
    }
    for excluded in &settings.exclude {
        let glob = PathGlob::parse(source, excluded)?;
        found.retain(|folder, _| !folder.ancestors().any(|above| glob.matches(above)));
    }
    Ok(found)
}

/// Which of `folders` the globs of `default-members` name.
///
/// # Errors
/// A bad glob, or one without a `*` that names no member.
pub(super) fn defaults(
    source: &SourceText,
    globs: &[Spanned<String>],
    folders: &[&Utf8Path],
) -> Result<Vec<bool>, Error> {
    let mut chosen = vec![false; folders.len()];
    for text in globs {
        let glob = PathGlob::parse(source, text)?;
        let mut any = false;
        for (_, chosen) in folders.iter().zip(&mut chosen).filter(|(folder, _)| glob.matches(folder)) {
            (*chosen, any) = (true, true);
        }
        if !any && !glob.is_open() {
            let message = format!("default member `{}` is no member", text.get_ref());
            let diagnostic = source.error(text.span(), message, "no image of this workspace is there");
            return Err(diagnostic.help("add it to `members`, or take it out of `exclude`").into());
        }
    }
    Ok(chosen)
}

/// A glob of paths, by their parts.
#[derive(Debug, Clone)]
pub(crate) struct PathGlob(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    /// `**`: any number of folders.
    Any,
    /// With `*`, `?` or `[`.
    Pattern(Pattern),
    /// As it is.
    Name(String),
}

impl Part {
    fn of(text: &str) -> Self {
        match text {
            "**" => Self::Any,
            _ if !text.contains(['*', '?', '[']) => Self::Name(text.to_owned()),
            _ => Pattern::parse(text).map_or_else(|_| Self::Name(text.to_owned()), Self::Pattern),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Pattern(pattern) => pattern.matches(name),
            Self::Name(text) => text == name,
        }
    }
}

impl PathGlob {
    /// Reads a glob; none leads upwards or starts at the root.
    ///
    /// # Errors
    /// It does, or a part of it is malformed.
    pub(crate) fn parse(source: &SourceText, glob: &Spanned<String>) -> Result<Self, Error> {
        let text = glob.get_ref();
        let path = Utf8Path::new(text);
        if path.is_absolute() || path.components().any(|part| part.as_str() == "..") {
            let diagnostic = source.error(glob.span(), format!("`{text}` leaves the workspace"), "outside");
            return Err(diagnostic.help("members are folders below the workspace's root").into());
        }
        let parts = path.components().map(|part| part.as_str()).filter(|part| *part != ".");
        if let Some(problem) = parts.clone().find_map(|part| Pattern::parse(part).err()) {
            let diagnostic = source.error(glob.span(), format!("bad glob `{text}`"), problem.message);
            return Err(diagnostic.help("globs know `*`, `?`, `[a-z]` and `**`").into());
        }
        Ok(Self(parts.map(Part::of).collect()))
    }

    /// Whether it may name any number of folders.
    fn is_open(&self) -> bool {
        self.0.iter().any(|part| !matches!(part, Part::Name(_)))
    }

    /// Whether it names a path.
    pub(crate) fn matches(&self, folder: &Utf8Path) -> bool {
        let names: Vec<_> = folder.components().map(|part| part.as_str()).collect();
        matches_parts(&self.0, &names)
    }

    /// The folders that it names, relative to `root`.
    fn walk(&self, root: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Error> {
        let mut found = vec![Utf8PathBuf::new()];
        for part in &self.0 {
            let mut next = Vec::new();
            for folder in found {
                match part {
                    Part::Name(name) => next.push(folder.join(name)),
                    Part::Any => descend(root, folder, &mut next)?,
                    Part::Pattern(_) => {
                        let names = subfolders(root, &folder)?.into_iter().filter(|name| part.matches(name));
                        next.extend(names.map(|name| folder.join(name)));
                    }
                }
            }
            found = next;
        }
        Ok(found)
    }
}

fn matches_parts(parts: &[Part], names: &[&str]) -> bool {
    match (parts, names) {
        ([], []) => true,
        ([Part::Any, rest @ ..], _) => {
            (0..=names.len()).any(|skipped| matches_parts(rest, &names[skipped..]))
        }
        ([part, parts @ ..], [name, names @ ..]) => part.matches(name) && matches_parts(parts, names),
        _ => false,
    }
}

fn descend(root: &Utf8Path, folder: Utf8PathBuf, found: &mut Vec<Utf8PathBuf>) -> Result<(), Error> {
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        waiting.extend(subfolders(root, &folder)?.into_iter().map(|name| folder.join(name)));
        found.push(folder);
    }
    Ok(())
}

/// The names of the folders in `folder`, none where there is no such folder. Hidden ones and the root's `target` are
/// passed over: a glob never means them.
fn subfolders(root: &Utf8Path, folder: &Utf8Path) -> Result<Vec<String>, Error> {
    let path = root.join(folder);
    let listing = match fs::read_dir(&path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("cannot list", &path)(error)),
    };
    let mut names = Vec::new();
    for entry in listing {
        let entry = entry.map_err(Error::io("cannot list", &path))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type().map_err(Error::io("cannot list", &path))?;
        let hidden = name.starts_with('.') || (name == "target" && folder == "");
        if !hidden && kind.is_dir() {
            names.push(name);
        }
    }
    Ok(names)
}

/// `path` relative to `base` where it lies inside, else as it is.
pub fn relative<'a>(path: &'a Utf8Path, base: &Utf8Path) -> &'a Utf8Path {
    path.strip_prefix(base).unwrap_or(path)
}
