//! How an image was made, as SLSA has it: <https://slsa.dev/spec/v1.0/provenance>, in an in-toto statement:
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>. There is neither a time nor a random number in
//! it, so the same image at the same commit has the same statement.

use images_oci::model::Digest;
use serde_json::{Value, json};

use super::Unit;
use super::record::Base;
use crate::graph::Graph;
use crate::session::Keyed;

/// The media type of a statement, and the type of the artifact.
pub(super) const STATEMENT: &str = "application/vnd.in-toto+json";
/// The label of the source's URL.
const SOURCE: &str = "org.opencontainers.image.source";

/// The predicate: what is said of the image.
pub(super) fn predicate(
    graph: &Graph<'_>,
    keyed: &Keyed,
    unit: &Unit,
    commit: &str,
    bases: &[Base],
) -> Value {
    let images = unit.ids.iter().map(|id| {
        let (image, parts) = (graph.image(*id), &keyed.parts[id]);
        json!({
            "image": graph.spec(*id).to_string(),
            "dockerfile": image.dockerfile.path,
            "target": parts.target,
            "platform": parts.platform,
            "arguments": parts.args,
        })
    });
    let keys: Vec<String> = unit.ids.iter().map(|id| keyed.key(*id).to_string()).collect();
    let mut source = json!({"name": "source", "digest": {"gitCommit": commit}});
    if let Some(url) = graph.variant(unit.ids[0]).labels.get(SOURCE) {
        source["uri"] = json!(format!("git+{url}"));
    }
    let based = bases.iter().map(|base| {
        let mut resolved = json!({"name": base.reference});
        if let Some(digest) = base.digest {
            resolved["digest"] = json!({"sha256": digest.hex()});
        }
        resolved
    });
    json!({
        "buildDefinition": {
            "buildType": "urn:xtask-images:build:v1",
            "externalParameters": {"images": images.collect::<Vec<_>>()},
            "internalParameters": {"keys": keys},
            "resolvedDependencies": std::iter::once(source).chain(based).collect::<Vec<_>>(),
        },
        "runDetails": {"builder": {"id": concat!("urn:xtask-images:", env!("CARGO_PKG_VERSION"))}},
    })
}

/// The statement that a predicate is about this image.
pub(super) fn statement(predicate: Value, repository: &str, digest: Digest) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": repository, "digest": {"sha256": digest.hex()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": predicate,
    })
}
