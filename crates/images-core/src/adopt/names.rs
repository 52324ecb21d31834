//! What images are called: as others call them, else by their folders.

use std::collections::{BTreeMap, BTreeSet};

use images_schema::Diagnostic;

use super::candidates::Candidate;
use crate::Error;
use crate::workspace::is_repository;

/// What is put around an image's name to name a folder or a repository of sources.
const AFFIXES: [&str; 5] = ["docker", "image", "container", "dockerfile", "images"];

/// By what a name fits a candidate, the closest first.
const TIERS: [fn(&Candidate) -> Vec<String>; 4] = [own, without_affix, without_version, with_parents];

/// Candidates by what their names can be, for each way in which a name fits.
pub(super) struct Index([BTreeMap<String, BTreeSet<usize>>; TIERS.len()]);

impl Index {
    pub(super) fn of(candidates: &[Candidate]) -> Self {
        Self(TIERS.map(|names| {
            let mut by_letters: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
            for (at, candidate) in candidates.iter().enumerate() {
                for name in names(candidate) {
                    by_letters.entry(letters(&name)).or_default().insert(at);
                }
            }
            by_letters
        }))
    }

    /// The candidates that a repository's last part fits, by the closest way in which there are any.
    pub(super) fn fitting(&self, name: &str) -> Vec<usize> {
        let wanted = letters(name);
        let found = self.0.iter().find_map(|tier| tier.get(&wanted));
        found.into_iter().flatten().copied().collect()
    }
}

/// `NodeBase`, `node-base` and `node_base` are one name.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn leaf(candidate: &Candidate) -> &str {
    candidate.parts.last().map_or("", String::as_str)
}

fn own(candidate: &Candidate) -> Vec<String> {
    vec![leaf(candidate).to_owned()]
}

fn without_affix(candidate: &Candidate) -> Vec<String> {
    stripped(leaf(candidate)).into_iter().collect()
}

/// `docker-flask` and `flask-image` without what is not the name.
pub(super) fn stripped(name: &str) -> Option<String> {
    let strip = |affix: &&str| {
        let front = name.strip_prefix(affix).and_then(|rest| rest.strip_prefix(['-', '_']));
        front.or_else(|| name.strip_suffix(affix).and_then(|rest| rest.strip_suffix(['-', '_'])))
    };
    AFFIXES.iter().find_map(strip).filter(|rest| !rest.is_empty()).map(str::to_owned)
}

fn without_version(candidate: &Candidate) -> Vec<String> {
    match split_version(candidate) {
        Some((name, _)) => vec![name],
        None => Vec::new(),
    }
}

/// The name and the version of `r-ver_4.4.1`, and of the folder `3.11` in `python`.
pub(super) fn split_version(candidate: &Candidate) -> Option<(String, String)> {
    let name = leaf(candidate);
    if starts_with_number(name) {
        let parent = candidate.parts.len().checked_sub(2).map(|at| candidate.parts[at].clone())?;
        return Some((parent, name.to_owned()));
    }
    let at =
        name.match_indices(['-', '_']).map(|(at, _)| at).find(|at| starts_with_number(&name[at + 1..]))?;
    Some((name[..at].to_owned(), name[at + 1..].to_owned()))
}

fn starts_with_number(text: &str) -> bool {
    text.strip_prefix('v').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit())
}

fn with_parents(candidate: &Candidate) -> Vec<String> {
    let parts = &candidate.parts;
    (1..parts.len()).map(|from| parts[from - 1..].join("-")).collect()
}

/// A name for each candidate. `called` are those that are known by the references of others, `taken` the names of images
/// that are there already.
///
/// # Errors
/// Two would have one name, however much of their paths is in it.
pub(super) fn choose(
    candidates: &[Candidate],
    called: &BTreeMap<usize, String>,
    taken: &BTreeSet<String>,
) -> Result<Vec<String>, Error> {
    let proposals: Vec<Vec<String>> = candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| {
            called.get(&at).map_or_else(|| proposals(candidate), |name| vec![name.clone()])
        })
        .collect();
    let mut level = vec![0; candidates.len()];
    loop {
        let name = |at: usize| proposals[at][level[at]].as_str();
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        (0..candidates.len()).for_each(|at| by_name.entry(name(at)).or_default().push(at));
        let clashing: Vec<usize> = by_name
            .into_iter()
            .filter(|(name, owners)| owners.len() > 1 || taken.contains(*name))
            .flat_map(|(_, owners)| owners)
            .collect();
        if clashing.is_empty() {
            return Ok((0..candidates.len()).map(|at| name(at).to_owned()).collect());
        }
        let movable: Vec<_> =
            clashing.iter().copied().filter(|at| level[*at] + 1 < proposals[*at].len()).collect();
        if movable.is_empty() {
            return Err(twins(candidates, &clashing, name(clashing[0])));
        }
        movable.into_iter().for_each(|at| level[at] += 1);
    }
}

fn twins(candidates: &[Candidate], clashing: &[usize], name: &str) -> Error {
    let paths: Vec<_> = clashing.iter().map(|at| candidates[*at].dockerfile.path.as_str()).collect();
    let message = format!("`{name}` would be the name of more than one image: {}", paths.join(", "));
    let help = "write an Image.toml with another `name` beside one of them, or pass it over with --exclude";
    Diagnostic::error(message).help(help).into()
}

/// The names that a candidate can have, the shortest first. No name starts with a version, and none is what stands below a
/// version, as `bookworm` in `python/3.12/bookworm`, if there is another.
pub(super) fn proposals(candidate: &Candidate) -> Vec<String> {
    let parts = &candidate.parts;
    let is_number = |at: usize| starts_with_number(&parts[at]);
    // The root's own folder is not of the tree.
    let is_below_version = |at: usize| (1..at).any(is_number);
    let starts = (0..parts.len()).rev().filter(|at| !is_number(*at) && !is_below_version(*at));
    let parent = split_version(candidate).filter(|_| starts_with_number(leaf(candidate)));
    let parent = parent.map(|(name, _)| name).filter(|name| !starts_with_number(name));
    let joined = starts.map(|from| parts[from..].join("-"));
    let mut names: Vec<String> = parent.into_iter().chain(joined).map(|name| slug(&name)).collect();
    names.retain(|name| !name.is_empty());
    if names.is_empty() {
        let whole = slug(&parts.join("-"));
        names.push(if whole.is_empty() { "image".to_owned() } else { whole });
    }
    names
}

/// A text as a part of a repository's name: `NodeChrome` becomes `node-chrome`.
pub(super) fn slug(text: &str) -> String {
    if is_repository(text) && !text.contains('/') {
        return text.to_owned();
    }
    let mut slug = String::new();
    let mut before = '-';
    for c in text.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            slug.push('-');
        }
        before = c;
        let c = c.to_ascii_lowercase();
        let is_kept = c.is_ascii_alphanumeric() || c == '-';
        let is_separator = matches!(c, '.' | '_') && slug.ends_with(|c: char| c.is_ascii_alphanumeric());
        match is_kept || is_separator {
            true if c == '-' && !slug.ends_with(|c: char| c.is_ascii_alphanumeric()) => {}
            true => slug.push(c),
            false if slug.ends_with('-') || slug.is_empty() => {}
            false => slug.push('-'),
        }
    }
    let slug = slug.trim_matches(['-', '.', '_']).replace("._", "_").replace(".-", "-").replace("_-", "-");
    slug.to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn texts_become_parts_of_repositories() {
        for (text, name) in [
            ("python", "python"),
            ("r-ver_4.4.1", "r-ver_4.4.1"),
            ("NodeChrome", "node-chrome"),
            ("My App", "my-app"),
            ("-x-", "x"),
            ("HTTPServer", "httpserver"),
            ("Über", "ber"),
            ("a+b", "a-b"),
            ("日本", ""),
        ] {
            assert_eq!(slug(text), name, "{text}");
        }
    }
}
