//! `.dockerignore`, with BuildKit's meaning.
//!
//! Rules: <https://github.com/moby/patternmatcher> for the file and its patterns, and
//! <https://github.com/tonistiigi/fsutil/blob/master/filter.go> for the walk.

use crate::Problem;
use crate::ignore_pattern::IgnorePattern;
use crate::logical_line::{PhysicalLine, PhysicalLines};
use crate::pattern::go_match;

/// A parsed `.dockerignore`.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
    /// Where the walk enters although it is excluded.
    exceptions: Exceptions,
}

/// What a folder matched, for its children.
#[derive(Debug, Clone, Default)]
pub struct ParentMatch {
    /// For each rule, whether the folder or one above it matched. Empty for the root.
    matched: Vec<bool>,
}

/// One line of the file.
#[derive(Debug, Clone)]
struct Rule {
    /// `!pattern`: what it matches is not excluded.
    is_exception: bool,
    pattern: IgnorePattern,
}

/// Below which excluded folders exceptions may match.
#[derive(Debug, Clone)]
enum Exceptions {
    /// Anywhere: one of them has a wildcard.
    Anywhere,
    /// Below or above these, each with a `/` at its end.
    Below(Vec<String>),
}

impl Default for Exceptions {
    fn default() -> Self {
        Self::Below(Vec::new())
    }
}

impl Ignore {
    /// Reads the file. An empty text ignores nothing.
    ///
    /// # Errors
    /// A bad pattern, at its span.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut ignore = Self::default();
        for line in PhysicalLines::new(text) {
            let Some(written) = read_line(&line) else { continue };
            let (is_exception, pattern) = split_exception(&written);
            let pattern = pattern.to_owned();
            let compiled = compile(&pattern).map_err(|reason| bad_pattern(&line, &pattern, reason))?;
            if is_exception {
                ignore.exceptions.add(&pattern);
            }
            ignore.rules.push(Rule { is_exception, pattern: compiled });
        }
        Ok(ignore)
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether `path` (relative to the context's root, `/` between its parts) is excluded, and what its children
    /// inherit. `parent` is what the folder that holds it matched; the root's is the default.
    pub fn excludes(&self, path: &str, parent: &ParentMatch) -> (bool, ParentMatch) {
        let mut excluded = false;
        let mut matched = vec![false; self.rules.len()];
        for (index, rule) in self.rules.iter().enumerate() {
            let inherited = parent.matched.get(index).copied().unwrap_or(false);
            // A rule that could change nothing is not tried, and its children do not inherit from it either.
            if inherited || (rule.is_exception == excluded && rule.pattern.matches(path)) {
                matched[index] = true;
                excluded = !rule.is_exception;
            }
        }
        (excluded, ParentMatch { matched })
    }

    /// Whether the walk must enter the excluded folder `path`, because an exception may lie below it.
    pub fn enters(&self, path: &str) -> bool {
        match &self.exceptions {
            Exceptions::Anywhere => true,
            Exceptions::Below(prefixes) => prefixes
                .iter()
                .any(|prefix| prefix.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))),
        }
    }
}

impl Exceptions {
    fn add(&mut self, pattern: &str) {
        let literal = pattern.strip_suffix("/**").unwrap_or(pattern);
        let literal = literal.strip_suffix("/*").unwrap_or(literal);
        match self {
            _ if literal.contains(['*', '[', ']', '?', '^', '\\']) => *self = Self::Anywhere,
            Self::Below(prefixes) => prefixes.push(format!("{literal}/")),
            Self::Anywhere => {}
        }
    }
}

/// A line as a cleaned pattern without the leading `/`. Comments start in the first column.
///
/// <https://github.com/moby/patternmatcher/blob/main/ignorefile/ignorefile.go>
fn read_line(line: &PhysicalLine<'_>) -> Option<String> {
    let text = line.text.trim();
    if line.text.starts_with('#') || text.is_empty() {
        return None;
    }
    let (mark, pattern) = match text.strip_prefix('!') {
        Some(pattern) => ("!", pattern.trim()),
        None => ("", text),
    };
    let cleaned = if pattern.is_empty() { String::new() } else { clean(pattern) };
    let relative = cleaned.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&cleaned);
    // The matcher cleans once more, now with the mark: `!/` becomes `!`, and `./!a` has become an exception.
    Some(clean(format!("{mark}{relative}").trim()))
}

fn split_exception(pattern: &str) -> (bool, &str) {
    match pattern.strip_prefix('!') {
        Some(pattern) => (true, pattern),
        None => (false, pattern),
    }
}

/// Go's `filepath.Clean`: <https://pkg.go.dev/path/filepath#Clean>
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn compile(pattern: &str) -> Result<IgnorePattern, &'static str> {
    if pattern.is_empty() {
        return Err("nothing follows the `!`");
    }
    go_match(pattern, ".").map_err(|bad| bad.reason)?;
    IgnorePattern::parse(pattern)
}

fn bad_pattern(line: &PhysicalLine<'_>, pattern: &str, reason: &'static str) -> Problem {
    let start = line.start + line.text.len() - line.text.trim_start().len();
    let help = if pattern.is_empty() {
        "name what is not to be ignored, or remove the line"
    } else {
        "close a class with `]`, and write `\\` before a character that stands for itself"
    };
    Problem {
        message: "this is no pattern".to_owned(),
        span: start..start + line.text.trim().len(),
        label: reason.to_owned(),
        help: Some(help.to_owned()),
    }
}
