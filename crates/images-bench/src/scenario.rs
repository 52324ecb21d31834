//! What is measured.

mod builtin;
mod contexts;
mod from_nothing;
mod leaf;
mod noop;
mod plan;
mod source;

use clap::ValueEnum;

use crate::bench::Bench;
use crate::table::Results;

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// `build` when nothing changed, against bake
    Noop,
    /// The same for a chain and for a fan
    Shapes,
    /// `plan` when nothing is known
    Plan,
    /// `build` when one file of one image changed, against one plain build
    Leaf,
    /// 100 images from nothing, against bake, plain docker builds and podman builds
    FromNothing,
    /// 100 images from nothing by the built-in engine, against bake
    Builtin,
    /// One binary that changed, built and pushed by the built-in engine
    Relink,
    /// One image with 100,000 files
    ManyFiles,
    /// One image with a file of 2 GiB
    LargeFile,
    /// `cargo xtask images build` in this repository when nothing changed
    Prompt,
    /// A clean clone of this repository to the end of `cargo xtask images list`
    Clone,
}

impl Scenario {
    /// What is measured unless something is named: all but what takes many minutes or gigabytes.
    pub(crate) const DEFAULT: [Self; 10] = [
        Self::Noop,
        Self::Shapes,
        Self::Plan,
        Self::Leaf,
        Self::FromNothing,
        Self::Builtin,
        Self::Relink,
        Self::ManyFiles,
        Self::Prompt,
        Self::Clone,
    ];

    /// Measures it. `sizes` are numbers of images.
    ///
    /// # Errors
    /// What is not there, or what fails.
    pub(crate) fn run(self, bench: &Bench, sizes: &[usize], results: &mut Results) -> Result<(), String> {
        match self {
            Self::Noop => sizes.iter().try_for_each(|&images| noop::tree(bench, images, results)),
            Self::Shapes => noop::shapes(bench, results),
            Self::Plan => plan::run(bench, results),
            Self::Leaf => leaf::run(bench, results),
            Self::FromNothing => from_nothing::run(bench, results),
            Self::Builtin => builtin::from_nothing(bench, results),
            Self::Relink => builtin::relink(bench, results),
            Self::ManyFiles => contexts::many_files(bench, results),
            Self::LargeFile => contexts::large_file(bench, results),
            Self::Prompt => source::prompt(bench, results),
            Self::Clone => source::clone(bench, results),
        }
    }
}
