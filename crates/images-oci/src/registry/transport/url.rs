//! The little of URLs that a registry needs.

use std::fmt;

/// An `http` or `https` URL without user and password. What is shown of it has no query, since signatures of storage
/// services are there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Url {
    /// Where it leads.
    pub(crate) origin: Origin,
    /// Path and query, from `/` on.
    pub(crate) target: String,
}

/// Whom to talk to, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Origin {
    /// Whether it is `https`.
    pub(crate) is_secure: bool,
    /// The host in lower case, an IPv6 address without its brackets.
    pub(crate) host: String,
    /// The port, given or not.
    pub(crate) port: u16,
}

impl Origin {
    /// Of `HOST[:PORT]`; `None` where it is none.
    pub(crate) fn parse(is_secure: bool, authority: &str) -> Option<Self> {
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""))?)
            }
            None => authority.split_once(':').unwrap_or((authority, "")),
        };
        let port = match port {
            "" if is_secure => 443,
            "" => 80,
            digits => digits.parse().ok()?,
        };
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\\[]\"<>".contains(&byte);
        (!host.is_empty() && host.bytes().all(is_plain)).then(|| Self {
            is_secure,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// Whether it is this machine itself.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// `HOST[:PORT]`, as the `Host` header has it.
    pub(crate) fn authority(&self) -> String {
        let default = if self.is_secure { 443 } else { 80 };
        if self.port == default { self.bracketed() } else { self.socket() }
    }

    /// `HOST:PORT`, always with the port.
    pub(crate) fn socket(&self) -> String {
        format!("{}:{}", self.bracketed(), self.port)
    }

    fn bracketed(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_secure { "https" } else { "http" }, self.authority())
    }
}

impl Url {
    /// Of an absolute URL. Name and password are dropped.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
        Some(Self { origin: Origin::parse(is_secure, authority)?, target: absolute(target)? })
    }

    /// Of what a `Location` or `Link` in the answer to this URL says.
    pub(crate) fn join(&self, text: &str) -> Option<Self> {
        if text.contains("://") && !text.starts_with(['/', '?']) {
            return Self::parse(text);
        }
        if let Some(rest) = text.strip_prefix("//") {
            return Self::parse(&format!(
                "{}://{rest}",
                if self.origin.is_secure { "https" } else { "http" }
            ));
        }
        let path = self.target.split('?').next().unwrap_or_default();
        let target = match text.chars().next()? {
            '/' => text.to_owned(),
            '?' => format!("{path}{text}"),
            _ => format!("{}/{text}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
        };
        Some(Self { origin: self.origin.clone(), target: absolute(&target)? })
    }

    /// With one more parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(&format!("{}={}", encode(name), encode(value)));
        self
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.target.split('?').next().unwrap_or_default())
    }
}

/// Path and query without a fragment; `None` where a byte could end the request line.
fn absolute(target: &str) -> Option<String> {
    let target = target.split('#').next().unwrap_or_default();
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    target.bytes().all(|byte| byte.is_ascii_graphic()).then_some(target)
}

/// `application/x-www-form-urlencoded` for one word.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_has_neither_password_nor_query() {
        let url = Url::parse("https://user:pa55@Example.org:444/a/b?signature=s3cret#x").unwrap();
        assert_eq!(url.to_string(), "https://example.org:444/a/b");
        assert_eq!(url.target, "/a/b?signature=s3cret");
        assert!(!format!("{url:?}").contains("pa55"));
    }

    #[test]
    fn locations_are_relative_or_not() {
        let base = Url::parse("http://127.0.0.1:5000/v2/a/uploads/?x=1").unwrap();
        let join = |text: &str| base.join(text).map(|url| format!("{}{}", url.origin, url.target));
        assert_eq!(join("/v2/b?state=1").unwrap(), "http://127.0.0.1:5000/v2/b?state=1");
        assert_eq!(join("uuid").unwrap(), "http://127.0.0.1:5000/v2/a/uploads/uuid");
        assert_eq!(join("?n=1").unwrap(), "http://127.0.0.1:5000/v2/a/uploads/?n=1");
        assert_eq!(join("//other/x").unwrap(), "http://other/x");
        assert_eq!(join("https://[::1]:5/x").unwrap(), "https://[::1]:5/x");
        assert_eq!(join("/next?to=http://x/").unwrap(), "http://127.0.0.1:5000/next?to=http://x/");
        for wrong in ["ftp://x/", "/a b", "/a\r\nX: y", "https://a b/", "https://x:99999/"] {
            assert_eq!(join(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        let is_loopback = |text: &str| Origin::parse(true, text).unwrap().is_loopback();
        assert!(["localhost", "127.0.0.1:5000", "127.9.9.9", "[::1]:1"].into_iter().all(is_loopback));
        assert!(!["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1"].into_iter().any(is_loopback));
    }

    #[test]
    fn parameters_are_encoded() {
        let url = Url::parse("http://x/t").unwrap().with("scope", "a:b c&d").with("n", "1");
        assert_eq!(url.target, "/t?scope=a%3Ab%20c%26d&n=1");
    }
}
