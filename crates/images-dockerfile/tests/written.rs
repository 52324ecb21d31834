//! What those see who carry instructions out: parts, heredocs, expansion.

use images_dockerfile::{Dockerfile, Document, Word, Written};

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse(text).expect("the case is a Dockerfile")
}

/// The parts of the instruction behind `FROM scratch`.
fn written(line: &str) -> Written {
    let dockerfile = parse(&format!("FROM scratch\n{line}"));
    dockerfile.written(&dockerfile.instructions()[1])
}

fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

#[test]
fn arguments_are_read_in_every_way_that_an_instruction_may_mean() {
    let cmd = written("CMD [\"a b\", \"c\"]");
    assert_eq!(texts(&cmd.json.unwrap()), ["a b", "c"]);
    assert_eq!(texts(&cmd.words), ["[\"a", "b\",", "\"c\"]"]);
    let label = written("LABEL a=\"b c\"  d=\\ e");
    assert_eq!(label.json, None);
    assert_eq!(texts(&label.quoted), ["a=\"b c\"", "d=\\ e"]);
    assert_eq!(label.arguments.text, "a=\"b c\"  d=\\ e");
}

#[test]
fn flags_have_their_values_without_quotes_and_their_places() {
    let text = "FROM scratch\nCOPY --link --chown=\"a:b\" x \\\n  /y";
    let dockerfile = parse(text);
    let copy = dockerfile.written(&dockerfile.instructions()[1]);
    let flags: Vec<_> =
        copy.flags.iter().map(|flag| (flag.name.as_str(), &text[flag.span.clone()])).collect();
    assert_eq!(flags, [("link", "--link"), ("chown", "--chown=\"a:b\"")]);
    assert_eq!(copy.flags[0].value, None);
    assert_eq!(copy.flags[1].value.as_ref().unwrap().text, "a:b");
    assert_eq!(texts(&copy.words), ["x", "/y"]);
    assert_eq!(&text[copy.words[1].span.clone()], "/y");
}

#[test]
fn heredocs_keep_their_lines_and_say_whether_they_are_expanded() {
    let text = "FROM scratch\nCOPY <<a <<-\"b\" /x/\none $V\r\n\na\n\t\ttwo\n\tb\nUSER c\n";
    let dockerfile = parse(text);
    let copy = &dockerfile.instructions()[1];
    let document = |name: &str, content: &str, expands| Document {
        name: name.to_owned(),
        content: content.to_owned(),
        expands,
    };
    assert_eq!(copy.documents, [document("a", "one $V\r\n\n", true), document("b", "two\n", false)]);
    let words = dockerfile.written(copy).words;
    let names: Vec<_> = words.iter().map(Word::heredoc).collect();
    assert_eq!(names, [Some("a".to_owned()), Some("b".to_owned()), None]);
    assert_eq!(dockerfile.instructions()[2].keyword, "USER");
}

#[test]
fn words_expand_with_the_files_own_escape_and_documents_keep_their_quotes() {
    let value = |name: &str| (name == "V").then(|| "x y".to_owned());
    let word = |text: &str| Word { text: text.to_owned(), span: 3..4 };
    let expander = parse("# escape=`\nFROM scratch").expander();
    assert_eq!(expander.word(&word("`$V\"$V\"\\$V"), &value), Ok("$Vx y\\x y".to_owned()));
    assert_eq!(
        expander.words(&word("a$V \"$V\" $U"), &value),
        Ok(["ax", "y", "x y"].map(String::from).to_vec())
    );
    assert_eq!(expander.document(&word("'$V' \"\\$V\" `"), &value), Ok("'x y' \"$V\" `".to_owned()));
    let problem = expander.word(&word("${U:?is needed}"), &value).unwrap_err();
    assert_eq!((problem.message.as_str(), problem.span), ("U: is needed", 3..4));
}

#[test]
fn a_resolution_knows_the_global_arguments_and_which_stage_a_from_means() {
    use images_dockerfile::{Inputs, Platform};
    let dockerfile = parse("ARG A=1\nARG B=$A-2\nARG C\nFROM scratch AS x\nFROM scratch AS y\nFROM scratch");
    let args = [("C".to_owned(), "given".to_owned())].into();
    let platform =
        Platform { os: "linux".to_owned(), architecture: "arm".to_owned(), variant: Some("v7".to_owned()) };
    let inputs = Inputs { args: &args, target: None, platform: &platform, build_platform: &platform };
    let resolution = dockerfile.resolve(&inputs).unwrap();
    for (name, value) in [("A", "1"), ("B", "1-2"), ("C", "given"), ("TARGETPLATFORM", "linux/arm/v7")] {
        assert_eq!(resolution.global_args[name], value);
    }
    let named = ["X", "1", "3", "z"].map(|from| resolution.stage_named(from));
    assert_eq!(named, [Some(0), Some(1), None, None]);
}
