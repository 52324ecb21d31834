//! The pipeline from a workspace on disk to calls of an engine: workspace → graph → context → key → plan → exec.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its tests share")]

mod fake_engine;
mod fake_resolver;
mod project;
mod recorder;
mod references;
mod repository;

mod adopt;
mod audit;
mod bump;
mod bump_cargo;
mod exec;
mod gc;
mod graph;
mod joined;
mod key;
mod locking;
mod matrix;
mod new;
mod plan;
mod policy;
mod reasons;
mod release;
mod runs;
mod scale;
mod secrets;
mod selection;
mod since;
mod testing;
mod variants;
mod workspace;
