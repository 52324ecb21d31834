//! From a workspace to built images. Data flows one way:
//!
//! workspace → graph → context → key → plan → exec → report
//!
//! Nothing here prints or reads the environment.

pub mod adopt;
pub mod audit;
pub mod build;
pub mod bump;
mod cache_file;
pub mod check;
pub mod clean;
mod commit;
pub mod context;
pub mod doctor;
mod edits;
pub mod event;
pub mod exec;
pub mod gc;
pub(crate) mod git;
pub mod graph;
pub mod history;
pub mod joined;
pub mod key;
pub mod lock;
pub mod matrix;
pub mod new;
pub mod plan;
pub mod policy;
pub mod quantity;
pub mod reason;
mod references;
pub mod release;
pub mod selection;
pub mod session;
pub mod since;
pub mod store;
pub mod test;
pub mod timings;
pub mod transfer;
mod version_place;
mod wait_lock;
pub mod watch;
pub mod workspace;

mod error;

pub use commit::Commit;
pub(crate) use error::host_error;
pub use error::{Error, exit_code};
pub use session::HostOptions;
