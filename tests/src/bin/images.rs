//! The tool by itself: what `cargo xtask images` is in a workspace that mounts it.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "images")]
struct Tool {
    #[command(flatten)]
    images: images_cli::Images,
}

fn main() -> ExitCode {
    Tool::parse().images.run()
}
