//! File operations of instructions, through [`crate::copy`].

use images_dockerfile::Span;

use super::{AssembleError, Course};
use crate::copy::{self, Change, Copy, CopyError, Source};
use crate::instruction::Transfer;
use crate::layer::Limits;
use crate::tree::Tree;

/// The folders of a `WORKDIR`.
///
/// # Errors
/// Something that is no folder is in the way.
pub(super) fn folder(
    stage: &Tree,
    path: &str,
    user: &str,
    epoch: i64,
    span: &Span,
) -> Result<Change, AssembleError> {
    copy::workdir(stage, path, Some(user), epoch).map_err(|error| at(error, span))
}

/// `COPY` and `ADD`, from a stage's or an image's files, else from the context.
///
/// # Errors
/// What is copied is not there, or cannot be where it is copied to.
pub(super) fn transfer(
    stage: &Tree,
    transfer: &Transfer,
    origin: Option<&Tree>,
    course: &Course<'_>,
) -> Result<Change, AssembleError> {
    let name = match &transfer.from {
        Some(from) => format!("`{}`", from.text),
        None => "the context".to_owned(),
    };
    let tree = match origin {
        Some(tree) => tree,
        None => course.context().map_err(|error| at(error, &transfer.span))?,
    };
    let paths =
        transfer.sources.iter().map(|source| Source::Paths { tree, pattern: &source.text, name: &name });
    let documents = transfer.documents.iter();
    let inline = documents
        .map(|document| Source::Inline { name: &document.name, content: document.content.as_bytes() });
    let excludes: Vec<String> = transfer.excludes.iter().map(|word| word.text.clone()).collect();
    let wanted = Copy {
        sources: paths.chain(inline).collect(),
        destination: &transfer.destination,
        workdir: &transfer.working_dir,
        chown: transfer.chown.as_ref().map(|word| word.text.as_str()),
        chmod: transfer.chmod.as_ref().map(|word| word.text.as_str()),
        parents: transfer.parents,
        exclude: &excludes,
        link: transfer.link,
        unpack: transfer.unpack.unwrap_or(transfer.is_add),
        mtime: course.request.epoch,
        scratch: &course.workshop.layout.scratch(),
        limits: Limits::default(),
    };
    copy::copy(stage, &wanted).map_err(|error| at(error, &transfer.span))
}

fn at(error: CopyError, span: &Span) -> AssembleError {
    AssembleError::Files { error, span: span.clone() }
}
