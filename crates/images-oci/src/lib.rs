//! The built-in engine: images without a daemon.
//!
//! 1. [`model`]: digests, descriptors, manifests, indexes and configurations, as the OCI image specification has them.
//! 2. [`layer`]: what layers hold, written and read.
//! 3. [`layout`]: where blobs, images and their names are kept.
//! 4. [`tree`]: the file system that layers make together.
//! 5. [`copy`]: what `COPY`, `ADD` and `WORKDIR` change in it.
//! 6. [`instruction`]: what a Dockerfile's instructions mean for a configuration and for files.
//! 7. [`assemble`]: from a Dockerfile and a context to an image in a layout.
//! 8. [`builtin`]: the engine.
//! 9. [`registry`]: images come from registries, and go there.
//! 10. [`archive`]: images in one file, for the engines that have a daemon, and from them.

pub mod archive;
pub mod assemble;
pub mod builtin;
pub mod copy;
pub mod instruction;
pub mod layer;
pub mod layout;
pub mod model;
pub mod registry;
pub mod tree;
