//! How one tag can become another by replacing texts.

use std::ops::Range;

/// A text that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replacement {
    pub(super) old: String,
    pub(super) new: String,
}

impl Replacement {
    fn of(old: &str, new: &str) -> Self {
        Self { old: old.to_owned(), new: new.to_owned() }
    }
}

/// Ways to turn the tag `old` into `new`, those first that replace the most at once: the whole tag, the tag without a
/// suffix, the part between what both begin and end with, and each part that differs by itself.
pub(super) fn alternatives(old: &str, new: &str, suffixes: &[String]) -> Vec<Vec<Replacement>> {
    let mut ways = vec![vec![Replacement::of(old, new)]];
    for suffix in suffixes {
        if let (Some(old), Some(new)) = (old.strip_suffix(suffix.as_str()), new.strip_suffix(suffix.as_str()))
        {
            ways.push(vec![Replacement::of(old, new)]);
        }
    }
    let (olds, news) = (parts(old), parts(new));
    let first = olds.iter().zip(&news).take_while(|(a, b)| a == b).count();
    let rest = (&olds[first..], &news[first..]);
    let last = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_middle, new_middle) = (&rest.0[..rest.0.len() - last], &rest.1[..rest.1.len() - last]);
    if !old_middle.is_empty() && !new_middle.is_empty() {
        ways.push(vec![Replacement::of(&old_middle.concat(), &new_middle.concat())]);
        if old_middle.len() == new_middle.len() {
            let pairs = old_middle.iter().zip(new_middle).filter(|(old, new)| old != new);
            ways.push(pairs.map(|(old, new)| Replacement::of(old, new)).collect());
        }
    }
    ways.dedup();
    ways
}

/// The separators of a tag and what is between them.
fn parts(tag: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = tag;
    while let Some(at) = rest.find(is_separator) {
        parts.extend([&rest[..at], &rest[at..=at]].into_iter().filter(|part| !part.is_empty()));
        rest = &rest[at + 1..];
    }
    parts.extend((!rest.is_empty()).then_some(rest));
    parts
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

/// Where the old text stands by itself: no letter or digit touches it.
pub(super) fn occurrences(text: &str, replacement: &Replacement) -> Vec<Range<usize>> {
    let old = replacement.old.as_str();
    if old.is_empty() {
        return Vec::new();
    }
    let is_alone = |start: usize| {
        let (before, after) = (text[..start].chars().next_back(), text[start + old.len()..].chars().next());
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric());
        !touches(before) && !touches(after)
    };
    // A tag is behind the last colon, so the later places are the likelier ones.
    let found = text.rmatch_indices(old).map(|(start, _)| start).filter(|start| is_alone(*start));
    found.map(|start| start..start + old.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(old: &str, new: &str, suffixes: &[&str]) -> Vec<String> {
        let suffixes: Vec<_> = suffixes.iter().map(|suffix| (*suffix).to_owned()).collect();
        let shown = |way: &Vec<Replacement>| {
            way.iter().map(|one| format!("{}>{}", one.old, one.new)).collect::<Vec<_>>().join(" ")
        };
        alternatives(old, new, &suffixes).iter().map(shown).collect()
    }

    #[test]
    fn the_whole_tag_comes_first_then_ever_smaller_parts() {
        assert_eq!(ways("3.7.4", "3.8.5", &[]), ["3.7.4>3.8.5", "7.4>8.5", "7>8 4>5"]);
        assert_eq!(
            ways("3.7.4-slim", "3.7.5-slim", &["-slim"]),
            ["3.7.4-slim>3.7.5-slim", "3.7.4>3.7.5", "4>5"]
        );
        assert_eq!(ways("1", "2", &[]), ["1>2"]);
        assert_eq!(ways("1.2.3", "1.2.4-rc.1", &[]), ["1.2.3>1.2.4-rc.1", "3>4-rc.1"]);
    }

    #[test]
    fn a_text_that_is_part_of_another_does_not_count() {
        let places = |text: &str| {
            let found = occurrences(text, &Replacement::of("3.7", "3.8"));
            found.into_iter().map(|place| place.start).collect::<Vec<_>>()
        };
        assert_eq!(places("acme/python3.7:3.7"), [15]);
        assert!(places("3.70 13.7 3.7a").is_empty());
        assert_eq!(places("\"3.7\""), [1]);
    }
}
