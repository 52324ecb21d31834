//! A unified diff of two texts of which lines were replaced by as many others, as edits of versions do.
//!
//! The format: <https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html>

use std::fmt::Write;

use camino::Utf8Path;

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// The diff of one file; nothing where the texts are equal.
pub(super) fn unified(path: &Utf8Path, before: &str, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (lines(before), lines(after));
    let mut diff = String::new();
    for (start, end) in hunks(&old, &new) {
        if diff.is_empty() {
            diff = format!("--- a/{path}\n+++ b/{path}\n");
        }
        let _ = writeln!(diff, "@@ -{0},{1} +{0},{1} @@", start + 1, end - start);
        let mut at = start;
        while at < end {
            let equal = (at..end).take_while(|&line| old[line] == new[line]).count();
            old[at..at + equal].iter().for_each(|line| push(&mut diff, ' ', line));
            at += equal;
            let changed = (at..end).take_while(|&line| old[line] != new[line]).count();
            old[at..at + changed].iter().for_each(|line| push(&mut diff, '-', line));
            new[at..at + changed].iter().for_each(|line| push(&mut diff, '+', line));
            at += changed;
        }
    }
    diff
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The ranges of lines that hold changes and what is around them; those that would touch are one.
fn hunks(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    debug_assert_eq!(old.len(), new.len(), "lines are replaced, never added or taken away");
    let count = old.len().min(new.len());
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for at in (0..count).filter(|&at| old[at] != new[at]) {
        let (start, end) = (at.saturating_sub(CONTEXT), (at + 1 + CONTEXT).min(count));
        match hunks.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => hunks.push((start, end)),
        }
    }
    hunks
}

fn push(diff: &mut String, sign: char, line: &str) {
    diff.push(sign);
    diff.push_str(line);
    if !line.ends_with('\n') {
        diff.push_str("\n\\ No newline at end of file\n");
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_are_shown_with_three_lines_around_them() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15";
        let after = before.replace("\n5\n", "\nfive\n").replace("15", "fifteen");
        assert_eq!(
            unified("f".into(), before, &after),
            "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -12,4 +12,4 @@\n 12\n 13\n 14\n\
             -15\n\\ No newline at end of file\n+fifteen\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn changes_near_each_other_are_one_hunk() {
        let diff = unified("f".into(), "a\nb\nc\nd\ne\nf\n", "A\nb\nc\nd\nE\nF\n");
        assert_eq!(diff, "--- a/f\n+++ b/f\n@@ -1,6 +1,6 @@\n-a\n+A\n b\n c\n d\n-e\n-f\n+E\n+F\n");
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("f".into(), "a\n", "a\n"), "");
    }
}
