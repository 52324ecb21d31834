//! Which paths of a context the sources of a Dockerfile can reach.

use images_dockerfile::{Pattern, Source, Sources};

/// What a Dockerfile reads of its context.
pub(super) enum Selection {
    /// Everything.
    All,
    /// What one of these names, with all that is below it.
    These(Vec<Rule>),
}

pub(super) enum Rule {
    Path(String),
    Pattern {
        whole: Pattern,
        /// What a folder at depth 1, 2, … must match to lie on the way; `None` when the pattern's parts cannot be told
        /// apart.
        levels: Option<Vec<Pattern>>,
        /// The text before the first special character.
        literal: String,
    },
}

/// How a path lies to the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// No source is at or below it.
    Apart,
    /// A source may be below it.
    Toward,
    /// It is a source.
    Source,
}

impl Selection {
    /// A source that is the root itself, or a pattern that cannot be read, makes it everything.
    pub(super) fn of(sources: &Sources) -> Self {
        let Sources::These(sources) = sources else { return Self::All };
        let rules = sources.iter().map(Rule::of).collect::<Option<Vec<_>>>();
        rules.map_or(Self::All, Self::These)
    }

    /// How `path` itself lies; what lies above it is not looked at.
    pub(super) fn reach(&self, path: &str) -> Reach {
        match self {
            Self::All => Reach::Apart,
            Self::These(rules) => rules.iter().map(|rule| rule.reach(path)).max().unwrap_or(Reach::Apart),
        }
    }

    /// Whether all of the folder `path` is selected, because it or one above it is a source.
    pub(super) fn holds(&self, path: &str) -> bool {
        matches!(self, Self::All) || ancestors(path).any(|path| self.reach(path) == Reach::Source)
    }
}

/// `path` and the paths above it, the root excepted, from the top down.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| &path[..end]).filter(|path| !path.is_empty())
}

impl Rule {
    /// `None` stands for everything.
    fn of(source: &Source) -> Option<Self> {
        if source.wildcard {
            return Self::pattern(&source.path);
        }
        (source.path != ".").then(|| Self::Path(source.path.clone()))
    }

    fn pattern(text: &str) -> Option<Self> {
        let whole = Pattern::parse(text).ok()?;
        let levels = if may_cross_slashes(text) {
            None
        } else {
            Some(ancestors(text).map(Pattern::parse).collect::<Result<_, _>>().ok()?)
        };
        let literal = text[..text.find(['*', '?', '[', '\\']).unwrap_or(text.len())].to_owned();
        Some(Self::Pattern { whole, levels, literal })
    }

    fn reach(&self, path: &str) -> Reach {
        let (source, toward) = match self {
            Self::Path(source) => (path == source, is_below(source, path)),
            Self::Pattern { whole, levels, literal } => {
                let toward = match levels {
                    Some(levels) => levels.get(depth(path) - 1).is_some_and(|level| level.matches(path)),
                    None => is_below(literal, path) || format!("{path}/").starts_with(literal),
                };
                (whole.matches(path), toward)
            }
        };
        match (source, toward) {
            (true, _) => Reach::Source,
            (false, true) => Reach::Toward,
            (false, false) => Reach::Apart,
        }
    }
}

/// Whether a part of a pattern may match more than is between two slashes: a class that has `/`, or an escaped `/`. A
/// class without escapes ends at its first `]`.
fn may_cross_slashes(pattern: &str) -> bool {
    let class_has_slash = |(start, _)| {
        let class = pattern[start..].split_inclusive(']').next().map(Pattern::parse);
        class.is_some_and(|class| class.is_ok_and(|class| class.matches("/")))
    };
    pattern.contains('\\') || pattern.match_indices('[').any(class_has_slash)
}

/// Whether `path` lies below the folder `folder`.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// How many parts `path` has.
fn depth(path: &str) -> usize {
    path.matches('/').count() + 1
}
