//! Registries as data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use images_core::lock::{Resolved, Resolver};
use images_dockerfile::Reference;
use images_engine::process::Cancel;
use images_oci::model::Digest;
use images_oci::registry::{RegistryError, RegistryErrorKind};

/// Every name exists, and means a digest made of its text until a test says otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeResolver(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    moved: BTreeMap<String, String>,
    broken: BTreeMap<String, RegistryErrorKind>,
    asked: Vec<String>,
}

impl FakeResolver {
    /// The name means what `content` stands for from now on.
    pub(crate) fn moves(&self, name: &str, content: &str) {
        self.0.lock().unwrap().moved.insert(name.to_owned(), content.to_owned());
    }

    /// Asking for the name fails from now on.
    pub(crate) fn breaks(&self, name: &str, kind: RegistryErrorKind) {
        self.0.lock().unwrap().broken.insert(name.to_owned(), kind);
    }

    /// All names that were asked for since the last call.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }
}

/// The digest that stands for a text.
pub(crate) fn digest(content: &str) -> Digest {
    Digest::of(content.as_bytes())
}

/// What is sent for a name that means the digest of its text.
pub(crate) fn pinned(name: &str) -> String {
    let (repository, _) = name.rsplit_once(':').unwrap();
    format!("{repository}@{}", digest(name))
}

impl Resolver for FakeResolver {
    fn resolve(&self, references: &[Reference], _: &Cancel) -> Vec<Result<Resolved, RegistryError>> {
        let mut state = self.0.lock().unwrap();
        let answers = references.iter().map(|reference| {
            let name = reference.to_string();
            state.asked.push(name.clone());
            if let Some(kind) = state.broken.get(&name) {
                let message = format!("{name} does not answer");
                return Err(RegistryError { kind: *kind, status: None, message, help: None });
            }
            let digest = match &reference.digest {
                Some(digest) => digest.parse().unwrap(),
                None => digest(state.moved.get(&name).unwrap_or(&name)),
            };
            Ok(Resolved { digest, platforms: vec!["linux/amd64".to_owned()] })
        });
        answers.collect()
    }
}
