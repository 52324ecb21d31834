//! Showing who we are: <https://distribution.github.io/distribution/spec/auth/token/> and
//! <https://distribution.github.io/distribution/spec/auth/oauth/>.
//!
//! Nothing is looked up before a registry asks for it. Tokens are kept by scope until shortly before they expire.

mod challenge;
mod credential;
mod credential_file;
mod credential_helper;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use challenge::Challenge;
pub(crate) use credential::Credential;
pub use credential_file::{Login, credential_files, login_of};
use serde::Deserialize;

use super::client::{Client, Trouble};
use super::transport::url::encode;
use super::transport::{Head, Payload, Request, Url, base64};
use super::{RegistryError, RegistryErrorKind, Repository};

/// How long a token is good if its server does not say, and at least.
const LIFETIME: u64 = 60;
/// A token is not used in its last seconds.
const MARGIN: Duration = Duration::from_secs(10);
/// The longest answer of a token server in bytes.
const ANSWER_LIMIT: u64 = 1 << 20;

/// What is known of the registries.
#[derive(Default)]
pub(super) struct Auth {
    challenges: Mutex<BTreeMap<String, Challenge>>,
    credentials: Mutex<BTreeMap<Repository, Option<Credential>>>,
    tokens: Mutex<BTreeMap<(String, String), Token>>,
    /// Held while a token is got, so that threads do not all get one.
    getting: Mutex<()>,
}

struct Token {
    value: String,
    until: SystemTime,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "access_token")]
    token: Option<String>,
    expires_in: Option<u64>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Client {
    /// The value of `Authorization` for what is known of the registry; `None` where it has asked for nothing yet, or
    /// we have nothing.
    pub(super) fn authorization(
        &self,
        repository: &Repository,
        scope: &str,
    ) -> Result<Option<String>, Trouble> {
        let challenge = lock(&self.auth.challenges).get(repository.host()).cloned();
        challenge.map_or(Ok(None), |challenge| self.answer(&challenge, repository, scope))
    }

    /// The same after a 401, which says what is wanted, and that `used` is not good any more.
    pub(super) fn renewed(
        &self,
        repository: &Repository,
        scope: &str,
        head: &Head,
        used: Option<&str>,
    ) -> Result<Option<String>, Trouble> {
        let Some(challenge) = challenge::best(head.all("www-authenticate")) else { return Ok(None) };
        lock(&self.auth.challenges).insert(repository.host().to_owned(), challenge.clone());
        if let Some(used) = used.and_then(|used| used.strip_prefix("Bearer ")) {
            lock(&self.auth.tokens).retain(|_, token| token.value != used);
        }
        self.answer(&challenge, repository, scope)
    }

    fn answer(
        &self,
        challenge: &Challenge,
        repository: &Repository,
        scope: &str,
    ) -> Result<Option<String>, Trouble> {
        match challenge {
            Challenge::Basic => match self.credential(repository)? {
                Some(Credential::Basic { username, password }) => Ok(Some(basic(&username, &password))),
                Some(Credential::Token(token)) => Ok(Some(format!("Bearer {token}"))),
                Some(Credential::Identity(_)) => Err(Trouble::Final(needs_password(repository))),
                None => Ok(None),
            },
            Challenge::Bearer { realm, service, scope: asked } => {
                let scope = if scope.is_empty() { asked.as_deref().unwrap_or_default() } else { scope };
                self.bearer(realm, service.as_deref(), repository, scope).map(Some)
            }
        }
    }

    /// The credential for the repository, looked up once.
    pub(super) fn credential(&self, repository: &Repository) -> Result<Option<Credential>, RegistryError> {
        let mut known = lock(&self.auth.credentials);
        if let Some(credential) = known.get(repository) {
            return Ok(credential.clone());
        }
        let found = credential_file::find(&self.options.credential_files, repository, &self.cancel)?;
        known.insert(repository.clone(), found.clone());
        Ok(found)
    }

    fn bearer(
        &self,
        realm: &str,
        service: Option<&str>,
        repository: &Repository,
        scope: &str,
    ) -> Result<String, Trouble> {
        let credential = self.credential(repository)?;
        if let Some(Credential::Token(token)) = &credential {
            return Ok(format!("Bearer {token}"));
        }
        let key = (repository.host().to_owned(), scope.to_owned());
        let getting = lock(&self.auth.getting);
        let known = lock(&self.auth.tokens)
            .get(&key)
            .filter(|token| token.until > self.now())
            .map(|t| t.value.clone());
        if let Some(token) = known {
            return Ok(format!("Bearer {token}"));
        }
        let asked_at = self.now();
        let answer = self.token(realm, service, repository, scope, credential.as_ref())?;
        drop(getting);
        let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(LIFETIME).clamp(LIFETIME, 86_400));
        let value = answer.token.unwrap_or_default();
        let header = format!("Bearer {value}");
        lock(&self.auth.tokens).insert(key, Token { value, until: asked_at + lifetime - MARGIN });
        Ok(header)
    }

    /// Asks the token server.
    fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        repository: &Repository,
        scope: &str,
        credential: Option<&Credential>,
    ) -> Result<Answer, Trouble> {
        let host = repository.host();
        let url = Url::parse(realm).ok_or_else(|| {
            let message = format!("{host} names a token server that is no URL");
            RegistryError::new(RegistryErrorKind::Garbled, message)
        })?;
        if !url.origin.is_secure && !self.may_be_plain(&url.origin) {
            let message =
                format!("{host} names the token server {url}, which would get credentials in clear text");
            return Err(RegistryError::new(RegistryErrorKind::Refused, message).into());
        }
        let (head, body) = match credential {
            Some(Credential::Identity(token)) => self.ask_with_identity(&url, service, scope, token)?,
            other => self.ask_with_password(url.clone(), service, scope, other)?,
        };
        let bytes =
            body.bytes(ANSWER_LIMIT).map_err(|error| Trouble::from(self.transport.failure(&url, &error)))?;
        match head.status {
            200 => {}
            400 | 401 | 403 => {
                return Err(refused_by_token_server(&url, repository, credential.is_some()).into());
            }
            status => return Err(self.trouble_of_status(&url, status, &head)),
        }
        let answer: Option<Answer> = serde_json::from_slice(&bytes).ok();
        let answer = answer.filter(|answer| answer.token.as_deref().is_some_and(is_token));
        answer.ok_or_else(|| RegistryError::garbled(&url, "no token").into())
    }

    fn ask_with_password(
        &self,
        url: Url,
        service: Option<&str>,
        scope: &str,
        credential: Option<&Credential>,
    ) -> Result<(Head, super::transport::Body), Trouble> {
        let mut url = service.into_iter().fold(url, |url, service| url.with("service", service));
        for scope in scope.split(' ').filter(|scope| !scope.is_empty()) {
            url = url.with("scope", scope);
        }
        let mut fields = vec![("Accept", "application/json".to_owned())];
        if let Some(Credential::Basic { username, password }) = credential {
            url = url.with("account", username);
            fields.push(("Authorization", basic(username, password)));
        }
        Ok(self.transport.send(Request { method: "GET", url: &url, fields, payload: None })?)
    }

    fn ask_with_identity(
        &self,
        url: &Url,
        service: Option<&str>,
        scope: &str,
        token: &str,
    ) -> Result<(Head, super::transport::Body), Trouble> {
        let form = format!(
            "grant_type=refresh_token&client_id=xtask-images&service={}&scope={}&refresh_token={}",
            encode(service.unwrap_or_default()),
            encode(scope),
            encode(token)
        );
        let fields = vec![("Content-Type", "application/x-www-form-urlencoded".to_owned())];
        let payload = Payload { reader: Box::new(form.as_bytes()), length: form.len() as u64 };
        Ok(self.transport.send(Request { method: "POST", url, fields, payload: Some(payload) })?)
    }
}

fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", base64::encode(format!("{username}:{password}").as_bytes()))
}

/// Nothing else may become part of a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn needs_password(repository: &Repository) -> RegistryError {
    let message =
        format!("{} wants a name and a password, and only an identity token is known", repository.host());
    RegistryError::new(RegistryErrorKind::Denied, message).help(login(repository))
}

fn refused_by_token_server(url: &Url, repository: &Repository, had_credential: bool) -> RegistryError {
    let what = if had_credential { "refused the credentials" } else { "gives no token without credentials" };
    let message = format!("the token server {url} {what} for {repository}");
    RegistryError::new(RegistryErrorKind::Denied, message).help(login(repository))
}

/// What to do without a (good) credential.
pub(super) fn login(repository: &Repository) -> String {
    match repository.is_hub() {
        true => "log in with `docker login`, as a user who may do this".to_owned(),
        false => format!("log in with `docker login {}`, as a user who may do this", repository.host()),
    }
}
