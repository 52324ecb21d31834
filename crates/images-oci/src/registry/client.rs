//! Requests with all that belongs to them: authentication, redirects, retries.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use images_engine::process::Cancel;

use super::auth::Auth;
use super::retry::{Backoff, retry_after};
use super::transport::{Body, Failure, Head, Origin, Payload, Request, Transport, Url};
use super::{Options, RegistryError, RegistryErrorKind, Repository};

/// No more redirects are followed.
const REDIRECTS: usize = 8;
/// No more tokens are got for one request. One may expire on its way, while other threads use it.
const RENEWALS: usize = 3;

/// Talks to registries. Threads may share one; it keeps connections, tokens, and what it learned.
#[derive(Debug)]
pub struct Client {
    pub(super) options: Options,
    pub(super) transport: Transport,
    pub(super) cancel: Cancel,
    pub(super) auth: Auth,
    /// The origins of the registries by their host.
    homes: Mutex<BTreeMap<String, Origin>>,
}

/// What gives a payload anew for each try.
pub(super) type Source<'a> = dyn Fn() -> Result<Payload<'a>, RegistryError> + 'a;

/// A request to a registry.
pub(super) struct Ask<'a> {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) repository: &'a Repository,
    /// Scopes with spaces between them.
    pub(super) scope: String,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) payload: Option<&'a Source<'a>>,
}

/// An answer, and the URL that gave it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) body: Body,
    pub(super) url: Url,
}

/// Why a try failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Another try may help, after this time if it is said.
    Again(RegistryError, Option<Duration>),
    /// Another try would not.
    Final(RegistryError),
}

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self::Final(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Broken(error) => Self::Again(error, None),
            Failure::Final(error) => Self::Final(error),
        }
    }
}

impl Client {
    /// A client. Nothing is read or connected before the first request.
    pub fn new(options: Options, cancel: Cancel) -> Self {
        let Options { timeouts, proxies, trust, user_agent, .. } = options.clone();
        let transport = Transport::new(timeouts, proxies, trust, user_agent, cancel.clone());
        Self { options, transport, cancel, auth: Auth::default(), homes: Mutex::default() }
    }

    pub(super) fn now(&self) -> SystemTime {
        self.options.clock.now()
    }

    pub(super) fn backoff(&self) -> Backoff<'_> {
        Backoff::new(&self.options.retries, &*self.options.clock, &self.cancel)
    }

    /// Does something until it works, or another try would not help, or was one too many.
    pub(super) fn again_and_again<T>(
        &self,
        mut act: impl FnMut() -> Result<T, Trouble>,
    ) -> Result<T, RegistryError> {
        let mut backoff = self.backoff();
        loop {
            let (error, after) = match act() {
                Ok(done) => return Ok(done),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Again(error, after)) => (error, after),
            };
            if !backoff.wait(after)? {
                let message = format!("{error}; tried {} times", backoff.waits + 1);
                return Err(RegistryError { message, ..error });
            }
        }
    }

    /// Asks once, with the right to follow redirects, and to show who we are when asked.
    pub(super) fn try_to_ask(&self, ask: &Ask<'_>) -> Result<Answer, Trouble> {
        let home = self.home(ask.repository)?;
        let mut authorization = self.authorization(ask.repository, &ask.scope)?;
        let (mut url, mut renewals, mut visited) = (ask.url.clone(), 0, Vec::new());
        loop {
            self.check_origin(&home, &url)?;
            let is_home = url.origin == home;
            let answer = self.send(ask, url, authorization.as_ref().filter(|_| is_home))?;
            if answer.head.status == 401 && is_home && renewals < RENEWALS {
                renewals += 1;
                let renewed =
                    self.renewed(ask.repository, &ask.scope, &answer.head, authorization.as_deref())?;
                if renewed.is_some() && renewed != authorization {
                    authorization = renewed;
                    url = answer.url.clone();
                    answer.drain();
                    continue;
                }
            }
            match redirect(ask.method, &answer)? {
                Some(next) => {
                    visited.push(answer.url);
                    if visited.contains(&next) || visited.len() > REDIRECTS {
                        return Err(
                            RegistryError::garbled(&ask.url, "redirects that go round in circles").into()
                        );
                    }
                    url = next;
                }
                None if is_transient(answer.head.status) => {
                    return Err(self.trouble_of_status(&answer.url, answer.head.status, &answer.head));
                }
                None => return Ok(answer),
            }
        }
    }

    fn send(&self, ask: &Ask<'_>, url: Url, authorization: Option<&String>) -> Result<Answer, Trouble> {
        let mut fields = ask.fields.clone();
        fields.extend(authorization.map(|authorization| ("Authorization", authorization.clone())));
        let payload = ask.payload.map(|source| source()).transpose()?;
        let (head, body) = self.transport.send(Request { method: ask.method, url: &url, fields, payload })?;
        Ok(Answer { head, body, url })
    }

    /// Where the registry is. One that may be spoken to in clear text is asked which way it speaks, without credentials.
    pub(super) fn home(&self, repository: &Repository) -> Result<Origin, Trouble> {
        let host = repository.host();
        if let Some(home) = self.homes.lock().unwrap_or_else(PoisonError::into_inner).get(host) {
            return Ok(home.clone());
        }
        let input = |message| RegistryError::new(RegistryErrorKind::Input, message);
        let origin = Origin::parse(true, repository.authority());
        let secure = origin.ok_or_else(|| input(format!("`{host}` is no registry host")))?;
        let home = if self.may_be_plain(&secure) { self.spoken(repository)? } else { secure };
        self.homes.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), home.clone());
        Ok(home)
    }

    /// Servers that speak TLS answer plain requests with 400, with a redirect, or with an alert.
    fn spoken(&self, repository: &Repository) -> Result<Origin, Trouble> {
        let input =
            || RegistryError::new(RegistryErrorKind::Input, format!("`{}` is no host", repository.host()));
        let [plain, secure] = [false, true].map(|is_secure| Origin::parse(is_secure, repository.authority()));
        let (plain, secure) = (plain.ok_or_else(input)?, secure.ok_or_else(input)?);
        let url = Url { origin: plain.clone(), target: "/v2/".to_owned() };
        let request = Request { method: "GET", url: &url, fields: Vec::new(), payload: None };
        match self.transport.send(request) {
            Ok((head, _)) if head.status == 400 || (300..400).contains(&head.status) => Ok(secure),
            Ok(_) => Ok(plain),
            Err(Failure::Final(error)) if error.kind == RegistryErrorKind::Garbled => Ok(secure),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Whether clear text is allowed with this host.
    pub(super) fn may_be_plain(&self, origin: &Origin) -> bool {
        origin.is_loopback() || self.is_listed(origin)
    }

    fn is_listed(&self, origin: &Origin) -> bool {
        let listed = self.options.plain_http.iter();
        listed.filter_map(|host| Some((host, Origin::parse(origin.is_secure, host)?))).any(
            |(host, listed)| {
                let has_port = listed.socket() == *host;
                listed.host == origin.host && (!has_port || listed.port == origin.port)
            },
        )
    }

    /// A registry over HTTPS must not send us to clear text, nor one elsewhere to this machine.
    fn check_origin(&self, home: &Origin, url: &Url) -> Result<(), RegistryError> {
        let origin = &url.origin;
        let is_fine = origin.is_secure || self.is_listed(origin) || (!home.is_secure && origin.is_loopback());
        if is_fine {
            return Ok(());
        }
        let message = format!("{home} sends us to {url}, which is not encrypted");
        Err(RegistryError::new(RegistryErrorKind::Refused, message)
            .help("if the registry is behind a proxy, have it know its own address"))
    }

    /// A status that may be another the next time, or not.
    pub(super) fn trouble_of_status(&self, url: &Url, status: u16, head: &Head) -> Trouble {
        let after = head.field("retry-after").and_then(|value| retry_after(value, self.now()));
        let what = match status {
            429 => "too many requests (status 429)".to_owned(),
            status => format!("status {status}"),
        };
        let error = RegistryError { status: Some(status), ..RegistryError::garbled(url, what) };
        match is_transient(status) {
            true => Trouble::Again(error.of_kind(RegistryErrorKind::Unavailable), after),
            false => Trouble::Final(error),
        }
    }
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.head.status
    }

    /// Reads what is left of a short body, so that its connection can be used again.
    pub(super) fn drain(mut self) {
        let _ = std::io::copy(&mut (&mut self.body).take(64 << 10), &mut std::io::sink());
    }
}

fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429) || (500..600).contains(&status) && status != 501
}

fn redirect(method: &str, answer: &Answer) -> Result<Option<Url>, RegistryError> {
    let follows = match method {
        "GET" | "HEAD" => matches!(answer.head.status, 301 | 302 | 303 | 307 | 308),
        _ => matches!(answer.head.status, 307 | 308),
    };
    if !follows {
        return Ok(None);
    }
    let next = answer.head.field("location").and_then(|location| answer.url.join(location));
    next.map(Some).ok_or_else(|| RegistryError::garbled(&answer.url, "a redirect to nowhere"))
}
