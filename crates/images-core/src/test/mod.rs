//! Tests of built images: `[[test]]` in Image.toml, and files of container-structure-test beside it.
//!
//! 1. [`definition`]: what a test asks, as data; `read` makes it of a `[[test]]`, with its placeholders filled in.
//! 2. `run`: what is stale is built first. Tests that passed for the image's key are remembered ([`results`]) and not run
//!    again; the others run in parallel.
//! 3. `inspect`: files and configurations are read from layers, so nothing is started for them. `file` and `config` compare.
//! 4. `container`, `command`, `http`: the rest needs docker or podman. A container is removed when its check is over, however
//!    that came; `lease` removes what a run that died left behind.
//! 5. [`verdict()`]: what is known of a variant, for whoever wants to publish it.
//!
//! A test is not part of a key: it changes nothing in the image. Its result is remembered by the key *and* by the hash of
//! its definition.

mod cases;
mod command;
mod config;
mod container;
pub mod definition;
mod event;
mod expand;
mod file;
mod get;
mod http;
mod inspect;
mod lease;
mod read;
pub mod results;
mod run;

mod structure;
mod text;
mod verdict;

pub use definition::Test;
pub use event::{Outcome, Problem, TestEvent, TestResult};
pub(crate) use read::assign;
pub use run::{Loader, TestOptions, TestOutcome, run};
pub use verdict::{Verdict, known, tests_of, verdict};
