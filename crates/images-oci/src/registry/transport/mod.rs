//! HTTP/1.1 over TCP and TLS: one request, one answer. Redirects, authentication and retries are not here.
//!
//! It is our own since a registry needs little of HTTP, and what it needs is what general clients lack: a limit for
//! silence rather than for a transfer, and an end at an interrupt.

pub(super) mod base64;
mod body;
mod connection;
mod head;
mod pool;
mod proxy;
mod tls;
pub(super) mod url;

use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;

use images_engine::process::Cancel;

pub(crate) use body::Body;
pub use connection::Timeouts;
use connection::{Connection, Patient};
pub(crate) use head::Head;
use pool::Pool;
pub use proxy::Proxies;
use proxy::Proxy;
use tls::Tls;
pub use tls::Trust;
pub(crate) use url::{Origin, Url};

use super::{RegistryError, RegistryErrorKind};

/// What is sent with a request.
pub(super) struct Payload<'a> {
    pub(super) reader: Box<dyn Read + 'a>,
    pub(super) length: u64,
}

/// A request.
pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) url: &'a Url,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) payload: Option<Payload<'a>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection could not be made, or broke: another try may help.
    Broken(RegistryError),
    /// Another try would not help.
    Final(RegistryError),
}

/// Sends requests.
#[derive(Debug)]
pub(super) struct Transport {
    pub(super) timeouts: Timeouts,
    pub(super) proxies: Proxies,
    pub(super) cancel: Cancel,
    pub(super) user_agent: String,
    tls: Tls,
    pool: Arc<Pool>,
}

impl Transport {
    pub(super) fn new(
        timeouts: Timeouts,
        proxies: Proxies,
        trust: Trust,
        user_agent: String,
        cancel: Cancel,
    ) -> Self {
        Self { timeouts, proxies, cancel, user_agent, tls: Tls::new(trust), pool: Arc::default() }
    }

    /// Sends one request and reads the head of the answer.
    pub(super) fn send(&self, request: Request<'_>) -> Result<(Head, Body), Failure> {
        let url = request.url;
        let proxy = self.proxies.of(&url.origin).map_err(Failure::Final)?;
        let mut connection = match self.pool.take(&url.origin) {
            Some(connection) => connection,
            None => BufReader::new(self.connect(url, proxy.as_ref())?),
        };
        let sent = self.write(connection.get_mut(), request, proxy.as_ref());
        if let Err(Sending::Local(error)) = sent {
            let error = RegistryError::local("what is to be sent cannot be read", &error);
            return Err(Failure::Final(error));
        }
        // A server may answer and close before it has read everything; that answer is then the reason.
        let (method, head) = match (sent, Head::read(&mut connection)) {
            (Ok(method), Ok(head)) => (method, head),
            (Err(Sending::Remote(_, method)), Ok(head)) if head.status >= 400 => (method, head),
            (Err(Sending::Remote(error, _)), _) | (Ok(_), Err(error)) => {
                return Err(self.failure(url, &error));
            }
            (Err(Sending::Local(_)), _) => unreachable!("returned above"),
        };
        let framing = head.framing(method).map_err(|error| self.failure(url, &error))?;
        let pool = head.keeps_alive().then(|| (Arc::clone(&self.pool), url.origin.clone()));
        Ok((head, Body::new(connection, framing, pool)))
    }

    fn connect(&self, url: &Url, proxy: Option<&Proxy>) -> Result<Connection, Failure> {
        let origin = &url.origin;
        let peer = proxy.map_or(origin, |proxy| &proxy.origin);
        let stream = Patient::connect(&peer.socket(), self.timeouts, &self.cancel);
        let stream = stream.map_err(|error| self.unreachable(origin, proxy, &error))?;
        if !origin.is_secure {
            return Ok(Connection::Plain(stream));
        }
        let config = self.tls.config(origin).map_err(Failure::Final)?;
        let stream = match proxy {
            Some(proxy) => tunnel(stream, origin, proxy)
                .map_err(|error| self.unreachable(origin, Some(proxy), &error))?,
            None => stream,
        };
        Connection::secure(stream, &origin.host, config).map_err(|error| self.untrusted(url, &error))
    }

    fn write(
        &self,
        connection: &mut Connection,
        request: Request<'_>,
        proxy: Option<&Proxy>,
    ) -> Result<&'static str, Sending> {
        let method = request.method;
        let remote = |error| Sending::Remote(error, method);
        connection.write_all(self.head(&request, proxy).as_bytes()).map_err(remote)?;
        if let Some(mut payload) = request.payload {
            let mut buffer = vec![0; 64 << 10];
            let mut left = payload.length;
            while left > 0 {
                let limit = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
                let count = payload.reader.read(&mut buffer[..limit]).map_err(Sending::Local)?;
                if count == 0 {
                    return Err(Sending::Local(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "it is too short",
                    )));
                }
                connection.write_all(&buffer[..count]).map_err(remote)?;
                left -= count as u64;
            }
        }
        connection.flush().map_err(remote)?;
        Ok(method)
    }

    fn head(&self, request: &Request<'_>, proxy: Option<&Proxy>) -> String {
        let Url { origin, target } = request.url;
        let mut head = match proxy {
            Some(_) if !origin.is_secure => format!("{} {origin}{target} HTTP/1.1\r\n", request.method),
            _ => format!("{} {target} HTTP/1.1\r\n", request.method),
        };
        let mut field = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
        field("Host", &origin.authority());
        field("User-Agent", &self.user_agent);
        if let Some(authorization) = proxy.and_then(|proxy| proxy.authorization.as_ref())
            && !origin.is_secure
        {
            field("Proxy-Authorization", authorization);
        }
        for (name, value) in &request.fields {
            field(name, value);
        }
        match &request.payload {
            Some(payload) => field("Content-Length", &payload.length.to_string()),
            None if matches!(request.method, "POST" | "PUT" | "PATCH") => field("Content-Length", "0"),
            None => {}
        }
        head.push_str("\r\n");
        head
    }

    /// The connection broke, or what came is not HTTP.
    pub(super) fn failure(&self, url: &Url, error: &io::Error) -> Failure {
        if self.cancel.is_interrupted() {
            return Failure::Final(RegistryError::interrupted());
        }
        match error.kind() {
            io::ErrorKind::InvalidData => Failure::Final(RegistryError::garbled(url, error)),
            _ => Failure::Broken(RegistryError::new(
                RegistryErrorKind::Unreachable,
                format!("the connection to {url} broke: {error}"),
            )),
        }
    }

    fn unreachable(&self, origin: &Origin, proxy: Option<&Proxy>, error: &io::Error) -> Failure {
        let through = proxy.map(|proxy| format!(" through the proxy {}", proxy.origin)).unwrap_or_default();
        let message = format!("cannot reach {origin}{through}: {error}");
        let failure = RegistryError::new(RegistryErrorKind::Unreachable, message);
        match error.kind() {
            _ if self.cancel.is_interrupted() => Failure::Final(RegistryError::interrupted()),
            io::ErrorKind::NotFound | io::ErrorKind::InvalidData | io::ErrorKind::PermissionDenied => {
                Failure::Final(failure)
            }
            _ => Failure::Broken(failure),
        }
    }

    /// The handshake failed.
    fn untrusted(&self, url: &Url, error: &io::Error) -> Failure {
        let origin = &url.origin;
        if !error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
            return self.failure(url, error);
        }
        let error =
            RegistryError::new(RegistryErrorKind::Unreachable, format!("cannot trust {origin}: {error}"));
        Failure::Final(error.help(format!(
            "if `{0}` speaks plain HTTP, say so; if its certificate is your own, give its root, or put that into \
             /etc/docker/certs.d/{0}/ca.crt",
            origin.authority()
        )))
    }
}

enum Sending {
    /// What is sent cannot be read.
    Local(io::Error),
    /// The connection broke during this method.
    Remote(io::Error, &'static str),
}

/// Has the proxy connect to the origin.
fn tunnel(mut stream: Patient, origin: &Origin, proxy: &Proxy) -> io::Result<Patient> {
    let socket = origin.socket();
    let mut head = format!("CONNECT {socket} HTTP/1.1\r\nHost: {socket}\r\n");
    if let Some(authorization) = &proxy.authorization {
        head.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    // Byte by byte, since what follows the head belongs to the handshake.
    let answer = Head::read(&mut BufReader::with_capacity(1, &mut stream))?;
    match answer.status {
        200..300 => Ok(stream),
        407 => {
            Err(io::Error::new(io::ErrorKind::PermissionDenied, "it wants a name and a password, or others"))
        }
        status => Err(io::Error::other(format!("it answered with status {status}"))),
    }
}
