//! `[[test]]` as it is written. Unknown keys are errors everywhere.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};

use crate::Spanned;

/// `[[test]]`: what the built image is asked. Each of `command` or `args`, `http`, `files` and `config` is a check.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TestTable {
    /// What it shows. Unique in its Image.toml.
    pub name: Spanned<String>,
    /// The tags or versions of the variants that it is for; all of them otherwise.
    pub variants: Option<Vec<Spanned<String>>>,
    /// How long each of its containers may take: `500ms`, `30s` or `2m`.
    pub timeout: Option<Spanned<String>>,
    /// A program and its arguments, with placeholders. They take the place of the image's entrypoint and command.
    pub command: Option<Spanned<Vec<Spanned<String>>>>,
    /// Arguments for the image's own entrypoint, with placeholders. They take the place of the image's command.
    pub args: Option<Spanned<Vec<Spanned<String>>>>,
    /// Variables in its containers, with placeholders.
    #[serde(default)]
    pub env: BTreeMap<String, Spanned<String>>,
    /// The user in its containers; the image's otherwise.
    pub user: Option<Spanned<String>>,
    /// What the command does.
    pub expect: Option<Spanned<ExpectTable>>,
    /// What the image serves.
    pub http: Option<Spanned<HttpTable>>,
    /// What is in the image.
    #[serde(default)]
    pub files: Vec<Spanned<FileTable>>,
    /// How a container of the image is started.
    pub config: Option<Spanned<ConfigTable>>,
}

/// `expect` of a `[[test]]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExpectTable {
    /// The exit code; 0 otherwise.
    pub exit: Option<i32>,
    /// What it writes to stdout.
    pub stdout: Option<Spanned<TextTable>>,
    /// What it writes to stderr.
    pub stderr: Option<Spanned<TextTable>>,
}

/// `http` of a `[[test]]`: one GET.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HttpTable {
    /// The port that the container listens on.
    pub port: Spanned<i64>,
    /// Path and query; `/` otherwise.
    pub path: Option<Spanned<String>>,
    /// Arguments for the image's own entrypoint, with placeholders; the image's command otherwise.
    pub args: Option<Spanned<Vec<Spanned<String>>>>,
    /// What is answered.
    #[serde(default)]
    pub expect: HttpExpectTable,
}

/// `http.expect` of a `[[test]]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HttpExpectTable {
    /// The status; 200 otherwise.
    pub status: Option<Spanned<u16>>,
    /// The body.
    pub body: Option<Spanned<TextTable>>,
    /// Header fields, by name.
    #[serde(default)]
    pub headers: BTreeMap<String, Spanned<TextTable>>,
}

/// One of `files` of a `[[test]]`.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FileTable {
    /// Absolute, with placeholders.
    pub path: Spanned<String>,
    /// Whether nothing is there.
    #[serde(default)]
    pub absent: bool,
    /// What it is.
    pub kind: Option<FileKind>,
    /// The permission bits in octal digits: `0755`.
    pub mode: Option<Spanned<String>>,
    /// The owner: a name of the image's `/etc/passwd`, or a number.
    pub user: Option<Spanned<Id>>,
    /// The group: a name of the image's `/etc/group`, or a number.
    pub group: Option<Spanned<Id>>,
    /// What the symbolic link holds, with placeholders.
    pub target: Option<Spanned<String>>,
    /// What the file holds.
    pub content: Option<Spanned<TextTable>>,
}

/// What a path of an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
}

/// `config` of a `[[test]]`. Lists of words are compared whole; of sets, what is named must be there.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConfigTable {
    /// `USER`.
    pub user: Option<Spanned<String>>,
    /// `WORKDIR`.
    pub workdir: Option<Spanned<String>>,
    /// `ENTRYPOINT`.
    pub entrypoint: Option<Vec<Spanned<String>>>,
    /// `CMD`.
    pub cmd: Option<Vec<Spanned<String>>>,
    /// `EXPOSE`.
    #[serde(default)]
    pub exposed: Vec<Spanned<Id>>,
    /// `VOLUME`.
    #[serde(default)]
    pub volumes: Vec<Spanned<String>>,
    /// `ENV`.
    #[serde(default)]
    pub env: BTreeMap<String, Spanned<TextTable>>,
    /// `LABEL`.
    #[serde(default)]
    pub labels: BTreeMap<String, Spanned<TextTable>>,
}

/// What a text is compared with: `"…"` is short for `contains`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextTable {
    /// It is somewhere in the text, with placeholders.
    pub contains: Option<String>,
    /// It is the whole text, apart from line ends at its end, with placeholders.
    pub equals: Option<String>,
    /// A regular expression that matches somewhere in the text. Nothing is filled in.
    pub matches: Option<Spanned<String>>,
}

impl<'de> Deserialize<'de> for TextTable {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = TextTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a table with `contains`, `equals` or `matches`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<TextTable, E> {
        Ok(TextTable { contains: Some(text.to_owned()), ..TextTable::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TextTable, A::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Parts {
            contains: Option<String>,
            equals: Option<String>,
            matches: Option<Spanned<String>>,
        }
        let Parts { contains, equals, matches } = Parts::deserialize(MapAccessDeserializer::new(map))?;
        Ok(TextTable { contains, equals, matches })
    }
}

/// A number, or a text: of users, groups and ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(pub String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IdVisitor)
    }
}

struct IdVisitor;

impl Visitor<'_> for IdVisitor {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id(number.to_string()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        Ok(Id(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Manifest, SourceText};

    fn parse(text: &str) -> Result<Vec<Spanned<TestTable>>, Box<crate::Diagnostic>> {
        SourceText::new("images/x/Image.toml", text).parse_toml::<Manifest>().map(|manifest| manifest.test)
    }

    fn error(text: &str) -> (String, String, Option<String>) {
        let diagnostic = parse(text).unwrap_err();
        let snippet = diagnostic.snippet.unwrap();
        (diagnostic.message, snippet.source[snippet.span].to_owned(), diagnostic.help)
    }

    #[test]
    fn each_form_of_a_test_is_read() {
        let text = r#"
            [[test]]
            name = "serves hello"
            variants = ["1.0.0"]
            timeout = "2m"
            command = ["flask", "--version"]
            expect = { exit = 1, stdout = "Flask", stderr.matches = "^$" }
            http = { port = 5000, path = "/index", expect.status = 404, expect.body.equals = "Hello" }
            files = [{ path = "/home/app", mode = "0755", user = "app", group = 5, kind = "folder" }, { path = "/x", absent = true }]
            config = { user = "app", exposed = [5000, "53/udp"], labels.a = "b" }
        "#;
        let tests = parse(text).unwrap();
        let test = tests[0].get_ref();
        assert_eq!(test.name.get_ref(), "serves hello");
        assert_eq!(&text[test.name.span()], "\"serves hello\"");
        let expect = test.expect.as_ref().unwrap().get_ref();
        let contains = |text: &str| TextTable { contains: Some(text.to_owned()), ..TextTable::default() };
        assert_eq!((expect.exit, expect.stdout.as_ref().unwrap().get_ref()), (Some(1), &contains("Flask")));
        assert_eq!(expect.stderr.as_ref().unwrap().get_ref().matches.as_ref().unwrap().get_ref(), "^$");
        let http = test.http.as_ref().unwrap().get_ref();
        assert_eq!((*http.port.get_ref(), *http.expect.status.as_ref().unwrap().get_ref()), (5000, 404));
        let file = test.files[0].get_ref();
        assert_eq!(file.group.as_ref().unwrap().get_ref().0, "5");
        assert_eq!((file.kind, test.files[1].get_ref().absent), (Some(FileKind::Folder), true));
        let config = test.config.as_ref().unwrap().get_ref();
        let exposed: Vec<_> = config.exposed.iter().map(|port| port.get_ref().0.as_str()).collect();
        assert_eq!(exposed, ["5000", "53/udp"]);
        assert_eq!(config.labels["a"].get_ref(), &contains("b"));
    }

    #[test]
    fn unknown_keys_are_shown_at_their_place_however_deep_they_are() {
        for (text, key, near) in [
            ("[[test]]\nname = \"x\"\ncomand = []\n", "comand", "command"),
            ("[[test]]\nname = \"x\"\nexpect = { exti = 0 }\n", "exti", "exit"),
            ("[[test]]\nname = \"x\"\nexpect.stdout = { equal = \"a\" }\n", "equal", "equals"),
            ("[[test]]\nname = \"x\"\nhttp = { prot = 1 }\n", "prot", "port"),
            ("[[test]]\nname = \"x\"\nfiles = [{ path = \"/\", mod = \"1\" }]\n", "mod", "mode"),
            ("[[test]]\nname = \"x\"\nconfig = { usr = \"a\" }\n", "usr", "user"),
        ] {
            let (message, span, help) = error(text);
            assert_eq!((message, span.as_str()), (format!("unknown key `{key}`"), key), "{text}");
            assert!(help.is_some_and(|help| help.contains(&format!("did you mean `{near}`?"))), "{text}");
        }
    }

    #[test]
    fn a_value_of_another_type_says_what_was_expected() {
        let (message, span, _) = error("[[test]]\nname = \"x\"\nexpect.stdout = 5\n");
        let expected = "a text, or a table with `contains`, `equals` or `matches`";
        assert_eq!(
            (message, span.as_str()),
            (format!("invalid type: integer `5`, expected {expected}"), "5")
        );
        assert_eq!(error("[[test]]\ncommand = [\"x\"]\n").0, "there is no `name`");
    }
}
