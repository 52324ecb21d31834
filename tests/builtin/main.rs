//! The built-in engine makes what docker makes: many Dockerfiles without `RUN`, each built by the daemon's own builder, by
//! BuildKit, and by the built-in engine, and the images compared: every file with its mode, owner, content and links,
//! and the configuration, field by field.
//!
//! The cases are text: `builtin/cases/README.md`. Names of tests are `docker-legacy::CASE` and `buildkit::CASE`. Besides,
//! skopeo and podman read a layout.

#![allow(clippy::disallowed_methods, clippy::print_stderr)]

mod assembled;
mod bases;
mod case;
mod compare;
mod context;
mod docker;
mod peers;
mod told;

use std::process::ExitCode;
use std::sync::Arc;

use case::Case;
use docker::Builder;
use images_tests::flavour::{self, Flavour};
use images_tests::machine;
use libtest_mimic::Trial;
use told::Told;

fn main() -> ExitCode {
    let told = match Told::read() {
        Ok(told) => told,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = machine::stop_on_signals() {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let cases = case::all();
    let flavours = flavour::look();
    flavour::tell_of_missing(&flavours);
    let mut trials = peers::trials(&flavours, &told);
    for builder in [Builder::Legacy, Builder::BuildKit] {
        trials.extend(of_builder(builder, &cases, &flavours, &told));
    }
    let conclusion = libtest_mimic::run(&told.arguments, trials);
    machine::stop();
    conclusion.exit_code()
}

/// One trial a case; docker builds all that were selected beforehand.
fn of_builder(builder: Builder, cases: &[Case], flavours: &[Flavour], told: &Told) -> Vec<Trial> {
    let name = |case: &Case| format!("{}::{}", builder.name(), case.name);
    let selected: Vec<Case> = cases.iter().filter(|case| told.selects(&name(case))).cloned().collect();
    if told.arguments.list || selected.is_empty() {
        return selected.iter().map(|case| Trial::test(name(case), || Ok(()))).collect();
    }
    let flavour = builder.flavour(flavours);
    let started = match &flavour.found {
        Ok(found) => machine::start(found, flavour.name),
        Err(why) => Err(why.clone()),
    };
    let engine = match started {
        Ok(engine) => engine,
        Err(why) => {
            let is_required = told.requires(flavour.name);
            let message = format!("{} is not here: {why}", flavour.name);
            let skipped = selected.iter().map(|case| {
                let message = message.clone();
                Trial::test(name(case), move || Err(message.into())).with_ignored_flag(!is_required)
            });
            return skipped.collect();
        }
    };
    let results = Arc::new(docker::build_all(builder, &engine, &selected));
    let trials = selected.into_iter().map(|case| {
        let results = Arc::clone(&results);
        Trial::test(name(&case), move || compare::case(builder, &case, &results).map_err(Into::into))
    });
    trials.collect()
}
