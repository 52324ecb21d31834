//! Releases by the built-in engine, from the command line: the same story with a registry in this process and with docker's
//! own, what faults lead to, kills at each request, and two releases at once.
//!
//! `IMAGES_TEST_REQUIRE` has `registry` or `all` where docker's registry must be there; otherwise its tests count as
//! ignored.

// A test talks to the terminal and reads its environment itself. All of this is tests, though no harness says so.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod attached;
mod faults;
mod kills;
mod preconditions;
mod races;
mod story;
mod world;

use std::process::ExitCode;

use images_tests::filters::split_filters;
use images_tests::program::find;
use images_tests::trials::{missing, requires_registry, selected, trial};
use libtest_mimic::Arguments;
use world::{Kind, World};

/// Tests with their names.
macro_rules! tests {
    ($type:ty, $($name:ident),* $(,)?) => { &[$((stringify!($name), $name as $type)),*] };
}

pub(crate) use tests;

/// A test with a registry of either kind.
pub(crate) type Told = fn(&World);

const NO_REGISTRY: &str = "there is no docker-registry; `cargo xtask setup` installs it";

fn main() -> ExitCode {
    let (options, filters) = split_filters(std::env::args());
    let arguments = Arguments::from_iter(options);
    let mut trials = Vec::new();
    for kind in [Kind::Fake, Kind::Real] {
        let is_there = kind == Kind::Fake || find("docker-registry").is_some();
        for (name, run) in story::ALL {
            let name = format!("{}::{name}", kind.name());
            trials.push(match is_there {
                true => trial(name, move || run(&World::start(kind))),
                false => missing(name, NO_REGISTRY.to_owned(), requires_registry()),
            });
        }
    }
    let on_fake = [faults::ALL, kills::ALL, preconditions::ALL, races::ALL, attached::ALL].concat();
    for (name, run) in on_fake {
        trials.push(trial(name.to_owned(), move || run(&World::start(Kind::Fake))));
    }
    libtest_mimic::run(&arguments, selected(trials, &filters)).exit_code()
}
