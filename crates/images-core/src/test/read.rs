//! From `[[test]]` to tests: placeholders filled in, texts read, what cannot be refused at its place.

mod image;
mod value;

use std::collections::BTreeMap;
use std::time::Duration;

use images_schema::message::Place;
use images_schema::{
    Diagnostic, ExpectTable, HttpTable, Manifest, SourceText, Spanned, TestTable, did_you_mean,
};

use super::definition::{Check, CommandCheck, HttpCheck, Program, Test};
use crate::Error;
use crate::workspace::Variant;

pub(super) use image::exposed_port;
pub(super) use value::pattern_problem;

/// How long a container may take that nothing is said about.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Gives each variant its tests.
///
/// # Errors
/// The first thing that is wrong with one, at its place.
pub(crate) fn assign(
    source: &SourceText,
    name: &str,
    manifest: &Manifest,
    variants: &mut [Variant],
) -> Result<(), Error> {
    for (at, table) in manifest.test.iter().enumerate() {
        let own = &table.get_ref().name;
        if manifest.test[..at].iter().any(|earlier| earlier.get_ref().name.get_ref() == own.get_ref()) {
            let message = format!("two tests are named `{}`", own.get_ref());
            return Err(source
                .error(own.span(), message, "the second one")
                .help("give it another `name`")
                .into());
        }
        check_variants(source, table.get_ref(), variants)?;
        for variant in variants.iter_mut().filter(|variant| is_for(table.get_ref(), variant)) {
            let test = Reader { source, name, variant }.test(table)?;
            variant.tests.push(test);
        }
    }
    Ok(())
}

fn is_for(table: &TestTable, variant: &Variant) -> bool {
    let names = |written: &Spanned<String>| is_named(variant, written.get_ref());
    table.variants.as_ref().is_none_or(|variants| variants.iter().any(names))
}

fn is_named(variant: &Variant, written: &str) -> bool {
    written == variant.tag || written == variant.version.as_str()
}

fn check_variants(source: &SourceText, table: &TestTable, variants: &[Variant]) -> Result<(), Error> {
    let written = table.variants.iter().flatten();
    let mut unknown = written.filter(|written| !variants.iter().any(|one| is_named(one, written.get_ref())));
    let Some(unknown) = unknown.next() else { return Ok(()) };
    let tags = || variants.iter().map(|variant| variant.tag.as_str());
    let listed = format!("there are: {}", tags().collect::<Vec<_>>().join(", "));
    let message = format!("there is no variant `{}`", unknown.get_ref());
    let diagnostic = source.error(unknown.span(), message, "neither a tag nor a version");
    Err(diagnostic
        .help(match did_you_mean(unknown.get_ref(), tags()) {
            Some(near) => format!("did you mean `{near}`? {listed}"),
            None => listed,
        })
        .into())
}

/// Reads one test for one variant.
struct Reader<'a> {
    source: &'a SourceText,
    name: &'a str,
    variant: &'a Variant,
}

impl Reader<'_> {
    fn test(&self, table: &Spanned<TestTable>) -> Result<Test, Error> {
        let written = table.get_ref();
        if written.name.get_ref().trim().is_empty() {
            return Err(self.refused(
                written.name.span(),
                "a test without a name",
                "empty",
                "say what it shows",
            ));
        }
        let timeout = written.timeout.as_ref().map(|timeout| self.duration(timeout)).transpose()?;
        let mut checks = Vec::new();
        checks.extend(self.command(written)?.map(Check::Command));
        checks
            .extend(written.http.as_ref().map(|http| self.http(written, http)).transpose()?.map(Check::Http));
        for file in &written.files {
            checks.push(Check::File(self.file(file)?));
        }
        checks.extend(
            written.config.as_ref().map(|config| self.config(config)).transpose()?.map(Check::Config),
        );
        if checks.is_empty() {
            let message = format!("the test `{}` checks nothing", written.name.get_ref());
            let help = "give it `command`, `args`, `http`, `files` or `config`";
            return Err(self.refused(written.name.span(), message, "nothing to check", help));
        }
        Ok(Test {
            name: written.name.get_ref().clone(),
            timeout: timeout.unwrap_or(TIMEOUT),
            checks,
            path: self.source.path.clone(),
            line: Place::of(&self.source.text, &written.name.span()).line,
        })
    }

    fn command(&self, written: &TestTable) -> Result<Option<CommandCheck>, Error> {
        let (entrypoint, args) = match (&written.command, &written.args) {
            (None, None) => return self.without_command(written),
            (Some(_), Some(args)) => {
                let help = "`command` takes the place of the image's entrypoint, `args` are for it: write one of them";
                return Err(self.refused(
                    args.span(),
                    "`command` and `args` in one test",
                    "one of the two",
                    help,
                ));
            }
            (None, Some(args)) => (None, self.words(args.get_ref())?),
            (Some(command), None) => match self.words(command.get_ref())?.split_first() {
                Some((program, args)) if !program.is_empty() => (Some(program.clone()), args.to_vec()),
                _ => {
                    let help = "a program and its arguments: `[\"flask\", \"--version\"]`";
                    return Err(self.refused(
                        command.span(),
                        "a command without a program",
                        "no program",
                        help,
                    ));
                }
            },
        };
        let ExpectTable { exit, stdout, stderr } =
            written.expect.as_ref().map(|expect| expect.get_ref().clone()).unwrap_or_default();
        Ok(Some(CommandCheck {
            program: self.program(written, entrypoint, args)?,
            exit: exit.unwrap_or_default(),
            stdout: self.texts(stdout.as_ref())?,
            stderr: self.texts(stderr.as_ref())?,
        }))
    }

    fn without_command(&self, written: &TestTable) -> Result<Option<CommandCheck>, Error> {
        let Some(expect) = &written.expect else { return Ok(None) };
        let help =
            "add `command`, or `args` for the image's own entrypoint; what a server answers is `http.expect`";
        Err(self.refused(expect.span(), "`expect` without a command", "nothing runs", help))
    }

    fn program(
        &self,
        written: &TestTable,
        entrypoint: Option<String>,
        args: Vec<String>,
    ) -> Result<Program, Error> {
        let mut env = BTreeMap::new();
        for (name, value) in &written.env {
            env.insert(name.clone(), self.filled(value)?);
        }
        let user = written.user.as_ref().map(|user| self.filled(user)).transpose()?;
        Ok(Program { entrypoint, args, env, user, expand: false })
    }

    fn http(&self, test: &TestTable, table: &Spanned<HttpTable>) -> Result<HttpCheck, Error> {
        let HttpTable { port, path, args, expect } = table.get_ref();
        let number = u16::try_from(*port.get_ref()).ok().filter(|port| *port > 0);
        let number = number.ok_or_else(|| {
            let message = format!("{} is no port", port.get_ref());
            self.refused(
                port.span(),
                message,
                "not from 1 to 65535",
                "name the port that the container listens on",
            )
        })?;
        let args = args.as_ref().map(|args| self.words(args.get_ref())).transpose()?;
        let status = expect.status.as_ref().map(|status| self.status(status)).transpose()?;
        let mut headers = BTreeMap::new();
        for (name, text) in &expect.headers {
            headers.insert(name.clone(), self.texts(Some(text))?);
        }
        Ok(HttpCheck {
            program: self.program(test, None, args.unwrap_or_default())?,
            port: number,
            path: path
                .as_ref()
                .map(|path| self.request_path(path))
                .transpose()?
                .unwrap_or_else(|| "/".to_owned()),
            status: status.unwrap_or(200),
            body: self.texts(expect.body.as_ref())?,
            headers,
        })
    }

    fn status(&self, written: &Spanned<u16>) -> Result<u16, Error> {
        match *written.get_ref() {
            status @ 100..=599 => Ok(status),
            other => {
                let message = format!("{other} is no status");
                Err(self.refused(
                    written.span(),
                    message,
                    "not from 100 to 599",
                    "200 means that all is well",
                ))
            }
        }
    }

    fn request_path(&self, written: &Spanned<String>) -> Result<String, Error> {
        let path = self.filled(written)?;
        match path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(path),
            false => {
                let message = format!("`{path}` is no path of a request");
                let help = "it begins with `/`, and what is neither a letter, a digit nor a sign of ASCII is written as `%…`";
                Err(self.refused(written.span(), message, "not a path", help))
            }
        }
    }

    fn refused(
        &self,
        span: std::ops::Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: &str,
    ) -> Error {
        let diagnostic: Diagnostic = self.source.error(span, message, label);
        diagnostic.help(help).into()
    }
}
