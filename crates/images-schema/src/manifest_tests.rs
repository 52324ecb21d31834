use super::*;
use crate::SourceText;

fn parse(text: &str) -> Result<Manifest, Box<crate::Diagnostic>> {
    SourceText::new("images/x/Image.toml", text).parse_toml()
}

fn error(text: &str) -> (String, String, Option<String>) {
    let diagnostic = parse(text).unwrap_err();
    let snippet = diagnostic.snippet.unwrap();
    (diagnostic.message, snippet.source[snippet.span].to_owned(), diagnostic.help)
}

#[test]
fn each_table_that_exists_is_read() {
    let manifest = parse(
        r#"
        [image]
        name = "flask"
        version.crate = "api"
        source.workspace = true
        authors = ["A", "B"]
        modes = "preserve"
        aliases = ["stable"]
        [args]
        FLASK = "{version}"
        [secrets]
        token = { env = "TOKEN" }
        [[variant]]
        version = "3.11"
        suffix = "-slim"
        args = { SUITE = "bookworm" }
        default = true
        [artifacts]
        bins = ["hello"]
        static = true
        [[input]]
        from = "../LICENSE"
        to = "LICENSE"
        [[prepare]]
        command = ["tool", "{out}"]
        output = "rootfs.tar"
        "#,
    )
    .unwrap();
    let image = manifest.image;
    assert_eq!(image.name.unwrap().into_inner(), "flask");
    assert_eq!(image.version.unwrap().into_inner(), VersionSource::Crate("api".to_owned()));
    assert_eq!(image.source.unwrap().into_inner(), Field::Workspace);
    assert_eq!(image.authors.unwrap().into_inner(), Field::Value(vec!["A".to_owned(), "B".to_owned()]));
    assert_eq!(image.modes, Modes::Preserve);
    assert_eq!(image.aliases[0].get_ref(), "stable");
    assert_eq!(manifest.args["FLASK"].get_ref(), "{version}");
    assert_eq!(manifest.secrets["token"].get_ref().env.as_deref(), Some("TOKEN"));
    assert!(manifest.variant[0].get_ref().default);
    assert!(manifest.artifacts.unwrap().get_ref().is_static);
    assert_eq!(manifest.input[0].to.get_ref(), "LICENSE");
    assert_eq!(manifest.prepare[0].get_ref().command.len(), 2);
}

#[test]
fn an_unknown_key_is_shown_with_the_ones_there_are() {
    let (message, span, help) = error("[image]\nverison = \"1\"\n");
    assert_eq!((message.as_str(), span.as_str()), ("unknown key `verison`", "verison"));
    assert_eq!(
        help.unwrap(),
        "did you mean `version`? allowed here: name, version, description, authors, licenses, source, \
         documentation, url, vendor, dockerfile, context, target, platforms, publish, aliases, modes"
    );
}

#[test]
fn a_table_that_is_not_there_yet_is_an_unknown_key() {
    assert_eq!(error("[policy]\nuser = \"x\"\n").0, "unknown key `policy`");
}

#[test]
fn unknown_keys_within_inherited_fields_are_shown_at_their_place() {
    let (message, _, help) = error("[image]\nversion.krate = \"x\"\n");
    assert_eq!(message, "unknown key `krate`");
    assert_eq!(help.unwrap(), "did you mean `crate`? allowed here: workspace, crate");
}

#[test]
fn a_value_of_another_type_is_shown_at_its_span() {
    let (message, span, _) = error("[args]\nPYTHON = 3.10\n");
    assert_eq!(message, "invalid type: floating point `3.1`, expected a string");
    assert_eq!(span, "3.10");
    let (message, _, _) = error("[image]\nversion = 3\n");
    assert_eq!(
        message,
        "invalid type: integer `3`, expected a version as a string, `workspace = true` or `crate = \"NAME\"`"
    );
}

#[test]
fn workspace_can_only_be_true() {
    assert_eq!(error("[image]\nurl.workspace = false\n").0, "`workspace` can only be `true`");
    assert_eq!(
        error("[image]\nversion.workspace = false\n").0,
        "expected either `workspace = true` or `crate = \"NAME\"`"
    );
}

#[test]
fn bad_syntax_is_shown_where_it_is() {
    let diagnostic = parse("[image\nname = 1").unwrap_err();
    assert_eq!(diagnostic.snippet.unwrap().span, 6..6);
}
