//! docker, podman and buildah behind one trait. No other crate knows their command lines, starts a process or a
//! thread.

mod archives;
mod build;
mod buildah;
mod client;
mod containers;
mod detect;
mod docker;
mod engine;
mod facts;
mod failure;
mod listing;
mod podman;
pub mod process;
mod removal;
mod secret;
mod storage;
mod support;
#[cfg(test)]
mod testing;
pub mod threads;
mod timestamp;
mod version;
mod work;

pub use containers::{ContainerRequest, ContainerRun, ContainerState, Containers};
pub use detect::detect;
pub use engine::{
    BuildFailure, BuildRequest, Built, ContextEntry, ContextEntryKind, Engine, EngineChoice, EngineError,
    EngineKind, EngineOptions, ImageFacts, NoEngine, Removal, Secret, SecretSource, StoredImage, Swept,
};
pub use storage::Storage;
