//! The built-in engine: images without a daemon.
//!
//! 1. [`model`]: digests, descriptors, manifests, indexes and configurations, as the OCI image specification has them.

pub mod model;
