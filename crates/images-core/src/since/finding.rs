//! What became of a variant since a commit.

use std::fmt;

use serde::Serialize;

use crate::graph::NodeId;
use crate::reason::Reason;

/// A variant whose key is not what it was, or not known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which, in the work tree.
    pub id: NodeId,
    /// What became of it.
    pub change: Change,
    /// Where it was; `None` where it is new, or in the folder where it was.
    pub moved_from: Option<String>,
    /// Whether its key is another one. It is not where only its folder is.
    pub affected: bool,
}

/// What became of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Change {
    /// It was not there.
    New,
    /// Its key is another one, its version the same.
    Changed {
        /// The first part in which it differs by itself, or its parent where all else is equal.
        reason: Reason,
        /// The variants that it only follows: those on which it stands that have a difference of their own.
        roots: Vec<String>,
    },
    /// Its version is another one.
    Version {
        /// The spec that it had.
        was: String,
    },
    /// Its folder is the same, and all but its name.
    Renamed {
        /// The spec that it had.
        was: String,
    },
    /// The folder is another one, and nothing else.
    Moved,
    /// It was there, and its key cannot be computed.
    Unknown {
        /// Why.
        why: String,
    },
}

/// A variant that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removed {
    /// The spec that it had.
    pub spec: String,
    /// The folder that it had, relative to the root.
    pub folder: String,
}

impl Change {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed { .. } | Self::Version { .. } => "changed",
            Self::Renamed { .. } => "renamed",
            Self::Moved => "moved",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("it was not there"),
            Self::Changed { reason, roots } => match roots.as_slice() {
                [] => write!(f, "{reason}"),
                [root] if matches!(reason, Reason::Parent { spec } if spec == root) => write!(f, "{reason}"),
                _ => write!(f, "{reason}, because of `{}`", roots.join("`, `")),
            },
            Self::Version { was } => write!(f, "it was {was}"),
            Self::Renamed { was } => write!(f, "it was {was}, and nothing else differs"),
            Self::Moved => f.write_str("nothing else differs"),
            Self::Unknown { why } => write!(f, "what it was cannot be told: {why}"),
        }
    }
}
