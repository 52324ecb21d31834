//! A client of image registries: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md>.
//!
//! 1. [`Repository`] and [`Name`]: where an image is.
//! 2. [`Options`]: what a [`Client`] is told; it reads no environment.
//! 3. [`push_image`] and [`pull_image`]: whole images, from a [`BlobSource`] and into a [`BlobSink`].
//! 4. [`Client`]: single questions; under it authentication, redirects and retries, and at the bottom HTTP.
//!
//! Credentials reach nobody but the registry they are for and its token server, never in clear text unless that is this
//! machine or allowed by name, and are in no message. Whatever comes is verified.

mod auth;
mod blobs;
mod client;
mod error;
mod layout;
mod manifests;
mod options;
mod ping;
mod platform;
mod pull;
mod push;
mod referrers;
mod refusal;
mod repository;
mod retry;
mod tags;
mod transport;
mod upload;

pub use auth::{Login, credential_files, login_of};
pub use client::Client;
pub use error::{RegistryError, RegistryErrorKind};
pub use manifests::{MANIFEST_LIMIT, RawManifest};
pub use options::Options;
pub use platform::select;
pub use pull::{BlobSink, Pulled, pull_image};
pub use push::{BlobSource, Push, Pushed, is_distributed, push_image};
pub use repository::{Name, Repository};
pub use retry::{Clock, Retries, SystemClock};
pub use transport::{Proxies, Timeouts, Trust};
pub use upload::{OpenBlob, Sent};
