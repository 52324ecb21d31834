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
use images_tests::trials::{missing, requires_registry, selected, trial};
use libtest_mimic::{Arguments, Trial};
use target::{KINDS, Kind, Target};

fn main() -> ExitCode {
    let (options, filters) = split_filters(std::env::args());
    let arguments = Arguments::from_iter(options);
    let faults = faults::ALL.iter().map(|(name, run)| trial(format!("faults::{name}"), *run));
    let credentials = credentials::ALL.iter().map(|(name, run)| trial(format!("credentials::{name}"), *run));
    let mut trials: Vec<Trial> = faults.chain(credentials).collect();
    for kind in KINDS {
        let lacking = lacks(kind);
        let own = if kind == Kind::RealTls { tls::ALL } else { &[] };
        for (name, check) in checks::ALL.iter().chain(own) {
            let name = format!("{}::{name}", kind.name());
            trials.push(match &lacking {
                Some(why) => missing(name, why.clone(), requires_registry()),
                None => trial(name, move || check(&Target::start(kind))),
            });
        }
    }
    libtest_mimic::run(&arguments, selected(trials, &filters)).exit_code()
}

fn lacks(kind: Kind) -> Option<String> {
    let lacking = kind.programs().iter().find(|program| find(program).is_none())?;
    eprintln!("{}: not here: there is no {lacking}", kind.name());
    Some(format!("there is no {lacking}; `cargo xtask setup` installs it"))
}
