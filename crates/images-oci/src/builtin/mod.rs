//! The built-in engine behind the trait that docker, podman and buildah are behind.

mod detect;
mod engine;
mod externals;
#[cfg(test)]
mod tests;

pub use detect::detect;
pub use engine::{Builtin, BuiltinOptions};
pub use externals::RegistryExternals;
