//! Documents about images: artifact manifests that say which image they are about,
//! <https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidelines-for-artifact-usage>.

use images_oci::layout::Layout;
use images_oci::model::{Descriptor, Digest, Manifest, media_type};
use images_oci::registry::{self, Client, Push, Repository};
use serde_json::Value;

use crate::Error;

/// Puts a document of a media type into the layout, and a manifest that says which image it is about.
///
/// # Errors
/// The layout cannot be written.
pub(crate) fn attach(
    layout: &Layout,
    image: &Descriptor,
    kind: &str,
    document: &Value,
) -> Result<Descriptor, Error> {
    let bytes = serde_json::to_vec(document).expect("a document has a form in JSON");
    let blob = layout.put(kind, &bytes)?;
    let mut manifest = Manifest::new(layout.put(media_type::EMPTY, b"{}")?, vec![blob]);
    manifest.artifact_type = Some(kind.to_owned());
    manifest.subject = Some(Descriptor::new(&image.media_type, image.digest, image.size));
    Ok(layout.put_document(media_type::MANIFEST, &manifest)?)
}

/// Sends such a document, by its digest alone.
///
/// # Errors
/// The registry does not take it.
pub(crate) fn push(
    client: &Client,
    layout: &Layout,
    repository: &Repository,
    root: &Descriptor,
) -> Result<Digest, Error> {
    let push = Push { source: layout, root, repository, tags: &[], elsewhere: &[] };
    Ok(registry::push_image(client, &push)?.digest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attached_document_says_what_it_is_about() {
        let kept = tempfile::tempdir().unwrap();
        let root = camino::Utf8PathBuf::try_from(kept.path().join("oci")).unwrap();
        let layout = Layout::open_or_create(&root).unwrap();
        let mut image = layout.put(media_type::MANIFEST, b"an image").unwrap();
        image.annotations.insert("own".to_owned(), "x".to_owned());
        let document = json!({"bomFormat": "CycloneDX"});
        let root = attach(&layout, &image, "application/vnd.cyclonedx+json", &document).unwrap();
        let manifest = layout.manifest(&root).unwrap();
        assert_eq!(manifest.artifact_type.as_deref(), Some("application/vnd.cyclonedx+json"));
        assert_eq!(manifest.config.media_type, media_type::EMPTY);
        let subject = Descriptor::new(media_type::MANIFEST, image.digest, image.size);
        assert_eq!(manifest.subject, Some(subject));
        assert_eq!(layout.document(&manifest.layers[0]).unwrap(), br#"{"bomFormat":"CycloneDX"}"#);
    }
}
