//! The command lines of test binaries that make their list of tests themselves.

/// Options of the test binary that have a value in the next word.
const WITH_VALUE: [&str; 5] = ["--test-threads", "--logfile", "--skip", "--color", "--format"];

/// The words of a command line without, and only, the names to filter by: libtest-mimic takes one, libtest many.
pub fn split_filters(words: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let (mut options, mut filters) = (Vec::new(), Vec::new());
    let mut takes_value = true;
    for word in words {
        let is_option = takes_value || word.starts_with('-');
        takes_value = WITH_VALUE.contains(&word.as_str());
        if is_option { options.push(word) } else { filters.push(word) }
    }
    (options, filters)
}
