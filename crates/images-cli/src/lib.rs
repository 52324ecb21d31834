//! The `images` subcommand that a workspace's xtask mounts:
//!
//! ```no_run
//! use clap::Parser;
//!
//! #[derive(Parser)]
//! enum Xtask {
//!     /// Build the workspace's container images
//!     Images(images_cli::Images),
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     match Xtask::parse() {
//!         Xtask::Images(images) => images.run(),
//!     }
//! }
//! ```
//!
//! A command is thin: arguments → options → one call into `images-core` → report.

mod arguments;
mod audit;
mod commands;
mod completion;
mod environment;
mod html;
mod junit;
mod man;
mod render;
mod report;
mod terminal;
mod timings;

use std::process::ExitCode;

pub use arguments::Images;

impl Images {
    /// Runs the command. What it prints and which code it ends with is documented in the user guide.
    pub fn run(self) -> ExitCode {
        commands::run(self)
    }
}
