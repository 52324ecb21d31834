//! A unified diff of a file that is new, or of one that got some lines.
//!
//! The format: <https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html>

use std::fmt::Write;

use camino::Utf8Path;

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// The diff of one file, with one hunk.
pub(super) fn unified(path: &Utf8Path, before: Option<&str>, after: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (lines(before.unwrap_or_default()), lines(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let first = start.saturating_sub(CONTEXT);
    let tail = end.min(CONTEXT);
    let (old_end, new_end) = (old.len() - end, new.len() - end);
    let mut diff = match before {
        None => format!("--- /dev/null\n+++ b/{path}\n"),
        Some(_) => format!("--- a/{path}\n+++ b/{path}\n"),
    };
    let range = |count: usize| if count == 0 { "0,0".to_owned() } else { format!("{},{count}", first + 1) };
    let _ = writeln!(diff, "@@ -{} +{} @@", range(old_end + tail - first), range(new_end + tail - first));
    old[first..start].iter().for_each(|line| push(&mut diff, ' ', line));
    changed(&old[start..old_end], &new[start..new_end], &mut diff);
    old[old_end..old_end + tail].iter().for_each(|line| push(&mut diff, ' ', line));
    diff
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines that differ, with those between them that do not, by the longest common subsequence.
fn changed(old: &[&str], new: &[&str], diff: &mut String) {
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            common[i][j] =
                if a == b { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            push(diff, ' ', old[i]);
            (i, j) = (i + 1, j + 1);
        } else if i < old.len() && (j == new.len() || common[i + 1][j] >= common[i][j + 1]) {
            push(diff, '-', old[i]);
            i += 1;
        } else {
            push(diff, '+', new[j]);
            j += 1;
        }
    }
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
    fn a_new_file_is_all_plus() {
        assert_eq!(unified("f".into(), None, "a\nb\n"), "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    }

    #[test]
    fn added_and_replaced_lines_are_one_hunk_with_what_is_between_them() {
        let before = "1\n2\n3\n4\na\nb\nc\n5\n6\n7\n8\n";
        let after = "1\n2\n3\n4\nA\nb\nc\nd\n5\n6\n7\n8\n";
        assert_eq!(
            unified("f".into(), Some(before), after),
            "--- a/f\n+++ b/f\n@@ -2,9 +2,10 @@\n 2\n 3\n 4\n-a\n+A\n b\n c\n+d\n 5\n 6\n 7\n"
        );
    }

    #[test]
    fn a_last_line_without_an_end_is_told() {
        assert_eq!(
            unified("f".into(), Some("a"), "a\nb\n"),
            "--- a/f\n+++ b/f\n@@ -1,1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n"
        );
    }
}
