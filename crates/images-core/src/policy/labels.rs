//! Labels that every image must have.

use std::collections::BTreeSet;

use images_schema::{Diagnostic, Rule};

use super::rules::Rules;
use super::user::base;
use crate::graph::{Graph, NodeId, Target};

/// The label of the base, which what stands on `scratch` has not.
const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// Labels that the build adds by itself; those of the commit where there is one.
const ADDED: [&str; 5] = [
    "dev.xtask-images.image",
    "dev.xtask-images.key",
    BASE_NAME,
    "org.opencontainers.image.created",
    "org.opencontainers.image.revision",
];

/// For each variant the keys of the labels from Dockerfiles: its own, and those of the images that it is based on, with
/// all labels of these.
pub(super) fn inherited(graph: &Graph<'_>) -> Vec<BTreeSet<String>> {
    let mut keys = vec![BTreeSet::new(); graph.nodes.len()];
    for &id in &graph.order {
        let mut own = graph.node(id).resolution.configuration.labels.clone();
        own.extend(graph.variant(id).labels.keys().cloned());
        if let Some((_, Target::Internal(parent))) = base(graph, id) {
            own.extend(keys[parent.0].iter().cloned());
            own.extend(graph.node(*parent).resolution.trigger_configuration.labels.iter().cloned());
        }
        keys[id.0] = own;
    }
    keys
}

/// An error for each label that is missing, in Image.toml.
pub(super) fn violations(
    graph: &Graph<'_>,
    id: NodeId,
    rules: &Rules,
    keys: &[BTreeSet<String>],
) -> Vec<Diagnostic> {
    let image = graph.image(id);
    // There is no name of a base where there is no base.
    let is_added = |key: &str| ADDED.contains(&key) && (key != BASE_NAME || graph.node(id).base().is_some());
    let missing = rules.required_labels.iter().filter(|key| !is_added(key) && !keys[id.0].contains(*key));
    let told = missing.map(|key| {
        let message = format!("the policy requires the label `{key}`, and `{}` has none", image.name);
        let diagnostic = image.source.error(0..0, message, "no such label").rule(Rule::RequiredLabels);
        diagnostic.help(match field(key) {
            Some(field) => format!("write `{field}` under [image], or inherit it by `{field}.workspace = true`"),
            None => format!(
                "add `\"{key}\" = \"…\"` under [labels], or for all images under `labels` in [workspace.metadata.images]"
            ),
        })
    });
    told.collect()
}

/// The field of `[image]` that becomes a label.
fn field(key: &str) -> Option<&str> {
    let field = key.strip_prefix("org.opencontainers.image.")?;
    let fields = ["description", "authors", "licenses", "source", "documentation", "url", "vendor"];
    fields.contains(&field).then_some(field)
}
