//! `cargo xtask bench`: how long things take, ours and the peers', in one run.
//!
//! 1. [`engines`] starts a docker daemon of its own and finds podman.
//! 2. Each [`scenario`] generates a [`workspace`], fills the store (by [`load`], where nothing needs to be built), and
//!    [`measure`]s whole processes.
//! 3. [`table`] prints the medians with ratios, and writes the page.

// A benchmark starts processes and talks to the terminal; the product's own gates are what it measures.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod engines;
mod load;
mod measure;
mod scenario;
mod table;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use images_tests::machine;

use bench::Bench;
use engines::Engines;
use scenario::Scenario;
use table::Results;

/// Measure the tool and its peers on generated workspaces
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Hidden>,
    /// What to measure, with commas between; all but large-file by default
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Scenario>,
    /// Numbers of images for `noop`
    #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 1000])]
    sizes: Vec<usize>,
    /// How often each fast command is run
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// The program to measure
    #[arg(long, env = "IMAGES_BENCH_TOOL", hide = true)]
    tool: Option<PathBuf>,
    /// Write the results into this page, between its two markers
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    #[command(hide = true)]
    Measure(measure::Measure),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Some(Hidden::Measure(one)) => one.run(),
        None => run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    machine::stop_on_signals()?;
    let folder = tempfile::Builder::new().prefix("images-bench-").tempdir();
    let tool = arguments.tool.clone().ok_or("`cargo xtask bench` says which program to measure")?;
    let mut about = table::machine();
    let bench = Bench {
        folder: folder.map_err(|error| error.to_string())?,
        tool,
        runs: arguments.runs.max(1),
        engines: Engines::start(),
    };
    about.extend(engines::versions(&bench.engines));
    let scenarios = if arguments.only.is_empty() { &Scenario::DEFAULT[..] } else { &arguments.only };
    let mut results = Results::default();
    let mut failed = Vec::new();
    for scenario in scenarios {
        if let Err(why) = scenario.run(&bench, &arguments.sizes, &mut results) {
            eprintln!("{scenario:?} is left out: {why}");
            failed.push(*scenario);
        }
    }
    machine::stop();
    let text = results.markdown(&about);
    println!("{text}");
    if let Some(page) = &arguments.write {
        table::write(page, &text)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("not measured: {failed:?}")) }
}
