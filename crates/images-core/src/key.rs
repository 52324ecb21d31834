//! The key: the hash of everything that an engine can see of a variant. Equal keys mean equal inputs.
//!
//! | in the key | not in it |
//! |---|---|
//! | the format's version | owners of files, their times, absolute paths |
//! | the Dockerfile's bytes, the target, the platform | the host, the registry's host, the engine |
//! | the arguments that the Dockerfile declares, filled in | arguments that nothing declares |
//! | the labels, the version and the variant's name among them | the commit (`revision`, `created`) |
//! | the names of secrets | their values |
//! | each internal reference's key | the tags of the parents |
//! | each external reference with its digest in Images.lock | when it was locked |
//! | each entry of the context: path, kind, mode, content, link target | what the Dockerfile cannot read |
//! | the time that all entries get instead of their own | |
//!
//! Each part is written with its length before it, so that no two lists of parts have one encoding.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::context::{Context, EntryKind};
use crate::graph::{Graph, NodeId};
use crate::lock::Pins;
use crate::store::{IMAGE_LABEL, image_label};
use crate::workspace::is_predefined;

/// The version of the encoding; another one is another key.
const FORMAT: &str = "xtask-images key v1";

/// A variant's key: a blake3 hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// How many hexadecimal digits the `key-` tag has.
    pub const SHORT_DIGITS: usize = 32;

    /// The first [`Key::SHORT_DIGITS`] hexadecimal digits, as the `key-` tag has them.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(Self::SHORT_DIGITS);
        text
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// What a key is made of, apart from the files: kept so that the first part that differs can be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The version of the encoding.
    pub format: String,
    /// The hash of the Dockerfile's bytes.
    pub dockerfile: String,
    /// The stage, if not the last.
    pub target: Option<String>,
    /// The platform.
    pub platform: String,
    /// The arguments.
    pub args: BTreeMap<String, String>,
    /// The labels.
    pub labels: BTreeMap<String, String>,
    /// The ids of the secrets.
    pub secrets: Vec<String>,
    /// Each internal reference in the Dockerfile's order: the variant's spec and key.
    pub parents: Vec<(String, String)>,
    /// Each external reference in the Dockerfile's order, with its digest.
    pub externals: Vec<String>,
    /// The modification time of all files, in seconds since 1970.
    pub epoch: i64,
    /// The hash of the context.
    pub context: String,
}

impl Parts {
    /// Gathers the parts of a variant whose parents' keys are known.
    pub fn of(
        graph: &Graph<'_>,
        id: NodeId,
        context: &Context,
        pins: &Pins,
        keys: &dyn Fn(NodeId) -> Key,
    ) -> Self {
        let (image, variant, node) = (graph.image(id), graph.variant(id), graph.node(id));
        let named = |parent| (graph.spec(parent).to_string(), keys(parent).to_string());
        let host = &graph.workspace.host;
        let mut labels = variant.labels.clone();
        labels.insert(IMAGE_LABEL.to_owned(), image_label(graph, id));
        Self {
            format: FORMAT.to_owned(),
            dockerfile: blake3::hash(image.dockerfile.text.as_bytes()).to_string(),
            target: image.manifest.image.target.as_ref().map(|target| target.get_ref().clone()),
            platform: variant
                .platform
                .clone()
                .unwrap_or_else(|| format!("{}/{}", host.os, host.architecture)),
            args: sent_args(graph, id),
            labels,
            secrets: image.manifest.secrets.keys().cloned().collect(),
            parents: node.parents().map(named).collect(),
            externals: node.externals().map(|reference| pins.in_key(reference)).collect(),
            epoch: context.epoch,
            context: hex(&context.hash),
        }
    }

    /// The key of these parts.
    pub fn key(&self) -> Key {
        let mut encoder = Encoder(blake3::Hasher::new());
        encoder.text(&self.format);
        encoder.text(&self.dockerfile);
        encoder.list(self.target.iter().map(|target| [target.as_str()]));
        encoder.text(&self.platform);
        encoder.list(self.args.iter().map(|(name, value)| [name.as_str(), value]));
        encoder.list(self.labels.iter().map(|(name, value)| [name.as_str(), value]));
        encoder.list(self.secrets.iter().map(|id| [id.as_str()]));
        encoder.list(self.parents.iter().map(|(_, key)| [key.as_str()]));
        encoder.list(self.externals.iter().map(|reference| [reference.as_str()]));
        encoder.text(&self.epoch.to_string());
        encoder.text(&self.context);
        Key(*encoder.0.finalize().as_bytes())
    }
}

/// The arguments that reach the engine: those that the Dockerfile or a trigger of a base declares, and those that builders know by themselves.
pub(crate) fn sent_args(graph: &Graph<'_>, id: NodeId) -> BTreeMap<String, String> {
    let declared = graph.image(id).parsed.declared_args();
    let by_triggers = &graph.node(id).trigger_args;
    let args = graph.variant(id).args.iter();
    let takes = |name| declared.contains(name) || by_triggers.contains(name) || is_predefined(name);
    args.filter(|(name, _)| takes(*name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Writes lengths before texts and counts before lists.
struct Encoder(blake3::Hasher);

impl Encoder {
    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.0.update(text.as_bytes());
    }

    fn list<'t, const N: usize>(&mut self, rows: impl ExactSizeIterator<Item = [&'t str; N]>) {
        self.number(rows.len());
        for row in rows {
            row.into_iter().for_each(|text| self.text(text));
        }
    }
}

/// What was built under a key: its parts and each entry of its context. A cache: without it, a reason is less exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The parts.
    pub parts: Parts,
    /// Each entry of the context by its path: kind, mode and content in one text.
    pub entries: BTreeMap<String, String>,
}

impl Record {
    /// Describes parts and context.
    pub fn of(parts: &Parts, context: &Context) -> Self {
        let entries = context.entries.iter().map(|entry| {
            let content = match &entry.kind {
                EntryKind::Folder => "folder".to_owned(),
                EntryKind::File { hash, .. } => format!("file {}", hex(hash)),
                EntryKind::Link { target } => format!("link {target}"),
            };
            (entry.path.clone(), format!("{:o} {content}", entry.mode))
        });
        Self { parts: parts.clone(), entries: entries.collect() }
    }
}

/// A hash as hexadecimal digits.
pub fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}
