//! What a test asks, as data: placeholders are filled in, texts are read.

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde::Serialize;

pub use super::text::Text;

/// One test of one variant. All of its checks must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// How long each of its containers may take.
    pub timeout: Duration,
    /// What is asked. There is at least one.
    pub checks: Vec<Check>,
    /// Where it is written, as a person knows the file. It does not count as a part of the definition.
    #[serde(skip)]
    pub path: Utf8PathBuf,
    /// The line there, from 1.
    #[serde(skip)]
    pub line: usize,
}

impl Test {
    /// A hash of all that it asks: equal hashes mean equal tests.
    pub fn hash(&self) -> String {
        let text = serde_json::to_vec(self).expect("these types have string keys and no failing parts");
        blake3::hash(&text).to_hex().to_string()
    }

    /// Whether it starts containers.
    pub fn needs_containers(&self) -> bool {
        self.checks.iter().any(|check| matches!(check, Check::Command(_) | Check::Http(_)))
    }

    /// Whether it looks at the image's files.
    pub fn needs_files(&self) -> bool {
        self.checks.iter().any(|check| matches!(check, Check::File(_)))
    }

    /// Whether it looks at the image's configuration.
    pub fn needs_config(&self) -> bool {
        self.checks.iter().any(|check| match check {
            Check::Config(_) => true,
            Check::File(check) => check.expand,
            Check::Command(CommandCheck { program, .. }) | Check::Http(HttpCheck { program, .. }) => {
                program.expand
            }
        })
    }
}

/// One thing that a test asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Check {
    /// A command is run.
    Command(CommandCheck),
    /// A server is asked.
    Http(HttpCheck),
    /// A path is looked at.
    File(FileCheck),
    /// The configuration is looked at.
    Config(Box<ConfigCheck>),
}

/// What runs in a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Program {
    /// A program in the place of the image's entrypoint, if there is one.
    pub entrypoint: Option<String>,
    /// Its arguments; without any and without an entrypoint of its own, the image's command.
    pub args: Vec<String>,
    /// Variables.
    pub env: BTreeMap<String, String>,
    /// The user, if not the image's.
    pub user: Option<String>,
    /// Whether `$NAME` in any of these is filled in with the image's variables.
    pub expand: bool,
}

/// A command is run to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CommandCheck {
    /// What runs.
    pub program: Program,
    /// How it exits.
    pub exit: i32,
    /// What it writes to stdout.
    pub stdout: Vec<Text>,
    /// What it writes to stderr.
    pub stderr: Vec<Text>,
}

/// A server answers a GET.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpCheck {
    /// What runs.
    pub program: Program,
    /// The port in the container.
    pub port: u16,
    /// Path and query.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<Text>,
    /// Header fields.
    pub headers: BTreeMap<String, Vec<Text>>,
}

/// What is at a path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileCheck {
    /// Absolute.
    pub path: String,
    /// Whether `$NAME` in it is filled in with the image's variables.
    pub expand: bool,
    /// Whether nothing is there; then nothing else is asked.
    pub absent: bool,
    /// Whether a symbolic link at the path itself is followed for what is asked, its content apart: that always is.
    pub follow: bool,
    /// What it is.
    pub kind: Option<Kind>,
    /// The lower 12 bits of its mode.
    pub mode: Option<u32>,
    /// Whose execution the mode must allow: of any of these bits.
    pub executable: Option<u32>,
    /// The owner, by name or number.
    pub user: Option<String>,
    /// The group, by name or number.
    pub group: Option<String>,
    /// What the symbolic link holds.
    pub target: Option<String>,
    /// What the file holds.
    pub content: Vec<Text>,
}

/// What a path can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
}

/// How a container of the image is started. Lists of words are compared whole; of sets, what is named must be there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConfigCheck {
    /// `USER`.
    pub user: Option<String>,
    /// `WORKDIR`.
    pub workdir: Option<String>,
    /// `ENTRYPOINT`.
    pub entrypoint: Option<Vec<String>>,
    /// `CMD`.
    pub cmd: Option<Vec<String>>,
    /// `EXPOSE`: `80/tcp`.
    pub exposed: Vec<String>,
    /// What is not exposed.
    pub not_exposed: Vec<String>,
    /// `VOLUME`.
    pub volumes: Vec<String>,
    /// What is no volume.
    pub no_volumes: Vec<String>,
    /// `ENV`.
    pub env: BTreeMap<String, Vec<Text>>,
    /// Variables that are not set.
    pub unset: Vec<String>,
    /// `LABEL`.
    pub labels: BTreeMap<String, Vec<Text>>,
}
