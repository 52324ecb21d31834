//! What an engine has, from one listing.

use std::collections::HashMap;

use images_engine::StoredImage;

use crate::graph::{Graph, NodeId};
use crate::key::Key;

/// The label that holds a variant's key.
pub const KEY_LABEL: &str = "dev.xtask-images.key";
/// The label that holds a variant's name: `namespace/name:tag`.
pub const IMAGE_LABEL: &str = "dev.xtask-images.image";

/// The images of a store, by name.
#[derive(Debug, Default)]
pub struct Store {
    images: Vec<StoredImage>,
    by_name: HashMap<String, usize>,
}

impl Store {
    /// Indexes a listing.
    pub fn new(images: Vec<StoredImage>) -> Self {
        let named = images.iter().enumerate();
        let by_name = named
            .flat_map(|(at, image)| image.tags.iter().map(move |tag| (plain(tag).to_owned(), at)))
            .collect();
        Self { images, by_name }
    }

    /// The image of this name.
    pub fn get(&self, name: &str) -> Option<&StoredImage> {
        self.by_name.get(plain(name)).map(|at| &self.images[*at])
    }

    /// The key that an image's label holds.
    pub fn key_label<'i>(&self, image: &'i StoredImage) -> Option<&'i str> {
        image.labels.as_ref()?.get(KEY_LABEL).map(String::as_str)
    }
}

/// docker leaves its own registry's name out, podman writes it.
fn plain(name: &str) -> &str {
    let name = name.strip_prefix("index.docker.io/").or(name.strip_prefix("docker.io/")).unwrap_or(name);
    name.strip_prefix("library/").unwrap_or(name)
}

/// Where an image is for people: `registry/namespace/name`, `localhost` where the workspace has no registry.
pub(crate) fn repository_name(graph: &Graph<'_>, id: NodeId) -> String {
    let workspace = graph.workspace;
    let registry = workspace.registry.as_deref().unwrap_or("localhost");
    format!("{registry}/{}/{}", workspace.namespace, graph.image(id).name)
}

/// The name for people: the repository's, with the variant's tag.
pub fn version_name(graph: &Graph<'_>, id: NodeId) -> String {
    format!("{}:{}", repository_name(graph, id), graph.spec(id).tag)
}

/// What an image's [`IMAGE_LABEL`] says.
pub(crate) fn image_label(graph: &Graph<'_>, id: NodeId) -> String {
    format!("{}/{}", graph.workspace.namespace, graph.spec(id))
}

/// The name that the tool itself uses: no engine can fetch it from anywhere.
pub fn key_name(graph: &Graph<'_>, id: NodeId, key: Key) -> String {
    format!("localhost/{}/{}:key-{}", graph.workspace.namespace, graph.image(id).name, key.short())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_the_engine_writes_docker_hub() {
        let image = |tag: &str| StoredImage { id: tag.to_owned(), tags: vec![tag.to_owned()], labels: None };
        let store =
            Store::new(vec![image("docker.io/acme/a:1"), image("acme/b:1"), image("localhost/acme/c:1")]);
        assert_eq!(store.get("acme/a:1").unwrap().id, "docker.io/acme/a:1");
        assert_eq!(store.get("index.docker.io/acme/b:1").unwrap().id, "acme/b:1");
        assert_eq!(store.get("localhost/acme/c:1").unwrap().id, "localhost/acme/c:1");
        assert_eq!(store.get("acme/c:1"), None);
        let official = Store::new(vec![image("python:3")]);
        assert_eq!(official.get("docker.io/library/python:3").unwrap().id, "python:3");
    }
}
