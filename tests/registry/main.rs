//! The registry client: the same checks against docker's registry and against one in this process, and what a registry
//! that does wrong leads to.
//!
//! `IMAGES_TEST_REQUIRE` has `registry` or `all` where docker's registry must be there; otherwise its tests count as
//! ignored.

// A test talks to the terminal and reads its environment itself. All of this is tests, though no harness says so.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod checks;
mod credentials;
mod faults;
mod memory;
mod target;
mod tls;

use std::process::ExitCode;

use images_tests::filters::split_filters;
use images_tests::program::find;
use libtest_mimic::{Arguments, Failed, Trial};
use target::{KINDS, Kind, Target};

fn main() -> ExitCode {
    let (options, filters) = split_filters(std::env::args());
    let arguments = Arguments::from_iter(options);
    let required = std::env::var("IMAGES_TEST_REQUIRE").unwrap_or_default();
    let is_required = required.split(',').any(|name| matches!(name, "registry" | "all"));
    let faults = faults::ALL.iter().map(|(name, run)| trial(format!("faults::{name}"), *run));
    let credentials = credentials::ALL.iter().map(|(name, run)| trial(format!("credentials::{name}"), *run));
    let mut trials: Vec<Trial> = faults.chain(credentials).collect();
    for kind in KINDS {
        let missing = lacks(kind);
        let own = if kind == Kind::RealTls { tls::ALL } else { &[] };
        for (name, check) in checks::ALL.iter().chain(own) {
            let name = format!("{}::{name}", kind.name());
            trials.push(match &missing {
                Some(why) => {
                    let why = why.clone();
                    let trial = Trial::test(name, move || Err(Failed::from(why)));
                    trial.with_ignored_flag(!is_required)
                }
                None => trial(name, move || check(&Target::start(kind))),
            });
        }
    }
    trials.retain(|trial| {
        filters.is_empty() || filters.iter().any(|filter| trial.name().contains(filter.as_str()))
    });
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: String, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}

fn lacks(kind: Kind) -> Option<String> {
    let lacking = kind.programs().iter().find(|program| find(program).is_none())?;
    eprintln!("{}: not here: there is no {lacking}", kind.name());
    Some(format!("there is no {lacking}; `cargo xtask setup` installs it"))
}
