//! Replacing references.

use images_dockerfile::{Replacement, rewrite};

fn replaced(text: &str, replacements: &[(&str, &str)]) -> String {
    let replacement = |(old, new): &(&str, &str)| {
        let start = text.find(old).expect("the old text");
        Replacement { span: start..start + old.len(), text: (*new).to_owned() }
    };
    rewrite(text, &replacements.iter().map(replacement).collect::<Vec<_>>())
}

#[test]
fn spans_are_replaced_and_all_else_is_kept() {
    assert_eq!(
        replaced("\u{feff}FROM old\r\nCOPY --from=two a b\r\n", &[("two", "TWO"), ("old", "a-longer-one")]),
        "\u{feff}FROM a-longer-one\r\nCOPY --from=TWO a b\r\n"
    );
    assert_eq!(replaced("FROM x", &[]), "FROM x");
    assert_eq!(replaced("FROM abc", &[("abc", "x"), ("bc", "y")]), "FROM x");
}

#[test]
fn continuations_within_a_span_stay_before_the_new_text() {
    for (text, old, expected) in [
        ("FROM al\\\npine\nRUN x", "al\\\npine", "FROM \\\nnew\nRUN x"),
        ("FROM al\\ \t\r\npine", "al\\ \t\r\npine", "FROM \\ \t\r\nnew"),
        ("FROM al`\npi`\nne", "al`\npi`\nne", "FROM `\n`\nnew"),
        ("FROM al\\\n  # c\n\npine", "al\\\n  # c\n\npine", "FROM \\\n  # c\n\nnew"),
        ("FROM #l\\\npine", "#l\\\npine", "FROM \\\nnew"),
    ] {
        assert_eq!(replaced(text, &[(old, "new")]), expected, "{text:?}");
    }
}
