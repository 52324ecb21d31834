//! `cargo xtask test`: everything that is tested, on every engine that is there.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use xshell::{Shell, cmd};

use crate::engines;
use crate::process::become_process;

/// The variable that tells the end-to-end tests which engines must be there.
const REQUIRE: &str = "IMAGES_TEST_REQUIRE";

/// Run all tests: the crates' own, and the end-to-end tests on every engine that is there
///
/// An engine that is not there has its tests counted as ignored; `cargo xtask setup` installs it.
#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Fail where one of these engines is not there: docker-legacy, docker-buildkit, docker-buildx, podman, buildah,
    /// builtin (which always is), registry, mmdebstrap, or all
    #[arg(long, value_name = "ENGINES")]
    require: Option<String>,
    /// Names of tests to run, and options for the test binaries, as behind `cargo test --`
    #[arg(value_name = "FILTERS", trailing_var_arg = true, allow_hyphen_values = true)]
    filters: Vec<String>,
}

impl Test {
    /// Becomes `cargo test`, so that a signal to this process reaches it.
    pub(crate) fn run(self, sh: &Shell) -> Result<ExitCode, Box<dyn Error>> {
        let cargo = sh.var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let filters = self.filters;
        let command = cmd!(sh, "{cargo} test --workspace --no-fail-fast -- {filters...}")
            .env(engines::PRIVATE_DOCKER, engines::private_docker(sh))
            .env(REQUIRE, self.require.unwrap_or_default());
        Ok(become_process(command.into())?)
    }
}
