//! What can be wrong with a layer.

use std::io;

/// What can be wrong with a layer, or with an archive.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A file that goes into a layer cannot be read, or is not what it was.
    #[error("cannot put `{path}` into a layer: {source}")]
    Content {
        /// Its path in the layer.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It ends early.
    #[error("the archive ends in the middle of a member: it is truncated, get it again")]
    Truncated,
    /// A header is damaged.
    #[error("the archive is damaged: at byte {offset}, {reason}")]
    Damaged {
        /// Of the header, in the uncompressed archive.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A kind of member that is in no layer.
    #[error("the archive has a member of the kind `{kind}` at byte {offset}, which is not supported")]
    Kind {
        /// Its type flag.
        kind: char,
        /// Of its header, in the uncompressed archive.
        offset: u64,
    },
    /// A name that leads out of the root, or cannot be a name.
    #[error("the archive has the name `{name}`, {reason}: it is refused")]
    Name {
        /// The name.
        name: String,
        /// Why it cannot be.
        reason: &'static str,
    },
    /// It is larger than it may be.
    #[error("the archive unpacks to more than {limit} {what}: it is refused")]
    TooLarge {
        /// How much is allowed.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
}
