//! The folders that are images, by the workspace's globs. No I/O: the caller lists folders.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use images_dockerfile::Pattern;

use crate::{Diagnostic, Settings, SourceText, Spanned};

/// Where images are looked for when the workspace does not say.
pub const DEFAULT_MEMBERS: [&str; 2] = ["images/*", "apps/*"];

/// The folders that may be images, relative to the root. One that is named without a glob must be one: its span says
/// where.
pub type Candidates = BTreeMap<Utf8PathBuf, Option<Range<usize>>>;

/// Expands `members` and takes `exclude` away. Which candidates have an Image.toml is found when it is read. `list` tells
/// the names of the folders in a folder; it passes over what no glob should mean.
///
/// # Errors
/// A bad glob, one that leaves the workspace, or those of `list`.
pub fn candidates<E: From<Box<Diagnostic>>>(
    source: &SourceText,
    settings: &Settings,
    list: &mut dyn FnMut(&Utf8Path) -> Result<Vec<String>, E>,
) -> Result<Candidates, E> {
    let mut found = Candidates::new();
    match &settings.members {
        Some(members) => {
            for member in members {
                let glob = PathGlob::parse(source, member)?;
                let required = (!glob.is_open()).then(|| member.span());
                for folder in glob.walk(list)? {
                    let place = found.entry(folder).or_default();
                    *place = place.take().or_else(|| required.clone());
                }
            }
        }
        None => {
            for member in DEFAULT_MEMBERS {
                let glob = PathGlob(member.split('/').map(Part::of).collect());
                found.extend(glob.walk(list)?.into_iter().map(|folder| (folder, None)));
            }
        }
    }
    for excluded in &settings.exclude {
        let glob = PathGlob::parse(source, excluded)?;
        found.retain(|folder, _| !folder.ancestors().any(|above| glob.matches(above)));
    }
    Ok(found)
}

/// A glob of paths, by their parts.
#[derive(Debug, Clone)]
pub struct PathGlob(Vec<Part>);

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
    pub fn parse(source: &SourceText, glob: &Spanned<String>) -> Result<Self, Box<Diagnostic>> {
        let text = glob.get_ref();
        let path = Utf8Path::new(text);
        if path.is_absolute() || path.components().any(|part| part.as_str() == "..") {
            let diagnostic = source.error(glob.span(), format!("`{text}` leaves the workspace"), "outside");
            return Err(Box::new(diagnostic.help("members are folders below the workspace's root")));
        }
        let parts = path.components().map(|part| part.as_str()).filter(|part| *part != ".");
        if let Some(problem) = parts.clone().find_map(|part| Pattern::parse(part).err()) {
            let diagnostic = source.error(glob.span(), format!("bad glob `{text}`"), problem.message);
            return Err(Box::new(diagnostic.help("globs know `*`, `?`, `[a-z]` and `**`")));
        }
        Ok(Self(parts.map(Part::of).collect()))
    }

    /// Whether it may name any number of folders.
    pub fn is_open(&self) -> bool {
        self.0.iter().any(|part| !matches!(part, Part::Name(_)))
    }

    /// Whether it names a path.
    pub fn matches(&self, folder: &Utf8Path) -> bool {
        let names: Vec<_> = folder.components().map(|part| part.as_str()).collect();
        matches_parts(&self.0, &names)
    }

    /// The folders that it names. `list` tells the names of the folders in a folder; paths are relative to one root.
    ///
    /// # Errors
    /// Those of `list`.
    pub fn walk<E>(
        &self,
        list: &mut dyn FnMut(&Utf8Path) -> Result<Vec<String>, E>,
    ) -> Result<Vec<Utf8PathBuf>, E> {
        let mut found = vec![Utf8PathBuf::new()];
        for part in &self.0 {
            let mut next = Vec::new();
            for folder in found {
                match part {
                    Part::Name(name) => next.push(folder.join(name)),
                    Part::Any => descend(folder, &mut next, list)?,
                    Part::Pattern(_) => {
                        let names = list(&folder)?.into_iter().filter(|name| part.matches(name));
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

fn descend<E>(
    folder: Utf8PathBuf,
    found: &mut Vec<Utf8PathBuf>,
    list: &mut dyn FnMut(&Utf8Path) -> Result<Vec<String>, E>,
) -> Result<(), E> {
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        waiting.extend(list(&folder)?.into_iter().map(|name| folder.join(name)));
        found.push(folder);
    }
    Ok(())
}

/// `path` without `.` and `..`, by its text alone.
pub fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for part in path.components() {
        match part.as_str() {
            "." => {}
            ".." => {
                normal.pop();
            }
            name => normal.push(name),
        }
    }
    normal
}
