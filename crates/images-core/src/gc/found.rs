//! The images of a store that have a key of this namespace in their names.

use std::collections::BTreeMap;

use images_engine::StoredImage;

use crate::key::Key;

/// A name that may be ours, and the image that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    /// The engine's id.
    pub(super) id: String,
    /// The member, or one that there was.
    pub(super) member: String,
    /// The digits of the key in the name.
    pub(super) key: String,
    /// The image's other names.
    pub(super) others: Vec<String>,
    /// Its labels, where the listing has them.
    pub(super) labels: Option<BTreeMap<String, String>>,
}

/// What a listing has by names of this namespace.
pub(super) fn of_namespace(namespace: &str, listed: &[StoredImage]) -> Vec<Found> {
    let names = listed.iter().flat_map(|image| image.tags.iter().map(move |name| (image, name)));
    let found = |(image, name): (&StoredImage, &String)| {
        let (member, key) = split(namespace, name)?;
        Some(Found {
            name: name.clone(),
            id: image.id.clone(),
            member: member.to_owned(),
            key: key.to_owned(),
            others: image.tags.iter().filter(|other| *other != name).cloned().collect(),
            labels: image.labels.clone(),
        })
    };
    names.filter_map(found).collect()
}

/// Member and digits of `localhost/NAMESPACE/MEMBER:key-DIGITS`. A member's name has no slash, so that no name of a namespace
/// below this one is taken for one of it.
pub(super) fn split<'n>(namespace: &str, name: &'n str) -> Option<(&'n str, &'n str)> {
    let rest = name.strip_prefix("localhost/")?.strip_prefix(namespace)?.strip_prefix('/')?;
    let (member, key) = rest.split_once(":key-")?;
    let is_digit = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    (!member.contains('/') && key.len() == Key::SHORT_DIGITS && key.bytes().all(is_digit))
        .then_some((member, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn only_whole_names_of_the_namespace_are_split() {
        let ours = format!("localhost/acme/app:key-{KEY}");
        assert_eq!(split("acme", &ours), Some(("app", KEY)));
        assert_eq!(split("acme/images", &format!("localhost/acme/images/app:key-{KEY}")), Some(("app", KEY)));
        for other in [
            format!("localhost/acme/images/app:key-{KEY}"),
            format!("localhost/acme2/app:key-{KEY}"),
            format!("ghcr.io/acme/app:key-{KEY}"),
            format!("docker.io/localhost/acme/app:key-{KEY}"),
            format!("localhost/acme/app:key-{KEY}0"),
            format!("localhost/acme/app:key-{}", KEY.to_uppercase()),
            format!("localhost/acme/app:my-key-{KEY}"),
            "localhost/acme/app:key-abc".to_owned(),
            "localhost/acme/app:1.0.0".to_owned(),
        ] {
            assert_eq!(split("acme", &other), None, "{other}");
        }
    }

    #[test]
    fn an_image_is_found_once_for_each_such_name_with_all_others_beside_it() {
        let (one, two) = (format!("localhost/acme/a:key-{KEY}"), format!("localhost/acme/b:key-{KEY}"));
        let tags = vec![one.clone(), "localhost/acme/a:1".to_owned(), two.clone()];
        let found = of_namespace("acme", &[StoredImage { id: "i".to_owned(), tags, labels: None }]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name.as_str(), found[1].name.as_str()), (one.as_str(), two.as_str()));
        assert_eq!(found[0].others, ["localhost/acme/a:1".to_owned(), two]);
    }
}
