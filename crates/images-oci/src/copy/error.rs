//! Why something cannot be copied.

use camino::Utf8PathBuf;

use crate::layer::LayerError;
use crate::tree::TreeError;

/// Why something cannot be copied. The messages stand beside the instruction, which the caller shows.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A source that is not there.
    #[error("`/{path}` is not there: no file, folder or link of this name is in {where_from}")]
    Missing {
        /// The source as it was looked for.
        path: String,
        /// The context, or a stage.
        where_from: String,
    },
    /// A pattern that is malformed.
    #[error("`{pattern}` is a malformed pattern: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// A folder cannot go where a file is.
    #[error("cannot copy the folder to `/{path}`: something that is no folder is there")]
    FolderOverFile {
        /// The destination.
        path: String,
    },
    /// A file cannot go where a folder is.
    #[error("cannot copy the file to `/{path}`: a folder is there")]
    FileOverFolder {
        /// The destination.
        path: String,
    },
    /// A folder cannot be made.
    #[error("cannot make the folder `/{path}`: something that is no folder is there")]
    NoFolder {
        /// The folder.
        path: String,
    },
    /// What is in no layer.
    #[error("`/{path}` is a marker of layers by its name, which hides other files instead of being one")]
    Marker {
        /// The path.
        path: String,
    },
    /// `--chmod` is malformed.
    #[error("`{mode}` is no mode: expected octal digits from 0 to 7777, or clauses like `u=rwX,go=rX`")]
    Mode {
        /// What is written.
        mode: String,
    },
    /// A name as an owner, and nothing to look it up in.
    #[error(
        "the owner `{owner}` is a name, and an image that is empty has no /etc/passwd to look it up in: use a number"
    )]
    NoUsers {
        /// What is written.
        owner: String,
    },
    /// An archive names a folder that a link leads to and that is not there.
    #[error("the archive has `{member}`, on the way to which a symbolic link leads nowhere")]
    Dangling {
        /// The member.
        member: String,
    },
    /// A staged context cannot be read.
    #[error("cannot read {path}: {reason}")]
    Context {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        reason: String,
    },
    /// A path in a tree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// An archive.
    #[error(transparent)]
    Layer(#[from] LayerError),
}
