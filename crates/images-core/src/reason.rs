//! Why a variant is rebuilt: the first part in which it differs from what was built before. How it is worded is
//! [`std::fmt::Display`]; what it is stays data.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::key::Record;

/// Why a variant is built or tagged again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// The store has no image of it.
    Missing,
    /// The store's `key-` tag is on an image whose label says another key.
    Foreign,
    /// Something differs, and the record of what was built before is gone.
    Unrecorded,
    /// The encoding of keys is another one.
    Format,
    /// The Dockerfile's text.
    Dockerfile,
    /// The stage to build.
    Target {
        /// Before.
        old: Option<String>,
        /// Now.
        new: Option<String>,
    },
    /// The platform.
    Platform {
        /// Before.
        old: String,
        /// Now.
        new: String,
    },
    /// A build argument.
    Argument(Change),
    /// A label.
    Label(Change),
    /// The set of secrets.
    Secrets,
    /// An image of the workspace that it stands on.
    Parent {
        /// Which.
        spec: String,
    },
    /// An image from elsewhere.
    External {
        /// Now.
        reference: String,
    },
    /// The time that all files get (`SOURCE_DATE_EPOCH`).
    Epoch {
        /// Before, in seconds since 1970.
        old: i64,
        /// Now.
        new: i64,
    },
    /// Something in the context.
    File {
        /// Where.
        path: String,
        /// What became of it.
        change: FileChange,
    },
    /// The image is there, but its version's tag is not, or points elsewhere.
    Tag,
}

/// One named value that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name.
    pub name: String,
    /// Before; `None` where there was none.
    pub old: Option<String>,
    /// Now; `None` where there is none.
    pub new: Option<String>,
}

/// What became of a path in the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileChange {
    /// It was not there.
    Added,
    /// It is gone.
    Removed,
    /// Its content, kind or link target.
    Changed,
    /// Its permission bits.
    Mode,
}

impl Reason {
    /// The first difference between what was built and what is asked for.
    pub fn first(old: &Record, new: &Record) -> Self {
        let (was, is) = (&old.parts, &new.parts);
        if was.format != is.format {
            return Self::Format;
        }
        if was.dockerfile != is.dockerfile {
            return Self::Dockerfile;
        }
        if was.target != is.target {
            return Self::Target { old: was.target.clone(), new: is.target.clone() };
        }
        if was.platform != is.platform {
            return Self::Platform { old: was.platform.clone(), new: is.platform.clone() };
        }
        if was.epoch != is.epoch {
            return Self::Epoch { old: was.epoch, new: is.epoch };
        }
        let argument = || first_change(&was.args, &is.args).map(Self::Argument);
        let label = || first_change(&was.labels, &is.labels).map(Self::Label);
        let secrets = || (was.secrets != is.secrets).then_some(Self::Secrets);
        argument()
            .or_else(label)
            .or_else(secrets)
            .or_else(|| parent(&was.parents, &is.parents))
            .or_else(|| external(&was.externals, &is.externals))
            .or_else(|| file(&old.entries, &new.entries))
            .unwrap_or(Self::Missing)
    }
}

fn first_change(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Option<Change> {
    let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
    names.sort();
    let name = names.into_iter().find(|name| old.get(*name) != new.get(*name))?;
    Some(Change { name: name.clone(), old: old.get(name).cloned(), new: new.get(name).cloned() })
}

fn parent(old: &[(String, String)], new: &[(String, String)]) -> Option<Reason> {
    let keys = |parents: &[(String, String)]| parents.iter().map(|(_, key)| key.clone()).collect::<Vec<_>>();
    if keys(old) == keys(new) {
        return None;
    }
    let at = new.iter().enumerate().find(|(at, (_, key))| old.get(*at).is_none_or(|(_, was)| was != key));
    let (spec, _) = at.map(|(_, parent)| parent).or(old.last())?;
    Some(Reason::Parent { spec: spec.clone() })
}

fn external(old: &[String], new: &[String]) -> Option<Reason> {
    if old == new {
        return None;
    }
    let changed = new.iter().enumerate().find(|(at, reference)| old.get(*at) != Some(reference));
    let reference = changed.map(|(_, reference)| reference).or(old.last())?;
    Some(Reason::External { reference: reference.clone() })
}

fn file(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Option<Reason> {
    let Change { name: path, old, new } = first_change(old, new)?;
    let change = match (old, new) {
        (None, _) => FileChange::Added,
        (_, None) => FileChange::Removed,
        (Some(old), Some(new)) => {
            let content = |text: &str| text.split_once(' ').map(|(_, content)| content.to_owned());
            if content(&old) == content(&new) { FileChange::Mode } else { FileChange::Changed }
        }
    };
    Some(Reason::File { path, change })
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |value: &Option<String>| {
            value.as_ref().map_or_else(|| "none".to_owned(), |value| format!("`{value}`"))
        };
        match self {
            Self::Missing => f.write_str("not in the store"),
            Self::Foreign => f.write_str("the store's image of this key has the label of another"),
            Self::Unrecorded => f.write_str("its inputs changed; what they were before is not recorded here"),
            Self::Format => f.write_str("keys are made in another way than before"),
            Self::Dockerfile => f.write_str("the Dockerfile changed"),
            Self::Target { old, new } => write!(f, "target changed from {} to {}", quoted(old), quoted(new)),
            Self::Platform { old, new } => write!(f, "platform changed from `{old}` to `{new}`"),
            Self::Argument(Change { name, old, new }) => {
                write!(f, "argument `{name}` changed from {} to {}", quoted(old), quoted(new))
            }
            Self::Label(Change { name, old, new }) => {
                write!(f, "label `{name}` changed from {} to {}", quoted(old), quoted(new))
            }
            Self::Secrets => f.write_str("its secrets are other ones"),
            Self::Parent { spec } => write!(f, "its parent `{spec}` changed"),
            Self::External { reference } => write!(f, "the external image `{reference}` changed"),
            Self::Epoch { old, new } => write!(f, "the time of its files changed from {old} to {new}"),
            Self::File { path, change } => match change {
                FileChange::Added => write!(f, "`{path}` is new"),
                FileChange::Removed => write!(f, "`{path}` is gone"),
                FileChange::Changed => write!(f, "`{path}` changed"),
                FileChange::Mode => write!(f, "the mode of `{path}` changed"),
            },
            Self::Tag => f.write_str("its tag is missing or points elsewhere"),
        }
    }
}
