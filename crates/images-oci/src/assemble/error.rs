//! Why no image was made.

use images_dockerfile::Span;

use crate::copy::CopyError;
use crate::instruction::Refusal;
use crate::layout::LayoutError;
use crate::tree::TreeError;

/// Why no image was made.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// An instruction is wrong, or cannot be done here.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// An instruction's files cannot be copied.
    #[error("{error}")]
    Files {
        /// Why.
        error: CopyError,
        /// The bytes of the Dockerfile that it is about.
        span: Span,
    },
    /// A base's files cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The layout cannot be read or written.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// An interrupt ended it.
    #[error("interrupted")]
    Interrupted,
}

impl AssembleError {
    /// The same about other bytes of the Dockerfile.
    pub(super) fn at(mut self, place: &Span) -> Self {
        if let Self::Refused(Refusal { span, .. }) | Self::Files { span, .. } = &mut self {
            span.clone_from(place);
        }
        self
    }

    /// The bytes of the Dockerfile that it is about, if it is about any.
    pub fn span(&self) -> Option<&Span> {
        match self {
            Self::Refused(refusal) => Some(&refusal.span),
            Self::Files { span, .. } => Some(span),
            Self::Tree(_) | Self::Layout(_) | Self::Interrupted => None,
        }
    }
}
