//! `cargo xtask bench`: builds the release binary and what measures it, and hands over.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use xshell::{Shell, cmd};

use crate::engines;
use crate::process::become_process;

/// Measure the tool and its peers on generated workspaces, and print a table
///
/// `cargo xtask bench -- --help` lists what can be measured alone; `--micro` runs the micro-benchmarks of the hot
/// parts instead.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Run the micro-benchmarks
    #[arg(long)]
    micro: bool,
    /// What the benchmark itself is told
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

impl Bench {
    pub(crate) fn run(self, sh: &Shell) -> Result<ExitCode, Box<dyn Error>> {
        let cargo = sh.var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let args = self.args;
        if self.micro {
            let micro = cmd!(sh, "{cargo} bench --package images-bench --features micro -- {args...}");
            return Ok(become_process(micro.into())?);
        }
        let build =
            cmd!(sh, "{cargo} build --release --package xtask --message-format=json-render-diagnostics");
        let messages = build.quiet().read()?;
        let tool = executable(&messages).ok_or("cargo did not say where it is")?;
        let command = cmd!(sh, "{cargo} run --quiet --release --package images-bench -- {args...}")
            .env("IMAGES_BENCH_TOOL", tool)
            .env(engines::PRIVATE_DOCKER, engines::private_docker(sh));
        Ok(become_process(command.into())?)
    }
}

/// The one executable that cargo's messages name.
fn executable(messages: &str) -> Option<&str> {
    let (_, rest) = messages.split_once(r#""executable":""#)?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_cargos_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"/t/release/xtask\",\"fresh\":true}\n";
        assert_eq!(executable(messages), Some("/t/release/xtask"));
        assert_eq!(executable(""), None);
    }
}
