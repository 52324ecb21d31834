//! The documents of the OCI image specification: <https://github.com/opencontainers/image-spec/blob/v1.1.1/spec.md>.

mod config;
mod descriptor;
mod digest;
mod manifest;
pub mod media_type;

pub use config::{Empty, Healthcheck, History, ImageConfig, RootFs, RuntimeConfig};
pub use descriptor::{Descriptor, Platform};
pub use digest::{Digest, DigestError, Hasher};
pub use manifest::{Index, Manifest};
