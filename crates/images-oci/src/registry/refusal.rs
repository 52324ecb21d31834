//! Answers that are none of those expected, as errors.
//!
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes>

use serde::Deserialize;
use serde_json::Value;

use super::auth::login;
use super::client::{Answer, Client};
use super::{RegistryError, RegistryErrorKind, Repository};
use crate::model::Digest;

/// The longest error document in bytes.
const LIMIT: u64 = 256 << 10;
/// How much of a message is shown, in characters.
const SHOWN: usize = 300;

#[derive(Default, Deserialize)]
struct Document {
    errors: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    code: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    detail: Value,
}

/// An error, and the blobs that the registry says it does not have.
pub(super) struct Refusal {
    pub(super) error: RegistryError,
    pub(super) unknown: Vec<Digest>,
}

impl Client {
    /// The error that this answer is.
    pub(super) fn refusal(&self, answer: Answer, repository: &Repository) -> Refusal {
        let Answer { head, body, url } = answer;
        let is_page =
            head.field("content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"));
        let bytes = body.bytes(LIMIT).unwrap_or_default();
        let document: Option<Document> = serde_json::from_slice(&bytes).ok();
        let items = document.unwrap_or_default().errors;
        let said = items.iter().map(told).collect::<Vec<_>>().join("; ");
        let is_known = |code: &str| items.iter().any(|item| item.code == code);
        let status = head.status;
        let what = match said.as_str() {
            "" if bytes.is_empty() => format!("status {status}"),
            "" if is_page => format!("status {status} and a web page"),
            "" => format!("status {status} and no error of a registry"),
            said => format!("status {status}: {said}"),
        };
        let kind = match status {
            401 | 403 => RegistryErrorKind::Denied,
            404 if is_known("BLOB_UNKNOWN") && url.target.contains("/manifests/") => {
                RegistryErrorKind::BlobUnknown
            }
            404 if !items.is_empty() => RegistryErrorKind::Absent,
            _ if is_known("MANIFEST_BLOB_UNKNOWN") || is_known("BLOB_UNKNOWN") => {
                RegistryErrorKind::BlobUnknown
            }
            400..500 if !items.is_empty() => RegistryErrorKind::Refused,
            413 => RegistryErrorKind::Refused,
            _ => RegistryErrorKind::Garbled,
        };
        let error = RegistryError { kind, status: Some(status), ..RegistryError::garbled(&url, what) };
        let help = match kind {
            RegistryErrorKind::Denied => Some(self.denied(repository)),
            RegistryErrorKind::Garbled => {
                Some(format!("is `{}` the address of a registry?", repository.host()))
            }
            _ => None,
        };
        let unknown = items.iter().flat_map(|item| digests(&item.detail)).collect();
        Refusal { error: RegistryError { help, ..error }, unknown }
    }

    fn denied(&self, repository: &Repository) -> String {
        match self.credential(repository) {
            Ok(Some(_)) => {
                format!("the credentials for {repository} do not allow this; {}", login(repository))
            }
            _ => format!("no credentials for {repository} are known; {}", login(repository)),
        }
    }
}

fn told(item: &Item) -> String {
    let is_shown = |character: char| !character.is_control();
    let message = item.message.as_deref().unwrap_or_default();
    let text = format!("{}: {message}", item.code);
    text.trim_end_matches([':', ' ']).chars().filter(|character| is_shown(*character)).take(SHOWN).collect()
}

/// docker's registry writes `{"digest": …}` or `{"Digest": …}`, others the text, or a list of either.
fn digests(detail: &Value) -> Vec<Digest> {
    match detail {
        Value::String(text) => {
            text.split(|c: char| c.is_whitespace() || c == '"').filter_map(|word| word.parse().ok()).collect()
        }
        Value::Array(values) => values.iter().flat_map(digests).collect(),
        Value::Object(map) => map.values().flat_map(digests).collect(),
        _ => Vec::new(),
    }
}
