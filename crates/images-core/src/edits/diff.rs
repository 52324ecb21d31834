//! A unified diff of two texts: of any two, and fast where lines were only replaced by as many others, as edits of versions do.
//!
//! The format: <https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html>

use std::fmt::Write;
use std::ops::Range;

use camino::Utf8Path;

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// Lines before that become lines after.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// The diff of one file; nothing where the texts are equal.
pub(super) fn unified(path: &Utf8Path, before: &str, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (lines(before), lines(after));
    let changes = if old.len() == new.len() { replaced(&old, &new) } else { edited(&old, &new) };
    let mut diff = String::new();
    for hunk in hunks(&changes) {
        if diff.is_empty() {
            diff = format!("--- a/{path}\n+++ b/{path}\n");
        }
        push_hunk(&mut diff, &old, &new, hunk);
    }
    diff
}

/// The diff that makes a file.
pub(super) fn new_file(path: &Utf8Path, text: &str) -> String {
    let lines = lines(text);
    let mut diff = format!("--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{} @@\n", lines.len());
    lines.iter().for_each(|line| push(&mut diff, '+', line));
    diff
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The runs of lines that differ, of as many lines as there were.
fn replaced(old: &[&str], new: &[&str]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for at in (0..old.len()).filter(|&at| old[at] != new[at]) {
        match changes.last_mut() {
            Some(last) if last.old.end == at => (last.old.end, last.new.end) = (at + 1, at + 1),
            _ => changes.push(Change { old: at..at + 1, new: at..at + 1 }),
        }
    }
    changes
}

/// The fewest changes, by the longest common subsequence of what is between the first and the last one.
fn edited(old: &[&str], new: &[&str]) -> Vec<Change> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[start..], &new[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let lengths = common_lengths(a, b);
    let (mut i, mut j) = (0, 0);
    let mut changes = Vec::new();
    while i < a.len() || j < b.len() {
        let (from_i, from_j) = (i, j);
        while (i < a.len() || j < b.len()) && !(i < a.len() && j < b.len() && a[i] == b[j]) {
            match j == b.len() || (i < a.len() && lengths[i + 1][j] >= lengths[i][j + 1]) {
                true => i += 1,
                false => j += 1,
            }
        }
        if (from_i, from_j) != (i, j) {
            changes.push(Change { old: start + from_i..start + i, new: start + from_j..start + j });
        }
        while i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        }
    }
    changes
}

/// For each pair of places how many lines are common behind them.
fn common_lengths(a: &[&str], b: &[&str]) -> Vec<Vec<usize>> {
    let mut lengths = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i][j] = match a[i] == b[j] {
                true => lengths[i + 1][j + 1] + 1,
                false => lengths[i + 1][j].max(lengths[i][j + 1]),
            };
        }
    }
    lengths
}

/// Changes that are shown together: what is around them would touch.
fn hunks(changes: &[Change]) -> Vec<&[Change]> {
    changes.chunk_by(|one, next| next.old.start - one.old.end <= 2 * CONTEXT).collect()
}

fn push_hunk(diff: &mut String, old: &[&str], new: &[&str], changes: &[Change]) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let before = first.old.start.min(CONTEXT);
    let after = (old.len() - last.old.end).min(CONTEXT);
    let (from, to) = (first.old.start - before, last.old.end + after);
    let (new_from, new_to) = (first.new.start - before, last.new.end + after);
    let _ = writeln!(diff, "@@ -{} +{} @@", place(from..to), place(new_from..new_to));
    let mut at = from;
    for change in changes {
        old[at..change.old.start].iter().for_each(|line| push(diff, ' ', line));
        old[change.old.clone()].iter().for_each(|line| push(diff, '-', line));
        new[change.new.clone()].iter().for_each(|line| push(diff, '+', line));
        at = change.old.end;
    }
    old[at..to].iter().for_each(|line| push(diff, ' ', line));
}

/// The first line, from 1, and how many there are; the line before, where there is none.
fn place(lines: Range<usize>) -> String {
    let first = if lines.is_empty() { lines.start } else { lines.start + 1 };
    format!("{first},{}", lines.len())
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
    use super::{new_file, unified};

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
    fn lines_that_come_and_go_are_shown_with_their_counts() {
        let diff = unified("f".into(), "a\nb\nc\nd\ne\nf\ng\n", "a\nb\nnew\nc\nd\ne\ng\nend\n");
        assert_eq!(diff, "--- a/f\n+++ b/f\n@@ -1,7 +1,8 @@\n a\n b\n+new\n c\n d\n e\n-f\n g\n+end\n");
        assert_eq!(unified("f".into(), "", "a\n"), "--- a/f\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n");
        assert_eq!(
            unified("f".into(), "a", "a\nb\n"),
            "--- a/f\n+++ b/f\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n"
        );
    }

    #[test]
    fn a_new_file_is_all_plus() {
        assert_eq!(new_file("f".into(), "a\nb\n"), "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    }

    #[test]
    fn added_and_replaced_lines_are_one_hunk_with_what_is_between_them() {
        let before = "1\n2\n3\n4\na\nb\nc\n5\n6\n7\n8\n";
        let after = "1\n2\n3\n4\nA\nb\nc\nd\n5\n6\n7\n8\n";
        assert_eq!(
            unified("f".into(), before, after),
            "--- a/f\n+++ b/f\n@@ -2,9 +2,10 @@\n 2\n 3\n 4\n-a\n+A\n b\n c\n+d\n 5\n 6\n 7\n"
        );
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("f".into(), "a\n", "a\n"), "");
    }
}
