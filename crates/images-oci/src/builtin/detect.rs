//! The engine to use: one that runs, else the built-in one.

use images_engine::{Engine, EngineChoice, EngineKind, EngineOptions, NoEngine, StoredImage};

use super::{Builtin, BuiltinOptions};

/// Finds the engine and lists its store. For `Auto` docker, podman and buildah are tried; if none answers, the built-in
/// engine is taken, which remembers why they did not, for Dockerfiles that need them.
///
/// # Errors
/// The one that was asked for does not answer, or the built-in engine's layout cannot be read.
pub fn detect(
    choice: EngineChoice,
    options: &EngineOptions,
    builtin: &BuiltinOptions,
) -> Result<(Box<dyn Engine>, Vec<StoredImage>), NoEngine> {
    let mut tried = match choice {
        EngineChoice::Only(EngineKind::Builtin) => Vec::new(),
        choice => match images_engine::detect(choice, options) {
            Err(NoEngine { tried }) if choice == EngineChoice::Auto => tried,
            found => return found,
        },
    };
    let engine = Builtin::new(builtin.clone(), tried.clone());
    match engine.images() {
        Ok(images) => Ok((Box::new(engine), images)),
        Err(error) => {
            tried.push(error);
            Err(NoEngine { tried })
        }
    }
}
