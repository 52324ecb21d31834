//! Whom to trust. Nothing is read before the first host is asked over HTTPS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::super::{RegistryError, RegistryErrorKind};
use super::url::Origin;

/// Whom to trust beside the system's roots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// PEM files of certificates.
    pub roots: Vec<Utf8PathBuf>,
    /// Folders whose `HOST[:PORT]/*.crt` are trusted for that host alone, as in `/etc/docker/certs.d`:
    /// <https://docs.docker.com/engine/security/certificates/>.
    pub folders: Vec<Utf8PathBuf>,
}

#[derive(Debug)]
pub(super) struct Tls {
    trust: Trust,
    system: OnceLock<RootCertStore>,
    configs: Mutex<BTreeMap<Origin, Arc<ClientConfig>>>,
}

impl Tls {
    pub(super) fn new(trust: Trust) -> Self {
        Self { trust, system: OnceLock::new(), configs: Mutex::default() }
    }

    /// How to talk to this host; made once.
    pub(super) fn config(&self, origin: &Origin) -> Result<Arc<ClientConfig>, RegistryError> {
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(origin) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.make(origin)?);
        configs.insert(origin.clone(), Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, origin: &Origin) -> Result<ClientConfig, RegistryError> {
        let mut roots = self.system.get_or_init(system_roots).clone();
        let mut files = self.trust.roots.clone();
        for folder in &self.trust.folders {
            files.extend(certificates(&folder.join(origin.authority())));
            files.extend(certificates(&folder.join(origin.socket())));
        }
        for file in files {
            add(&mut roots, &file)?;
        }
        if roots.is_empty() {
            let message =
                format!("no root certificates are known, so `{}` cannot be trusted", origin.authority());
            let error = RegistryError::new(RegistryErrorKind::Input, message);
            return Err(error.help("install your system's ca-certificates"));
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.expect("ring has the ciphers of the default protocol versions");
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

/// What cannot be read of them is left out, as browsers do.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn certificates(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path().to_owned()).collect();
    files.retain(|file| file.extension() == Some("crt"));
    files.sort();
    files
}

fn add(roots: &mut RootCertStore, file: &Utf8Path) -> Result<(), RegistryError> {
    let wrong = |why: String| {
        RegistryError::new(
            RegistryErrorKind::Input,
            format!("the root certificates {file} cannot be used: {why}"),
        )
    };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.len() == before {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(())
}
