//! From a workspace to built images. Data flows one way:
//!
//! workspace → graph → context → key → plan → exec → report
//!
//! Nothing here prints or reads the environment.

pub mod context;
