//! docker, podman and buildah behind one trait. No other crate knows their command lines, starts a process or a
//! thread.

mod engine;
pub mod process;
pub mod threads;

pub use engine::{
    BuildFailure, BuildRequest, Built, Engine, EngineChoice, EngineError, EngineKind, EngineOptions,
    NoEngine, Secret, SecretSource, StoredImage, detect,
};
