//! The pipeline from a workspace on disk to calls of an engine: workspace → graph → context → key → plan → exec.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its tests share")]

mod fake_engine;
mod project;
mod recorder;
mod repository;

mod exec;
mod graph;
mod joined;
mod key;
mod matrix;
mod plan;
mod reasons;
mod runs;
mod scale;
mod secrets;
mod selection;
mod since;
mod variants;
mod workspace;
