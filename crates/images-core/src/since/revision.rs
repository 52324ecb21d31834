//! Reads the name of a commit, as git reads it.

use std::io::ErrorKind;

use images_engine::process::Cancel;
use images_schema::Diagnostic;

use super::fetch;
use crate::Error;
use crate::git::Git;
use crate::workspace::Workspace;

/// A commit as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// What `git rev-parse` takes.
    pub text: String,
    /// Whether the best common ancestor of it and `HEAD` is meant.
    pub merge_base: bool,
}

/// A commit that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    /// Its id, in hexadecimal digits.
    pub(super) id: String,
    /// The id of its tree.
    pub(super) tree: String,
}

/// The checkout that the workspace lies in.
///
/// # Errors
/// There is none.
pub(super) fn checkout(workspace: &Workspace, cancel: &Cancel) -> Result<Git, Error> {
    Git::at(&workspace.repository, cancel).ok_or_else(|| {
        let message = format!("{} is in no git checkout", workspace.root);
        Diagnostic::error(message).help("--since compares with a commit: run it in a clone").into()
    })
}

/// Finds the commit.
///
/// # Errors
/// git is not there or refuses, or there is no such commit here.
pub(super) fn find(git: &Git, revision: &Revision) -> Result<Commit, Error> {
    let text = &revision.text;
    let object = read(git, &["rev-parse", "--verify", "--quiet", "--end-of-options", text])?;
    let Some(object) = object else { return Err(unknown(git, revision)?) };
    // A full id is taken for an object without a look at whether it is there.
    if git.read(&["cat-file", "-e", &object])?.is_none() {
        return Err(unknown(git, revision)?);
    }
    let named = git.read(&["rev-parse", "--verify", "--quiet", &format!("{object}^{{commit}}")])?;
    let named = named.ok_or_else(|| -> Error {
        let diagnostic = Diagnostic::error(format!("`{text}` is no commit"));
        diagnostic.help("name a commit, a branch or a tag of one").into()
    })?;
    let id = match revision.merge_base {
        false => named,
        true => read(git, &["merge-base", &named, "HEAD"])?.ok_or_else(|| no_merge_base(git, text))?,
    };
    let tree = read(git, &["rev-parse", "--verify", "--quiet", &format!("{id}^{{tree}}")])?;
    let tree = tree.ok_or_else(|| -> Error {
        // In a clone that has a commit without its tree.
        Diagnostic::error(format!("the files of {id} are not in this clone"))
            .help("fetch them: git fetch")
            .into()
    })?;
    Ok(Commit { id, tree })
}

/// What git prints; `None` where it says nothing and fails, as for a name that there is not.
fn read(git: &Git, args: &[&str]) -> Result<Option<String>, Error> {
    let ended = git.run(args).map_err(absent)?;
    match ended.code {
        Some(0) => Ok(Some(String::from_utf8_lossy(&ended.stdout).trim_end().to_owned())),
        _ if ended.stderr.is_empty() => Ok(None),
        _ => Err(refused(args, &ended.stderr)),
    }
}

/// git's own words about why it does not do something.
pub(super) fn refused(args: &[&str], stderr: &[u8]) -> Error {
    Error::Command {
        message: format!("`git {}` failed", args.first().unwrap_or(&"")),
        output: String::from_utf8_lossy(stderr).trim_end().to_owned(),
        help: Some("--since reads the commit through git".to_owned()),
    }
}

/// The error of a git that could not be run.
pub(super) fn absent(error: Error) -> Error {
    match error {
        Error::Io { source, .. } if source.kind() == ErrorKind::NotFound => Error::Command {
            message: "git is not installed".to_owned(),
            output: String::new(),
            help: Some("--since reads the commit through git: install it".to_owned()),
        },
        other => other,
    }
}

fn unknown(git: &Git, revision: &Revision) -> Result<Error, Error> {
    let text = &revision.text;
    let (message, help) = match text.contains("..") {
        true => (
            format!("`{text}` is no commit"),
            "--since takes one commit, and compares the work tree with it".to_owned(),
        ),
        false => (
            format!("there is no commit `{text}` in this clone"),
            fetch::advice(git, text, revision.merge_base)?,
        ),
    };
    Ok(Diagnostic::error(message).help(help).into())
}

fn no_merge_base(git: &Git, text: &str) -> Error {
    let help = match git.is_shallow() {
        Ok(true) => format!("this clone is shallow: `git fetch --unshallow`; {}", fetch::CHECKOUT),
        Ok(false) => "without --merge-base the work tree is compared with the commit itself".to_owned(),
        Err(_) => "see `git merge-base`".to_owned(),
    };
    Diagnostic::error(format!("`{text}` and HEAD have no common ancestor in this clone")).help(help).into()
}
