//! Calls git in the workspace's checkout; nothing else reads the history.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use images_engine::process::{Cancel, Child, Ended, Output};

use crate::{Error, host_error};

/// A git checkout.
#[derive(Debug, Clone)]
pub(crate) struct Git {
    folder: Utf8PathBuf,
    cancel: Cancel,
}

impl Git {
    /// The folder that git runs in.
    pub(crate) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The checkout whose top folder this is; `None` where it is none.
    pub(crate) fn at(folder: &Utf8Path, cancel: &Cancel) -> Option<Self> {
        let is_checkout = folder.join(".git").exists();
        is_checkout.then(|| Self { folder: folder.to_owned(), cancel: cancel.clone() })
    }

    /// The checkout in another folder.
    pub(crate) fn within(&self, folder: &Utf8Path) -> Self {
        Self { folder: folder.to_owned(), cancel: self.cancel.clone() }
    }

    /// Runs git to its end, with the words as they are. An unsuccessful exit is no error here.
    ///
    /// # Errors
    /// git cannot be started, or an interrupt came.
    pub(crate) fn run(&self, args: &[impl AsRef<str>]) -> Result<Ended, Error> {
        self.run_with(args, BTreeMap::new())
    }

    /// The same with variables added to its environment.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub(crate) fn run_with(
        &self,
        args: &[impl AsRef<str>],
        mut env: BTreeMap<String, String>,
    ) -> Result<Ended, Error> {
        // Without it, `git status` and the like write to the index, which another git may hold.
        env.insert("GIT_OPTIONAL_LOCKS".to_owned(), "0".to_owned());
        let child = Child {
            program: "git".to_owned(),
            args: args.iter().map(|word| word.as_ref().to_owned()).collect(),
            env,
            cwd: Some(self.folder.clone()),
            output: Output::Capture,
        };
        let ended =
            child.run(&self.cancel).map_err(|error| host_error(error, "cannot run git in", &self.folder))?;
        if self.cancel.is_interrupted() { Err(Error::Interrupted) } else { Ok(ended) }
    }

    /// Whether history ends somewhere because more of it was not fetched.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub(crate) fn is_shallow(&self) -> Result<bool, Error> {
        Ok(self.read(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true"))
    }

    /// What git prints, without the last line's end; `None` where it exits unsuccessfully.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub(crate) fn read(&self, args: &[impl AsRef<str>]) -> Result<Option<String>, Error> {
        let ended = self.run(args)?;
        let text = || String::from_utf8_lossy(&ended.stdout).trim_end_matches('\n').to_owned();
        Ok((ended.code == Some(0)).then(text))
    }
}
