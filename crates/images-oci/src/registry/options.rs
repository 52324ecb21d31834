//! What a client is told.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::retry::{Clock, Retries, SystemClock};
use super::transport::{Proxies, Timeouts, Trust};

/// What a client is told. The default is what is right without any configuration: no credentials, no proxy, the
/// system's roots.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files of credentials, the first to ask first; see [`super::credential_files`].
    pub credential_files: Vec<Utf8PathBuf>,
    /// `HOST[:PORT]` of registries that may be spoken to over plain HTTP, credentials included. This machine always may.
    pub plain_http: Vec<String>,
    /// Whom to trust beside the system's roots.
    pub trust: Trust,
    /// Proxies.
    pub proxies: Proxies,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// How often is tried.
    pub retries: Retries,
    /// The name of the client.
    pub user_agent: String,
    /// Blobs that are larger are sent in pieces of this many bytes. `None` sends each in one, as containerd does, since
    /// some registries know nothing else; one that finds it too large gets pieces all the same.
    pub chunk: Option<u64>,
    /// How many blobs are sent or got at once.
    pub jobs: usize,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            credential_files: Vec::new(),
            plain_http: Vec::new(),
            trust: Trust::default(),
            proxies: Proxies::default(),
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            user_agent: concat!("xtask-images/", env!("CARGO_PKG_VERSION")).to_owned(),
            chunk: None,
            jobs: 4,
            clock: Arc::new(SystemClock),
        }
    }
}
