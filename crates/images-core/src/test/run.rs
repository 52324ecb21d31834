//! Runs the tests of a selection.

use std::collections::BTreeMap;
use std::time::Instant;

use images_engine::process::Cancel;
use images_engine::{Containers, Engine, EngineError, EngineKind, threads};
use images_oci::model::RuntimeConfig;
use images_oci::tree::Tree;

use super::cases::{All, Case, Cases, Place, all_tests, cases};
use super::container::Host;
use super::definition::{Check, CommandCheck, FileCheck, Test};
use super::event::{Outcome, Problem, TestEvent, TestResult};
use super::expand::expand;
use super::inspect::Inspected;
use super::lease::Lease;
use super::results::Results;
use super::{command, config, file, http};
use crate::build::{self, BuildOptions, Detect, Planned};
use crate::event::{Event, Reporter};
use crate::exec;
use crate::graph::{Graph, NodeId};
use crate::store::key_name;
use crate::transfer::{self, Local, refuse_stale};
use crate::{Error, HostOptions};

/// What `test` is told.
#[derive(Debug, Clone)]
pub struct TestOptions {
    /// How what is stale is built; with `keep_going`, what is built is tested although something else failed to be.
    pub build: BuildOptions,
    /// Whether what is stale is an error, instead of being built.
    pub no_build: bool,
    /// Whether tests that passed run again.
    pub rerun: bool,
}

/// What became of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestOutcome {
    /// Each test, by variants in their order and as they are written.
    pub results: Vec<TestResult>,
    /// What became of the build before, if there was something to build.
    pub build: Option<exec::Outcome>,
    /// The selected variants that have no tests.
    pub untested: Vec<String>,
}

impl TestOutcome {
    /// How many tests have such an outcome.
    pub fn count(&self, is_so: impl Fn(&Outcome) -> bool) -> usize {
        self.results.iter().filter(|result| is_so(&result.outcome)).count()
    }
}

/// Finds an engine that starts containers, for images of one that does not.
pub type Loader<'a> = &'a (dyn Fn() -> Result<Box<dyn Engine>, Error> + Sync);

/// Builds what is stale, and runs the tests of `selected` that did not pass before for these very images.
///
/// # Errors
/// What keeps it from starting, and an interrupt; a test that fails is part of the [`TestOutcome`].
pub fn run(
    graph: &Graph<'_>,
    selected: &[NodeId],
    options: &TestOptions,
    engines: (Detect<'_>, Loader<'_>),
    cancel: &Cancel,
    reporter: &dyn Reporter,
) -> Result<TestOutcome, Error> {
    let (detect, loader) = engines;
    let mut planned = build::plan(graph, selected, &options.build, detect, cancel, reporter)?;
    let mut built = None;
    if options.no_build {
        refuse_stale(graph, &planned.plan)?;
    } else if !planned.plan.is_fresh() {
        let outcome = build::build(graph, selected, &options.build, detect, cancel, reporter)?;
        let goes_on = outcome.is_success() || options.build.keep_going;
        built = Some(outcome);
        if !goes_on {
            return Ok(TestOutcome { build: built, ..TestOutcome::default() });
        }
        planned = build::plan(graph, selected, &options.build, detect, cancel, reporter)?;
    }
    let all = all_tests(graph, selected)?;
    let Cases { mut results, pending, variants } = cases(graph, &planned, &all, options.rerun);
    reporter.event(&Event::Test(TestEvent::Running {
        tests: pending.len(),
        remembered: results.len(),
        variants,
    }));
    results.iter().for_each(|(_, result)| reporter.event(&Event::Test(TestEvent::Finished(result.clone()))));
    let course = Course { graph, planned: &planned, host: &options.build.host, cancel, reporter };
    results.extend(course.run(&pending, loader)?);
    results.sort_by_key(|(place, _)| *place);
    Ok(TestOutcome {
        results: results.into_iter().map(|(_, result)| result).collect(),
        build: built,
        untested: untested(graph, &all),
    })
}

fn untested(graph: &Graph<'_>, all: &All) -> Vec<String> {
    let without = all.iter().filter(|(_, tests)| tests.is_empty());
    without.map(|(id, _)| graph.spec(*id).to_string()).collect()
}

/// All that a run works with.
struct Course<'a> {
    graph: &'a Graph<'a>,
    planned: &'a Planned,
    host: &'a HostOptions,
    cancel: &'a Cancel,
    reporter: &'a dyn Reporter,
}

/// Where containers are started, or why they are not.
type Starter = Result<Containers, String>;

impl Course<'_> {
    fn run(&self, pending: &[Case<'_>], loader: Loader<'_>) -> Result<Vec<(Place, TestResult)>, Error> {
        if pending.is_empty() {
            return Ok(Vec::new());
        }
        let cache = self.graph.workspace.cache();
        let ids = |needs: fn(&Test) -> bool| {
            let mut ids: Vec<NodeId> =
                pending.iter().filter(|case| needs(case.test)).map(|case| case.id).collect();
            ids.dedup();
            ids
        };
        let inspected =
            Inspected::of(self.graph, self.planned, &ids(Test::needs_files), self.host, self.cancel)?;
        let to_start = ids(Test::needs_containers);
        let containers = match to_start.is_empty() {
            true => Err(String::new()),
            false => self.containers(&to_start, loader)?,
        };
        let lease = Lease::begin(&cache)?;
        if let Ok(containers) = containers {
            self.clean(containers, &lease);
        }
        let results =
            threads::map(self.host.jobs, pending, |case| self.one(case, &inspected, &containers, &lease));
        if let Ok(containers) = containers {
            // Each container was removed with its check; what is left in spite of that the next run removes.
            let _ = lease.end(containers);
        }
        if self.cancel.is_interrupted() {
            return Err(Error::Interrupted);
        }
        let results: Vec<_> = results.into_iter().flatten().collect();
        self.remember(pending, &results);
        Ok(results)
    }

    /// Removes what other runs left. An engine that cannot be asked for it will tell more clearly of what is asked next.
    fn clean(&self, containers: Containers, lease: &Lease) {
        let left = lease.clean(containers).unwrap_or_default();
        if left > 0 {
            self.reporter.event(&Event::Test(TestEvent::Cleaned { containers: left }));
        }
    }

    /// Finds where containers of these images are started. Images of the built-in engine are loaded there.
    fn containers(&self, ids: &[NodeId], loader: Loader<'_>) -> Result<Starter, Error> {
        let kind = self.planned.engine.kind();
        if kind != EngineKind::Builtin {
            return Ok(Containers::of(kind).map_err(|error| in_one_line(&error)));
        }
        let to = match loader() {
            Ok(engine) => engine,
            Err(Error::NoEngine(_)) => {
                return Ok(Err(
                    "the built-in engine starts no containers, and neither docker nor podman answers"
                        .to_owned(),
                ));
            }
            Err(error) => return Err(error),
        };
        let mut local = Local::gather(self.graph, self.planned, self.host, self.cancel)?;
        local.images.retain(|image| ids.contains(&image.id));
        transfer::load(self.graph, self.planned, &local, &*to, self.cancel)?;
        Ok(Containers::of(to.kind()).map_err(|error| in_one_line(&error)))
    }

    /// Runs one test; nothing after an interrupt.
    fn one(
        &self,
        case: &Case<'_>,
        inspected: &Inspected<'_>,
        containers: &Starter,
        lease: &Lease,
    ) -> Option<(Place, TestResult)> {
        if self.cancel.is_interrupted() {
            return None;
        }
        let started = Instant::now();
        let name = key_name(self.graph, case.id, self.planned.keyed.key(case.id));
        let problems = match self.looked_at(case.test, &name, inspected) {
            Err(why) => vec![Problem::plain(why)],
            Ok((config, mut problems)) => {
                problems.extend(self.started(case, &name, &variables(&config), containers, lease));
                problems
            }
        };
        if self.cancel.is_interrupted() {
            return None;
        }
        let outcome = match containers {
            _ if !problems.is_empty() => Outcome::Failed(problems),
            Err(reason) if case.test.needs_containers() => Outcome::Skipped { reason: reason.clone() },
            _ => Outcome::Passed,
        };
        let result = case.result(self.graph, outcome, started.elapsed());
        self.reporter.event(&Event::Test(TestEvent::Finished(result.clone())));
        Some((case.place, result))
    }

    /// The image's configuration, if the test needs it, and what is wrong by the checks that need no containers.
    fn looked_at(
        &self,
        test: &Test,
        name: &str,
        inspected: &Inspected<'_>,
    ) -> Result<(RuntimeConfig, Vec<Problem>), String> {
        let config = match test.needs_config() {
            true => inspected.config(name)?,
            false => RuntimeConfig::default(),
        };
        let tree = match test.needs_files() {
            true => inspected.files(name)?,
            false => Tree::empty(),
        };
        let problems = inspect(&config, &tree, test);
        Ok((config, problems))
    }

    /// What is wrong by the checks that need containers, where those can be started. `env` are the image's variables.
    fn started(
        &self,
        case: &Case<'_>,
        name: &str,
        env: &BTreeMap<&str, &str>,
        containers: &Starter,
        lease: &Lease,
    ) -> Vec<Problem> {
        match containers {
            Ok(containers) if case.test.needs_containers() => {
                let host = Host { containers: *containers, run: &lease.run, cancel: self.cancel };
                start(host, name, case.test, env)
            }
            _ => Vec::new(),
        }
    }

    fn remember(&self, pending: &[Case<'_>], results: &[(Place, TestResult)]) {
        let mut by_image: BTreeMap<NodeId, Results> = BTreeMap::new();
        for (case, (_, result)) in pending.iter().zip(results) {
            match &result.outcome {
                Outcome::Skipped { .. } | Outcome::Remembered => {}
                outcome => by_image.entry(case.id).or_default().set(case.test, *outcome == Outcome::Passed),
            }
        }
        for (id, results) in by_image {
            results.save(&self.graph.workspace.cache(), self.planned.keyed.key(id));
        }
    }
}

/// What an engine says, and what to do, as a part of a sentence.
fn in_one_line(error: &EngineError) -> String {
    match &error.help {
        Some(help) => format!("{error}; {help}"),
        None => error.to_string(),
    }
}

/// The variables of an image.
fn variables(config: &RuntimeConfig) -> BTreeMap<&str, &str> {
    config.env.iter().filter_map(|pair| pair.split_once('=')).collect()
}

/// The checks that need no container.
fn inspect(config: &RuntimeConfig, tree: &Tree, test: &Test) -> Vec<Problem> {
    let found = test.checks.iter().flat_map(|check| match check {
        Check::File(check) if check.expand => {
            let path = expand(&check.path, &variables(config));
            file::check(tree, &FileCheck { path, ..check.clone() })
        }
        Check::File(check) => file::check(tree, check),
        Check::Config(check) => config::check(config, check),
        Check::Command(_) | Check::Http(_) => Vec::new(),
    });
    found.map(Problem::plain).collect()
}

/// The checks that need one.
fn start(host: Host<'_>, image: &str, test: &Test, env: &BTreeMap<&str, &str>) -> Vec<Problem> {
    let check = |check: &Check| {
        let (what, found) = match check {
            Check::Command(check) => {
                let check = CommandCheck { program: check.program.expanded(env), ..check.clone() };
                (command::named(&check.program), command::check(host, image, &check, test.timeout))
            }
            Check::Http(check) => {
                (format!("GET {}", check.path), http::check(host, image, check, test.timeout))
            }
            Check::File(_) | Check::Config(_) => return None,
        };
        found.unwrap_or_else(|error| Some(Problem::plain(format!("{what}: {}", in_one_line(&error)))))
    };
    test.checks.iter().filter_map(check).collect()
}
