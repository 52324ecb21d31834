//! End-to-end tests: each scenario on each engine that is there and that can do it.
//!
//! `IMAGES_TEST_REQUIRE` is `all`, or a list of engines with commas: one of these that is not there is a failure.
//! Otherwise its tests count as ignored.

// A test talks to the terminal and reads its environment itself.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

mod scenarios;

use std::process::ExitCode;

use images_tests::filters::split_filters;
use images_tests::flavour::{self, Flavour, Found};
use images_tests::machine;
use images_tests::subject::Subject;
use libtest_mimic::{Arguments, Failed, Trial};
use scenarios::{Bench, Need, Scenario};

fn main() -> ExitCode {
    let (options, filters) = split_filters(std::env::args());
    let arguments = Arguments::from_iter(options);
    let required = match required(&std::env::var("IMAGES_TEST_REQUIRE").unwrap_or_default()) {
        Ok(required) => required,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = machine::stop_on_signals() {
        eprintln!("error: {error}");
        return ExitCode::FAILURE;
    }
    let trials = trials(&flavour::look(), &required, arguments.list, &filters);
    let conclusion = libtest_mimic::run(&arguments, trials);
    machine::stop();
    conclusion.exit_code()
}

fn trials(flavours: &[Flavour], required: &[&str], only_list: bool, filters: &[String]) -> Vec<Trial> {
    let mut trials = Vec::new();
    flavour::tell_of_missing(flavours);
    for engine in flavours.iter().filter(|flavour| flavour.is_engine()) {
        let name = |scenario: &&Scenario| format!("{}::{}", engine.name, scenario.name);
        let is_selected = |scenario: &&Scenario| {
            filters.is_empty() || filters.iter().any(|filter| name(scenario).contains(filter.as_str()))
        };
        let selected: Vec<_> = scenarios::of(engine).filter(is_selected).collect();
        if only_list {
            trials.extend(selected.iter().map(|scenario| failing(name(scenario), String::new())));
        } else {
            trials.extend(engine_trials(engine, flavours, required, &selected));
        }
    }
    trials
}

fn required(list: &str) -> Result<Vec<&'static str>, String> {
    if list == "all" {
        return Ok(flavour::NAMES.to_vec());
    }
    let names = list.split(',').filter(|name| !name.is_empty());
    let known = names.map(|name| {
        let found = flavour::NAMES.into_iter().find(|known| *known == name);
        found.ok_or_else(|| format!("no engine is called `{name}`; there are {}", flavour::NAMES.join(", ")))
    });
    known.collect()
}

/// The tests of one engine. It is started if one of them will run.
fn engine_trials(
    engine: &Flavour,
    flavours: &[Flavour],
    required: &[&str],
    selected: &[&'static Scenario],
) -> Vec<Trial> {
    let why_not = |scenario: &Scenario| {
        let needed = [Some(engine), needed(engine, scenario.needs, flavours)];
        needed.into_iter().flatten().find_map(|flavour| Some((flavour.name, flavour.found.as_ref().err()?)))
    };
    let running_needs =
        selected.iter().filter(|scenario| why_not(scenario).is_none()).map(|scenario| scenario.needs);
    let running_needs: Vec<Need> = running_needs.collect();
    let bench = if running_needs.is_empty() {
        Err("nothing runs".into())
    } else {
        start(engine, flavours, &running_needs)
    };
    let trial = |scenario: &&'static Scenario| {
        let name = format!("{}::{}", engine.name, scenario.name);
        match why_not(scenario) {
            Some((absent, why)) if required.contains(&absent) => {
                failing(name, format!("{absent} is required: {why}"))
            }
            Some((absent, why)) => failing(name, format!("{absent}: {why}")).with_ignored_flag(true),
            None => running(name, scenario, bench.clone()),
        }
    };
    selected.iter().map(trial).collect()
}

/// The flavour beside the engine that this need is met by.
fn needed<'a>(engine: &Flavour, need: Need, flavours: &'a [Flavour]) -> Option<&'a Flavour> {
    let named = |name: &str| flavours.iter().find(|flavour| flavour.name == name);
    let is_there = |flavour: &&Flavour| flavour.found.is_ok();
    let is_builtin = engine.found == Ok(Found::Builtin);
    match need {
        Need::Nothing => None,
        Need::PlainBuilds if !is_builtin => None,
        Need::PlainBuilds => {
            let buildkit = named("docker-buildkit").filter(is_there);
            named("docker-buildx").filter(is_there).or(buildkit).or_else(|| named("docker-buildx"))
        }
        // The tool's own client alone speaks to it then, and that is checked against both.
        Need::Registry => named("registry").filter(|registry| is_there(registry) || !is_builtin),
        Need::Buildx => named("docker-buildx"),
        Need::Mmdebstrap => named("mmdebstrap"),
    }
}

fn start(engine: &Flavour, flavours: &[Flavour], needs: &[Need]) -> Result<Bench, String> {
    let subject = Subject::start(engine.found.as_ref()?, engine.name)?;
    let inmate = subject.program().map(|_| machine::inmate()).transpose()?;
    let mut bench = Bench { engine: subject, registry: None, stand_in: None, docker: None, inmate };
    for need in needs {
        let Some(flavour) = needed(engine, *need, flavours) else {
            if *need == Need::Registry && bench.stand_in.is_none() {
                bench.use_stand_in();
            }
            continue;
        };
        match flavour.found.as_ref()? {
            Found::Registry(program) => bench.registry = Some(machine::start_registry(program)?),
            Found::Mmdebstrap(_) => {}
            docker => bench.docker = Some(machine::start(docker, flavour.name)?),
        }
    }
    Ok(bench)
}

fn failing(name: String, why: String) -> Trial {
    Trial::test(name, || Err(Failed::from(why)))
}

fn running(name: String, scenario: &'static Scenario, bench: Result<Bench, String>) -> Trial {
    Trial::test(name, move || {
        let bench = bench?;
        let engine = bench.engine.with_store(scenario.name)?;
        (scenario.run)(&Bench { engine, ..bench });
        Ok(())
    })
}
