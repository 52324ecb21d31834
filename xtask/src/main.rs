//! `cargo xtask`: the workspace's own tasks.

// A task runner talks to the terminal itself; the product's output has its own gate in images-cli.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod engines;
mod process;
mod setup;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xshell::Shell;

/// The workspace's own tasks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Images(images_cli::Images),
    Setup(setup::Setup),
    Test(test::Test),
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let done = match Xtask::parse().task {
        Task::Images(images) => return images.run(),
        Task::Setup(setup) => Shell::new().map_err(Into::into).and_then(|sh| setup.run(&sh)),
        Task::Bench(bench) => Shell::new().map_err(Into::into).and_then(|sh| bench.run(&sh)),
        Task::Test(test) => Shell::new().map_err(Into::into).and_then(|sh| test.run(&sh)),
    };
    done.unwrap_or_else(|error: Box<dyn std::error::Error>| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}
