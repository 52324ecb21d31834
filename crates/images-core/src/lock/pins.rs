//! What takes the place of names of images from elsewhere.

use std::collections::BTreeMap;

use images_dockerfile::Reference;
use images_oci::registry::Repository;
use images_schema::{Lock, Pin};

use super::name::full;

/// The pins of a lock, by full names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins(BTreeMap<String, Pin>);

impl Pins {
    /// Those of a lock.
    pub fn of(lock: &Lock) -> Self {
        Self(lock.images.iter().map(|(name, image)| (name.clone(), image.pin.clone())).collect())
    }

    /// What a reference is pinned to. One that has a digest is not in a lock.
    pub fn get(&self, reference: &str) -> Option<&Pin> {
        self.of_name(&full(reference)?)
    }

    /// What a full name is pinned to.
    pub(super) fn of_name(&self, name: &str) -> Option<&Pin> {
        self.0.get(name)
    }

    /// Whether anything is pinned to what only a store has.
    pub(super) fn has_ids(&self) -> bool {
        self.0.values().any(|pin| matches!(pin, Pin::Id(_)))
    }

    /// The digest that a reference means, by itself or by the lock.
    pub fn digest(&self, reference: &str) -> Option<String> {
        match self.get(reference) {
            Some(Pin::Digest(digest)) => Some(digest.clone()),
            Some(Pin::Id(_)) => None,
            None => Reference::parse(reference).ok()?.digest,
        }
    }

    /// What a key says of a reference.
    pub(crate) fn in_key(&self, reference: &str) -> String {
        let name = full(reference);
        match name.as_deref().and_then(|name| Some((name, self.of_name(name)?))) {
            Some((name, Pin::Digest(digest))) => format!("{name}@{digest}"),
            Some((name, Pin::Id(id))) => format!("{name} id {id}"),
            None => reference.to_owned(),
        }
    }

    /// What engines are sent instead of a reference; `None` where it stays as it is written: it has a digest, or only the
    /// engine has it, by this name. The tag goes, since older podman and buildah refuse one beside a digest:
    /// <https://github.com/containers/image/blob/main/docker/docker_transport.go>.
    pub(crate) fn sent(&self, reference: &str) -> Option<String> {
        let Some(Pin::Digest(digest)) = self.get(reference) else { return None };
        let repository = Repository::of(&Reference::parse(reference).ok()?);
        Some(format!("{repository}@{digest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_takes_the_place_of_the_tag_and_the_key_has_both() {
        let (digest, id) = (format!("sha256:{}", "a".repeat(64)), format!("sha256:{}", "b".repeat(64)));
        let pins = Pins(BTreeMap::from([
            ("docker.io/library/debian:12".to_owned(), Pin::Digest(digest.clone())),
            ("localhost/base:1".to_owned(), Pin::Id(id.clone())),
        ]));
        assert_eq!(pins.sent("debian:12"), Some(format!("docker.io/library/debian@{digest}")));
        assert_eq!(pins.in_key("debian:12"), format!("docker.io/library/debian:12@{digest}"));
        assert_eq!(pins.digest("docker.io/debian:12"), Some(digest.clone()));
        assert_eq!(pins.sent("localhost/base:1"), None, "an id is no name that an engine takes");
        assert_eq!(pins.in_key("localhost/base:1"), format!("localhost/base:1 id {id}"));
        assert_eq!(pins.digest("localhost/base:1"), None);
        for unknown in ["debian:13".to_owned(), format!("debian:12@{digest}")] {
            assert_eq!((pins.sent(&unknown), pins.in_key(&unknown)), (None, unknown));
        }
        assert_eq!(pins.digest(&format!("debian:13@{digest}")), Some(digest), "its own digest counts");
    }
}
