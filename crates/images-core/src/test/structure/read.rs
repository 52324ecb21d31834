//! From YAML to tests.

use std::collections::BTreeMap;
use std::ops::Range;

use images_schema::SourceText;
use images_schema::message::Place;

use super::fields::{Fields, refused};
use super::permissions;
use super::yaml::{self, Node};
use crate::Error;
use crate::test::definition::{Check, CommandCheck, ConfigCheck, FileCheck, Program, Test, Text};
use crate::test::read::{TIMEOUT, exposed_port, pattern_problem};

const TOP: [&str; 7] = [
    "schemaVersion",
    "globalEnvVars",
    "commandTests",
    "fileExistenceTests",
    "fileContentTests",
    "metadataTest",
    "containerRunOptions",
];
const NO_LICENSES: &str = "look at the files themselves by `fileContentTests`";
const NO_SETUP: &str =
    "do it in the command itself, by `sh -c`, or in an image of its own that stands on this one";
const NO_OPTION: &str = "of these options there is `user` alone";

/// The tests of a file.
///
/// # Errors
/// The first thing that is wrong, at its place.
pub(super) fn tests(source: &SourceText) -> Result<Vec<Test>, Error> {
    let root = yaml::parse(source)?;
    let top = Fields::of(source, &root, &TOP, &[("licenseTests", NO_LICENSES)])?;
    let version = top.needed("schemaVersion")?;
    if version != "2.0.0" {
        let span = top.get("schemaVersion").map_or(0..0, |node| node.span.clone());
        let message = format!("the version `{version}` of the format is not known");
        return Err(refused(source, &span, message, "write tests for `schemaVersion: 2.0.0`"));
    }
    let reader =
        Reader { source, env: pairs(source, top.list("globalEnvVars")?)?, user: user(source, &top)? };
    let mut tests = Vec::new();
    for node in top.list("commandTests")? {
        tests.push(reader.command(node)?);
    }
    for node in top.list("fileExistenceTests")? {
        tests.push(reader.existence(node)?);
    }
    for node in top.list("fileContentTests")? {
        tests.push(reader.content(node)?);
    }
    if let Some(node) = top.get("metadataTest") {
        tests.push(reader.metadata(node)?);
    }
    Ok(tests)
}

/// `containerRunOptions`.
fn user(source: &SourceText, top: &Fields<'_>) -> Result<Option<String>, Error> {
    let Some(node) = top.get("containerRunOptions") else { return Ok(None) };
    let others = ["privileged", "allocateTty", "envFile", "envVars", "capabilities", "bindMounts"];
    let options = Fields::of(source, node, &["user"], &others.map(|name| (name, NO_OPTION)))?;
    Ok(options.text("user")?.map(str::to_owned))
}

/// A list of `key` and `value`.
fn pairs(source: &SourceText, nodes: &[Node]) -> Result<BTreeMap<String, String>, Error> {
    let one = |node: &Node| {
        let fields = Fields::of(source, node, &["key", "value"], &[])?;
        Ok((fields.needed("key")?.to_owned(), fields.text("value")?.unwrap_or_default().to_owned()))
    };
    nodes.iter().map(one).collect()
}

struct Reader<'a> {
    source: &'a SourceText,
    env: BTreeMap<String, String>,
    user: Option<String>,
}

impl Reader<'_> {
    fn test(&self, name: &str, fields: &Fields<'_>, check: Check) -> Test {
        let start = fields.start();
        Test {
            name: name.to_owned(),
            timeout: TIMEOUT,
            checks: vec![check],
            path: self.source.path.clone(),
            line: Place::of(&self.source.text, &(start..start)).line,
        }
    }

    fn command(&self, node: &Node) -> Result<Test, Error> {
        let known = [
            "name",
            "command",
            "args",
            "envVars",
            "exitCode",
            "expectedOutput",
            "excludedOutput",
            "expectedError",
            "excludedError",
        ];
        let fields = Fields::of(self.source, node, &known, &[("setup", NO_SETUP), ("teardown", NO_SETUP)])?;
        let mut env = self.env.clone();
        env.extend(pairs(self.source, fields.list("envVars")?)?);
        let program = Program {
            entrypoint: Some(fields.needed("command")?.to_owned()),
            args: fields.words("args")?.unwrap_or_default(),
            env,
            user: self.user.clone(),
            expand: true,
        };
        let check = CommandCheck {
            program,
            exit: fields.number("exitCode")?.unwrap_or_default(),
            stdout: self.patterns(&fields, "expectedOutput", "excludedOutput")?,
            stderr: self.patterns(&fields, "expectedError", "excludedError")?,
        };
        Ok(self.test(fields.needed("name")?, &fields, Check::Command(check)))
    }

    fn patterns(&self, fields: &Fields<'_>, expected: &str, excluded: &str) -> Result<Vec<Text>, Error> {
        let mut texts = Vec::new();
        for (name, make) in [(expected, Text::Matches as fn(String) -> Text), (excluded, Text::MatchesNot)] {
            for (pattern, span) in fields.texts(name)? {
                texts.push(make(self.pattern(pattern, span)?));
            }
        }
        Ok(texts)
    }

    fn pattern(&self, pattern: &str, span: &Range<usize>) -> Result<String, Error> {
        match pattern_problem(pattern) {
            None => Ok(pattern.to_owned()),
            Some(why) => {
                let message = format!("`{pattern}` is no regular expression: {why}");
                Err(refused(self.source, span, message, "https://docs.rs/regex-lite tells the syntax"))
            }
        }
    }

    fn existence(&self, node: &Node) -> Result<Test, Error> {
        let known = ["name", "path", "shouldExist", "permissions", "uid", "gid", "isExecutableBy"];
        let fields = Fields::of(self.source, node, &known, &[])?;
        let mut check = self.file(&fields)?;
        check.absent = !fields.flag("shouldExist")?.unwrap_or(true);
        if let Some(text) = fields.text("permissions")?.filter(|text| !text.is_empty()) {
            let (kind, mode) = permissions::parse(text).ok_or_else(|| {
                let span = fields.get("permissions").map_or(0..0, |node| node.span.clone());
                refused(
                    self.source,
                    &span,
                    format!("`{text}` are no permissions"),
                    "for example `-rw-r--r--` or `drwxr-xr-x`",
                )
            })?;
            (check.kind, check.mode) = (Some(kind), Some(mode));
        }
        check.user = self.id(&fields, "uid")?;
        check.group = self.id(&fields, "gid")?;
        check.executable = self.executable(&fields)?;
        Ok(self.test(fields.needed("name")?, &fields, Check::File(check)))
    }

    fn file(&self, fields: &Fields<'_>) -> Result<FileCheck, Error> {
        let path = fields.needed("path")?.to_owned();
        Ok(FileCheck { path, expand: true, ..FileCheck::default() })
    }

    /// -1 stands for any.
    fn id(&self, fields: &Fields<'_>, name: &str) -> Result<Option<String>, Error> {
        Ok(fields.number(name)?.filter(|id| *id != -1).map(|id| id.to_string()))
    }

    fn executable(&self, fields: &Fields<'_>) -> Result<Option<u32>, Error> {
        let Some(whose) = fields.text("isExecutableBy")?.filter(|whose| !whose.is_empty()) else {
            return Ok(None);
        };
        match whose {
            "any" => Ok(Some(0o111)),
            "owner" => Ok(Some(0o100)),
            "group" => Ok(Some(0o010)),
            "other" => Ok(Some(0o001)),
            _ => {
                let node = fields.get("isExecutableBy").expect("its text was just read");
                Err(fields.wrong(node, "isExecutableBy", "`owner`, `group`, `other` or `any`"))
            }
        }
    }

    fn content(&self, node: &Node) -> Result<Test, Error> {
        let known = ["name", "path", "expectedContents", "excludedContents"];
        let fields = Fields::of(self.source, node, &known, &[])?;
        let mut check = self.file(&fields)?;
        check.follow = true;
        check.content = self.patterns(&fields, "expectedContents", "excludedContents")?;
        Ok(self.test(fields.needed("name")?, &fields, Check::File(check)))
    }

    fn metadata(&self, node: &Node) -> Result<Test, Error> {
        let known = [
            "envVars",
            "env",
            "unboundEnvVars",
            "labels",
            "entrypoint",
            "cmd",
            "exposedPorts",
            "unexposedPorts",
            "volumes",
            "unmountedVolumes",
            "workdir",
            "user",
        ];
        let fields = Fields::of(self.source, node, &known, &[])?;
        // The field was `env` before it was `envVars`.
        let mut env = self.named(fields.list("env")?)?;
        env.extend(self.named(fields.list("envVars")?)?);
        let own = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let check = ConfigCheck {
            user: own(fields.text("user")?),
            workdir: own(fields.text("workdir")?),
            entrypoint: fields.words("entrypoint")?,
            cmd: fields.words("cmd")?,
            exposed: self.ports(&fields, "exposedPorts")?,
            not_exposed: self.ports(&fields, "unexposedPorts")?,
            volumes: fields.words("volumes")?.unwrap_or_default(),
            no_volumes: fields.words("unmountedVolumes")?.unwrap_or_default(),
            env,
            unset: self.named(fields.list("unboundEnvVars")?)?.into_keys().collect(),
            labels: self.named(fields.list("labels")?)?,
        };
        Ok(self.test("metadata", &fields, Check::Config(Box::new(check))))
    }

    /// A list of `key`, `value` and `isRegex`.
    fn named(&self, nodes: &[Node]) -> Result<BTreeMap<String, Vec<Text>>, Error> {
        let one = |node: &Node| {
            let fields = Fields::of(self.source, node, &["key", "value", "isRegex"], &[])?;
            let value = fields.text("value")?.unwrap_or_default();
            let text = match fields.flag("isRegex")?.unwrap_or_default() {
                true => Text::Matches(self.pattern(value, &node.span)?),
                false => Text::Exactly(value.to_owned()),
            };
            Ok((fields.needed("key")?.to_owned(), vec![text]))
        };
        nodes.iter().map(one).collect()
    }

    fn ports(&self, fields: &Fields<'_>, name: &str) -> Result<Vec<String>, Error> {
        let one = |(text, span): (&str, &Range<usize>)| {
            let refuse =
                || refused(self.source, span, format!("`{text}` is no port"), "for example `\"8080\"`");
            exposed_port(text).ok_or_else(refuse)
        };
        fields.texts(name)?.into_iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::definition::Kind;

    fn read(text: &str) -> Result<Vec<Test>, Error> {
        tests(&SourceText::new("a.cst.yaml", format!("schemaVersion: 2.0.0\n{text}")))
    }

    fn error(text: &str) -> (String, String, String) {
        let Err(Error::Input(found)) = read(text) else { panic!("it is read") };
        let snippet = found[0].snippet.clone().unwrap();
        let shown = snippet.source[snippet.span].to_owned();
        (found[0].message.clone(), shown, found[0].help.clone().unwrap())
    }

    #[test]
    fn each_kind_of_test_is_read() {
        let text = r#"
globalEnvVars: [{ key: A, value: "1" }, { key: B, value: "2" }]
containerRunOptions: { user: "5" }
commandTests:
  - name: runs
    command: sh
    args: [-c, 'echo $PATH']
    envVars: [{ key: B, value: "3" }]
    exitCode: 4
    expectedOutput: ['^/bin']
    excludedError: [warning]
fileExistenceTests:
  - { name: passwd, path: /etc/passwd, permissions: '-rw-r--r--', uid: 0, isExecutableBy: any }
  - { name: none, path: /none, shouldExist: false }
fileContentTests:
  - { name: root, path: /etc/passwd, expectedContents: ['root:.*'], excludedContents: [toor] }
metadataTest:
  envVars: [{ key: P, value: '^x', isRegex: true }]
  exposedPorts: ["80"]
  entrypoint: []
"#;
        let read = read(text).unwrap();
        let named: Vec<_> = read.iter().map(|test| (test.name.as_str(), test.line)).collect();
        assert_eq!(named, [("runs", 6), ("passwd", 14), ("none", 15), ("root", 17), ("metadata", 19)]);
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let Check::Command(command) = &read[0].checks[0] else { panic!() };
        assert_eq!(
            (command.program.entrypoint.as_deref(), &command.program.args),
            (Some("sh"), &own(&["-c", "echo $PATH"]))
        );
        assert_eq!(
            command.program.env,
            [("A", "1"), ("B", "3")].map(|(a, b)| (a.to_owned(), b.to_owned())).into()
        );
        assert_eq!(
            (command.program.user.as_deref(), command.exit, command.program.expand),
            (Some("5"), 4, true)
        );
        assert_eq!(command.stdout, [Text::Matches("^/bin".to_owned())]);
        assert_eq!(command.stderr, [Text::MatchesNot("warning".to_owned())]);
        let Check::File(file) = &read[1].checks[0] else { panic!() };
        assert_eq!((file.kind, file.mode, file.user.as_deref()), (Some(Kind::File), Some(0o644), Some("0")));
        assert_eq!((file.executable, file.group.as_ref(), file.absent), (Some(0o111), None, false));
        assert!(matches!(&read[2].checks[0], Check::File(file) if file.absent));
        let Check::Config(config) = &read[4].checks[0] else { panic!() };
        assert_eq!((&config.exposed, &config.entrypoint), (&own(&["80/tcp"]), &Some(Vec::new())));
        assert_eq!(config.env["P"], [Text::Matches("^x".to_owned())]);
    }

    #[test]
    fn what_is_not_known_and_what_is_not_supported_is_told_at_its_place() {
        let command = "commandTests:\n  - name: a\n    command: b\n";
        let (message, shown, help) = error(&format!("{command}    exitcode: 1\n"));
        assert_eq!((message.as_str(), shown.as_str()), ("unknown key `exitcode`", "exitcode"));
        assert!(help.starts_with("did you mean `exitCode`? allowed here: name, command,"), "{help}");
        let (message, shown, help) = error(&format!("{command}    setup: [[x]]\n"));
        assert_eq!((message.as_str(), shown.as_str()), ("`setup` is not supported", "setup"));
        assert_eq!(help, NO_SETUP);
        assert_eq!(error("licenseTests: []\n").0, "`licenseTests` is not supported");
        assert_eq!(error("containerRunOptions: { privileged: true }\n").0, "`privileged` is not supported");
        assert_eq!(error("commandTest: []\n").2.split('?').next(), Some("did you mean `commandTests`"));
        assert_eq!(error("commandTests: [{ command: x }]\n").0, "there is no `name`");
        assert_eq!(
            error("fileExistenceTests: [{ name: a, path: /, shouldExist: yes }]\n").0,
            "`shouldExist` is `true` or `false`"
        );
        assert_eq!(error("fileExistenceTests: [{ name: a, path: /, permissions: '0644' }]\n").1, "'0644'");
        assert_eq!(error("fileContentTests: [{ name: a, path: /, expectedContents: ['('] }]\n").1, "'('");
        assert_eq!(error("metadataTest: { exposedPorts: [http] }\n").0, "`http` is no port");
        let Err(Error::Input(found)) = tests(&SourceText::new("a", "schemaVersion: 1.0.0\n")) else {
            panic!()
        };
        assert_eq!(found[0].message, "the version `1.0.0` of the format is not known");
    }
}
