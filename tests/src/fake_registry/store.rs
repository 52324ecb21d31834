//! What a registry keeps, and how it answers:
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md>.

use std::collections::{BTreeMap, BTreeSet};

use images_oci::model::Digest;
use serde_json::{Value, json};

use super::message::{Request, Response, form};
use super::{Access, IDENTITY};

const DIGEST: &str = "Docker-Content-Digest";

#[derive(Debug, Clone)]
pub(super) struct Store {
    access: Access,
    address: String,
    pub(super) knows_referrers: bool,
    pub(super) page: usize,
    blobs: BTreeMap<(String, String), Vec<u8>>,
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    tags: BTreeMap<(String, String), String>,
    uploads: BTreeMap<String, Vec<u8>>,
    tokens: BTreeMap<String, Vec<String>>,
    count: usize,
}

fn key(repository: &str, name: &str) -> (String, String) {
    (repository.to_owned(), name.to_owned())
}

impl Store {
    pub(super) fn new(access: Access, address: &str) -> Self {
        Self {
            access,
            address: address.to_owned(),
            knows_referrers: true,
            page: 100,
            blobs: BTreeMap::new(),
            manifests: BTreeMap::new(),
            tags: BTreeMap::new(),
            uploads: BTreeMap::new(),
            tokens: BTreeMap::new(),
            count: 0,
        }
    }

    pub(super) fn tags(&self) -> BTreeMap<String, String> {
        let named = |((repository, tag), digest): (&(String, String), &String)| {
            (format!("{repository}:{tag}"), digest.clone())
        };
        self.tags.iter().map(named).collect()
    }

    pub(super) fn incomplete(&self) -> Vec<String> {
        let lacks = |((repository, _), digest): &(&(String, String), &String)| !self.has(repository, digest);
        let lacking = self.tags.iter().filter(lacks);
        lacking.map(|((repository, tag), _)| format!("{repository}:{tag}")).collect()
    }

    /// Whether a manifest is there with all that it points at.
    fn has(&self, repository: &str, digest: &str) -> bool {
        let Some((_, bytes)) = self.manifests.get(&key(repository, digest)) else { return false };
        let document: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let list = |name: &str| document[name].as_array().cloned().unwrap_or_default();
        let digest_of = |value: &Value| value["digest"].as_str().unwrap_or_default().to_owned();
        let blobs = list("layers").into_iter().chain(document.get("config").cloned());
        blobs.into_iter().all(|blob| self.blobs.contains_key(&key(repository, &digest_of(&blob))))
            && list("manifests").iter().all(|child| self.has(repository, &digest_of(child)))
    }

    pub(super) fn put_blob(&mut self, repository: &str, digest: &str, bytes: Vec<u8>) {
        self.blobs.insert(key(repository, digest), bytes);
    }

    pub(super) fn expire(&mut self) {
        self.tokens.clear();
    }

    /// Answers as if it were done.
    pub(super) fn answer_and_forget(&mut self, request: &Request) -> Response {
        let before = (self.blobs.clone(), self.manifests.clone(), self.tags.clone());
        let response = self.answer(request);
        (self.blobs, self.manifests, self.tags) = before;
        response
    }

    pub(super) fn answer(&mut self, request: &Request) -> Response {
        if request.path() == "/token" {
            return self.token(request);
        }
        if let Some(refusal) = self.refusal(request) {
            return refusal;
        }
        let path = request.path().strip_prefix("/v2/").unwrap_or_default().to_owned();
        if path.is_empty() {
            return Response::new(200);
        }
        for kind in ["/blobs/uploads/", "/blobs/", "/manifests/", "/referrers/", "/tags/"] {
            if let Some((repository, name)) = path.rsplit_once(kind) {
                return match kind {
                    "/blobs/uploads/" => self.upload(request, repository, name),
                    "/blobs/" => self.blob(request, repository, name),
                    "/manifests/" if request.method == "PUT" => self.put_manifest(request, repository, name),
                    "/manifests/" => self.manifest(repository, name),
                    "/referrers/" => self.referrers(request, repository, name),
                    _ => self.list(request, repository),
                };
            }
        }
        Response::new(404)
    }

    fn is_user(&self, request: &Request) -> bool {
        // The digits of `tester:pa:ss`, so that the client's own encoder is not trusted.
        request.field("authorization") == Some("Basic dGVzdGVyOnBhOnNz")
    }

    fn refusal(&self, request: &Request) -> Option<Response> {
        let challenge = match self.access {
            Access::Free => return None,
            Access::Basic if self.is_user(request) => return None,
            Access::Basic => "Basic realm=\"fake\"".to_owned(),
            Access::Token | Access::PrivateToken => {
                let token = request.field("authorization").and_then(|value| value.strip_prefix("Bearer "));
                let scopes = token.and_then(|token| self.tokens.get(token));
                if scopes.is_some_and(|scopes| is_allowed(request, scopes)) {
                    return None;
                }
                format!("Bearer realm=\"http://{}/token\",service=\"fake\"", self.address)
            }
        };
        Some(Response::error(401, "UNAUTHORIZED", "").with("WWW-Authenticate", &challenge))
    }

    fn token(&mut self, request: &Request) -> Response {
        let fields = form(&String::from_utf8_lossy(&request.body));
        let has = |name: &str, value: &str| fields.contains(&(name.to_owned(), value.to_owned()));
        let is_identified =
            has("grant_type", "refresh_token") && has("refresh_token", IDENTITY) && has("service", "fake");
        let is_known = self.is_user(request) || request.method == "POST" && is_identified;
        if !is_known && (request.field("authorization").is_some() || self.access == Access::PrivateToken) {
            return Response::new(401).body(r#"{"details":"incorrect username or password"}"#);
        }
        let mut scopes = request.parameters("scope");
        let asked =
            fields.iter().filter(|(name, _)| name == "scope").flat_map(|(_, scopes)| scopes.split(' '));
        scopes.extend(asked.map(str::to_owned));
        if !is_known {
            scopes.iter_mut().for_each(|scope| *scope = scope.replace("pull,push", "pull"));
        }
        self.count += 1;
        let token = format!("token-{}", self.count);
        self.tokens.insert(token.clone(), scopes);
        let name = if self.count.is_multiple_of(2) { "token" } else { "access_token" };
        Response::new(200).body(json!({ name: token, "expires_in": 300 }).to_string())
    }

    fn upload(&mut self, request: &Request, repository: &str, id: &str) -> Response {
        let location = |id: &str| format!("/v2/{repository}/blobs/uploads/{id}?state=x");
        if request.method == "POST" {
            let [mount, from] = ["mount", "from"].map(|name| request.parameters(name).pop());
            if let (Some(mount), Some(from)) = (mount, from)
                && let Some(bytes) = self.blobs.get(&key(&from, &mount)).cloned()
            {
                self.put_blob(repository, &mount, bytes);
                return Response::new(201).with("Location", &format!("/v2/{repository}/blobs/{mount}"));
            }
            self.count += 1;
            let id = format!("upload-{}", self.count);
            self.uploads.insert(id.clone(), Vec::new());
            return Response::new(202).with("Location", &location(&id)).with("Range", "0-0");
        }
        let Some(bytes) = self.uploads.get_mut(id) else {
            return Response::error(404, "BLOB_UPLOAD_UNKNOWN", "");
        };
        let range = |bytes: &[u8]| format!("0-{}", bytes.len().saturating_sub(1));
        match request.method.as_str() {
            "GET" => Response::new(204).with("Location", &location(id)).with("Range", &range(bytes)),
            "PATCH" => {
                let start =
                    request.field("content-range").and_then(|range| range.split_once('-')?.0.parse().ok());
                if start.is_some_and(|start: usize| start != bytes.len()) {
                    return Response::new(416).with("Range", &range(bytes));
                }
                bytes.extend(&request.body);
                Response::new(202).with("Location", &location(id)).with("Range", &range(bytes))
            }
            _ => {
                let mut bytes = self.uploads.remove(id).unwrap_or_default();
                bytes.extend(&request.body);
                let digest = Digest::of(&bytes).to_string();
                if request.parameters("digest") != [digest.clone()] {
                    return Response::error(400, "DIGEST_INVALID", "");
                }
                self.put_blob(repository, &digest, bytes);
                let location = format!("/v2/{repository}/blobs/{digest}");
                Response::new(201).with("Location", &location).with(DIGEST, &digest)
            }
        }
    }

    fn blob(&self, request: &Request, repository: &str, digest: &str) -> Response {
        let Some(bytes) = self.blobs.get(&key(repository, digest)) else {
            return Response::error(404, "BLOB_UNKNOWN", "");
        };
        let ok = Response::new(200).with(DIGEST, digest).with("Content-Type", "application/octet-stream");
        let first = request
            .field("range")
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        match first {
            Some(first) if first < bytes.len() => {
                let range = format!("bytes {first}-{}/{}", bytes.len() - 1, bytes.len());
                Response { status: 206, ..ok.with("Content-Range", &range) }.body(&bytes[first..])
            }
            _ => ok.body(bytes.clone()),
        }
    }

    fn manifest(&self, repository: &str, name: &str) -> Response {
        let digest = self.tags.get(&key(repository, name)).map_or(name, String::as_str);
        match self.manifests.get(&key(repository, digest)) {
            Some((kind, bytes)) => {
                Response::new(200).with("Content-Type", kind).with(DIGEST, digest).body(bytes.clone())
            }
            None => Response::error(404, "MANIFEST_UNKNOWN", ""),
        }
    }

    fn put_manifest(&mut self, request: &Request, repository: &str, name: &str) -> Response {
        let digest = Digest::of(&request.body).to_string();
        let Ok(document) = serde_json::from_slice::<Value>(&request.body) else {
            return Response::error(400, "MANIFEST_INVALID", "");
        };
        let digest_of = |value: &Value| value["digest"].as_str().unwrap_or_default().to_owned();
        let list =
            |name: &str| document[name].as_array().into_iter().flatten().map(digest_of).collect::<Vec<_>>();
        let mut blobs = list("layers");
        blobs.extend(document.get("config").map(digest_of));
        if let Some(lacking) = blobs.iter().find(|blob| !self.blobs.contains_key(&key(repository, blob))) {
            let detail = json!({ "digest": lacking }).to_string();
            return Response::error(400, "MANIFEST_BLOB_UNKNOWN", &detail);
        }
        if list("manifests").iter().any(|child| !self.manifests.contains_key(&key(repository, child))) {
            return Response::error(404, "MANIFEST_UNKNOWN", "");
        }
        if name.starts_with("sha256:") {
            if name != digest {
                return Response::error(400, "DIGEST_INVALID", "");
            }
        } else {
            self.tags.insert(key(repository, name), digest.clone());
        }
        let kind = request.field("content-type").unwrap_or_default().to_owned();
        self.manifests.insert(key(repository, &digest), (kind, request.body.clone()));
        let done = Response::new(201).with("Location", &format!("/v2/{repository}/manifests/{digest}"));
        let done = done.with(DIGEST, &digest);
        match document["subject"]["digest"].as_str().filter(|_| self.knows_referrers) {
            Some(subject) => done.with("OCI-Subject", subject),
            None => done,
        }
    }

    fn referrers(&self, request: &Request, repository: &str, subject: &str) -> Response {
        if !self.knows_referrers {
            return Response::new(404).with("Content-Type", "text/plain").body("404 page not found");
        }
        let kinds = request.parameters("artifactType");
        let own = self.manifests.iter().filter(|((known, _), _)| known == repository);
        let found = own.filter_map(|((_, digest), (media_type, bytes))| {
            let document: Value = serde_json::from_slice(bytes).ok()?;
            let kind = document["artifactType"].as_str().or(document["config"]["mediaType"].as_str())?.to_owned();
            let is_meant = document["subject"]["digest"] == subject && (kinds.is_empty() || kinds.contains(&kind));
            is_meant.then(|| json!({"mediaType": media_type, "digest": digest, "size": bytes.len(), "artifactType": kind}))
        });
        let found: Vec<Value> = found.collect();
        let kind = "application/vnd.oci.image.index.v1+json";
        let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": found});
        Response::new(200).with("Content-Type", kind).body(index.to_string())
    }

    fn list(&self, request: &Request, repository: &str) -> Response {
        let own: BTreeSet<&str> =
            self.tags.keys().filter(|(known, _)| known == repository).map(|(_, tag)| tag.as_str()).collect();
        if own.is_empty() {
            return Response::error(404, "NAME_UNKNOWN", "");
        }
        let last = request.parameters("last").pop().unwrap_or_default();
        let asked = request.parameters("n").pop().and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
        let page = self.page.min(asked);
        let rest: Vec<&str> = own.into_iter().filter(|tag| *tag > last.as_str()).collect();
        let tags = &rest[..rest.len().min(page)];
        let list = Response::new(200).body(json!({"name": repository, "tags": tags}).to_string());
        match (tags.last(), rest.len() > page) {
            (Some(last), true) => {
                list.with("Link", &format!("</v2/{repository}/tags/list?last={last}&n={page}>; rel=\"next\""))
            }
            _ => list,
        }
    }
}

/// Whether the scopes of a token allow a request, a mount's source included.
fn is_allowed(request: &Request, scopes: &[String]) -> bool {
    let path = request.path().strip_prefix("/v2/").unwrap_or_default();
    let kinds = ["/blobs/", "/manifests/", "/referrers/", "/tags/"];
    let repository = kinds.iter().find_map(|kind| Some(path.rsplit_once(kind)?.0)).unwrap_or_default();
    let is_write = !matches!(request.method.as_str(), "GET" | "HEAD");
    let allows = |repository: &str, action: &str| {
        let granted =
            scopes.iter().filter_map(|scope| scope.strip_prefix(&format!("repository:{repository}:")));
        granted.flat_map(|actions| actions.split(',')).any(|granted| granted == action)
    };
    let sources = request.parameters("from");
    allows(repository, if is_write { "push" } else { "pull" })
        && sources.iter().all(|from| allows(from, "pull"))
}
