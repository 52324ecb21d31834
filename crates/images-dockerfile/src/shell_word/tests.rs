use super::*;

struct Map(Vec<(&'static str, Value)>);

impl Variables for Map {
    fn value(&self, name: &str) -> Value {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map_or(Value::Unset, |(_, value)| value.clone())
    }
}

fn variables() -> Map {
    let set = |text: &str| Value::Set(text.to_owned());
    Map(vec![
        ("set", set("value")),
        ("empty", set("")),
        ("path", set("/usr/lib/x.tar.gz")),
        ("blanks", set("a  b")),
        ("unknown", Value::Unknown),
    ])
}

fn expand(word: &str) -> Result<String, String> {
    Lexer::new('\\').expand(word, &variables()).map(|expansion| expansion.text)
}

#[test]
fn words_are_expanded() {
    for (word, expected) in [
        ("$set", "value"),
        ("${set}x", "valuex"),
        ("$set-x", "value-x"),
        ("$unset|", "|"),
        ("a$", "a$"),
        ("$1x", "x"),
        ("${unset:-d}", "d"),
        ("${empty:-d}", "d"),
        ("${empty-d}", ""),
        ("${unset-d}", "d"),
        ("${set:-d}", "value"),
        ("${set:+a}", "a"),
        ("${empty:+a}", ""),
        ("${empty+a}", "a"),
        ("${unset+a}", ""),
        ("${set?wrong}", "value"),
        ("${empty?wrong}", ""),
        ("${set:?wrong}", "value"),
        ("${unset:-${other:-$set}}", "value"),
        ("${unset:-'$set'}", "$set"),
        ("${unset:-\"$set\"}", "value"),
        ("'$set'", "$set"),
        ("\"$set'\"", "value'"),
        ("\\$set", "$set"),
        ("\"\\$set \\a \\\\\"", "$set \\a \\"),
        ("\\a", "a"),
        ("a\\", "a"),
        ("${path#*/}", "usr/lib/x.tar.gz"),
        ("${path##*/}", "x.tar.gz"),
        ("${path%.*}", "/usr/lib/x.tar"),
        ("${path%%.*}", "/usr/lib/x"),
        ("${path#nothing}", "/usr/lib/x.tar.gz"),
        ("${path%?z}", "/usr/lib/x.tar."),
        ("${path/r/R}", "/usR/lib/x.tar.gz"),
        ("${path//r/R}", "/usR/lib/x.taR.gz"),
        ("${path/\\//_}", "_usr/lib/x.tar.gz"),
        ("${path//\\//_}", "_usr_lib_x.tar.gz"),
        ("${path/u*b/}", "//x.tar.gz"),
        ("${empty/*/x}", "x"),
        ("${set//*/x}", "x"),
    ] {
        assert_eq!(expand(word).as_deref(), Ok(expected), "{word}");
    }
}

#[test]
fn bad_words_say_what_is_wrong() {
    for (word, expected) in [
        ("${set", "`}` is missing after `${`"),
        ("${", "`}` is missing after `${`"),
        ("${set:", "`}` is missing after `${`"),
        ("${set:-x", "`}` is missing after `${`"),
        ("${set/a", "`/` is missing"),
        ("${set/a/b", "`}` is missing after `${`"),
        ("${}", "`${` must be followed by a variable's name"),
        ("${:x}", "`${` must be followed by a variable's name"),
        ("${{x}}", "`${` must be followed by a variable's name"),
        ("${set.x}", "`.` is no modifier in `${set…}`"),
        ("${set:x}", "`x` is no modifier in `${set…}`"),
        ("'a", "the closing single quote is missing"),
        ("\"a", "the closing double quote is missing"),
        ("${unset?}", "unset: is not allowed to be unset"),
        ("${unset:?}", "unset: is not allowed to be unset"),
        ("${empty:?}", "empty: is not allowed to be empty"),
        ("${unset?give it}", "unset: give it"),
        ("${set#\\a}", "`\\a` is no escape in the pattern `\\a`"),
    ] {
        assert_eq!(expand(word), Err(expected.to_owned()), "{word}");
    }
}

#[test]
fn variables_without_a_value_and_a_default_are_told() {
    for (word, expected) in [
        ("$a${b}", vec!["a", "b"]),
        ("${a#x}${b/x/y}", vec!["a", "b"]),
        ("${a-x}${b:+y}", vec![]),
        ("${a:-$b}", vec!["b"]),
        ("${set:-$b}", vec![]),
        ("${set:+$b}", vec!["b"]),
        ("${unset:+$b}", vec![]),
    ] {
        let expansion = Lexer::new('\\').expand(word, &variables()).expect("a good word");
        assert_eq!(expansion.unset, expected, "{word}");
    }
}

#[test]
fn a_word_is_unknown_where_an_unknown_variable_has_a_say() {
    for (word, expected) in [
        ("$unknown", true),
        ("${unknown:-x}", true),
        ("${unknown:+x}", true),
        ("${unknown#x}", true),
        ("${unknown/x/y}", true),
        ("${set:-$unknown}", false),
        ("${unset:-$unknown}", true),
        ("${set:+$unknown}", true),
        ("'$unknown'", false),
    ] {
        let expansion = Lexer::new('\\').expand(word, &variables()).expect("a good word");
        assert_eq!(expansion.unknown, expected, "{word}");
    }
}

#[test]
fn text_is_split_into_words_at_blanks_that_are_not_quoted() {
    let words = |lexer: Lexer, text: &str| lexer.expand(text, &variables()).expect("good text").words;
    assert_eq!(words(Lexer::new('\\'), " a  'b c' d\\ e $blanks "), ["a", "b c", "d e", "a", "b"]);
    let raw = Lexer { raw_quotes: true, raw_escapes: true, keep_unset: true, ..Lexer::new('\\') };
    assert_eq!(words(raw, "'b c' d\\ e $a ${a:-b}"), ["'b c'", "d\\ e", "$a", "${a:-b}"]);
}

#[test]
fn a_backtick_can_be_the_escape() {
    let expand = |word| Lexer::new('`').expand(word, &variables()).map(|expansion| expansion.text);
    assert_eq!(expand("`$set \\$set"), Ok("$set \\value".to_owned()));
}

/// See `tests/data/README.md`.
#[test]
fn words_expand_as_they_do_in_docker() {
    for line in include_str!("../../tests/data/words.txt").lines() {
        let fields: Vec<_> = line.split('␟').collect();
        let [escape, x, y, word, answer] = fields[..] else { panic!("{line}") };
        let mut variables = Map(vec![("X", Value::Set(x.to_owned()))]);
        if y != "␀" {
            variables.0.push(("Y", Value::Set(y.to_owned())));
        }
        let lexer = Lexer::new(escape.chars().next().expect("an escape character"));
        let expanded =
            lexer.expand(word, &variables).map_or("refused".to_owned(), |expansion| expansion.text);
        assert_eq!(expanded, answer, "{line}");
    }
}
