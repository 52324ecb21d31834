//! The list of tags: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags>.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::{Ask, Client};
use super::manifests::MANIFEST_LIMIT;
use super::transport::{Head, Url};
use super::{RegistryError, Repository};

/// How many tags a page should have.
const PAGE: &str = "1000";
/// No more pages are read.
const PAGES: usize = 10_000;

#[derive(Deserialize)]
struct Page {
    /// Some registries write `null` for none.
    tags: Option<Vec<String>>,
}

impl Client {
    /// All tags of a repository, sorted.
    ///
    /// # Errors
    /// The registry says that there is no such repository; whatever may happen on the way.
    pub fn tags(&self, repository: &Repository) -> Result<Vec<String>, RegistryError> {
        let mut tags = BTreeSet::new();
        let first = self.again_and_again(|| self.url(repository, "tags/list"))?.with("n", PAGE);
        self.pages(repository, first, |page: Page, _| tags.extend(page.tags.unwrap_or_default()))?;
        Ok(tags.into_iter().collect())
    }

    /// Reads a document in pages that name the next in `Link`.
    pub(super) fn pages<T: DeserializeOwned>(
        &self,
        repository: &Repository,
        first: Url,
        mut take: impl FnMut(T, &Head),
    ) -> Result<(), RegistryError> {
        let (mut next, mut visited) = (Some(first), BTreeSet::new());
        while let Some(url) = next {
            if !visited.insert(url.clone()) || visited.len() > PAGES {
                return Err(RegistryError::garbled(&url, "pages without an end"));
            }
            let (head, page) = self.page(repository, &url)?;
            next = head.field("link").and_then(|link| link_to_next(&url, link));
            take(page, &head);
        }
        Ok(())
    }

    fn page<T: DeserializeOwned>(
        &self,
        repository: &Repository,
        url: &Url,
    ) -> Result<(Head, T), RegistryError> {
        self.again_and_again(|| {
            let (url, scope) = (url.clone(), repository.pull_scope());
            let fields = vec![("Accept", "application/json, */*;q=0.5".to_owned())];
            let ask = Ask { method: "GET", url, repository, scope, fields, payload: None };
            let answer = self.try_to_ask(&ask)?;
            if answer.status() != 200 {
                return Err(self.refusal(answer, repository).error.into());
            }
            let bytes = answer.body.bytes(MANIFEST_LIMIT);
            let bytes = bytes.map_err(|error| self.transport.failure(&answer.url, &error))?;
            let page = serde_json::from_slice(&bytes);
            Ok((answer.head, page.map_err(|_| RegistryError::garbled(&answer.url, "what is no list"))?))
        })
    }
}

/// `<URL>; rel="next"`, on the same registry: <https://www.rfc-editor.org/rfc/rfc8288>.
fn link_to_next(url: &Url, field: &str) -> Option<Url> {
    let (target, parameters) = field.trim().strip_prefix('<')?.split_once('>')?;
    let is_next = parameters.split(';').any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
    });
    // A registry behind a proxy may not know how it is called, so only path and query count.
    let next = url.join(target).filter(|_| is_next)?;
    Some(Url { origin: url.origin.clone(), target: next.target })
}
