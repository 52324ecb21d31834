//! The pipeline from a workspace on disk to calls of an engine: workspace → graph → context → key → plan → exec.

mod fake_engine;
mod project;
mod recorder;

mod exec;
mod graph;
mod joined;
mod key;
mod plan;
mod reasons;
mod scale;
mod selection;
mod workspace;
