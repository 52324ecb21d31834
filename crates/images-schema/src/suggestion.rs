//! "Did you mean".

/// The candidate nearest to `word`, if one is near enough to be a misspelling of it: at most a third of its letters
/// differ, as Cargo has it.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| (1..=limit).contains(distance))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn names_the_nearest_within_a_third_of_the_letters() {
        assert_eq!(did_you_mean("pyhton", ["flask", "python", "pytorch"]), Some("python"));
        assert_eq!(did_you_mean("os", ["oss", "flask"]), Some("oss"));
        assert_eq!(did_you_mean("ruby", ["python", "flask"]), None);
        assert_eq!(did_you_mean("python", ["python"]), None, "the word itself is no suggestion");
    }
}
