//! Proxies, by the rules of Go's clients, docker among them: <https://pkg.go.dev/golang.org/x/net/http/httpproxy>.

use std::net::IpAddr;

use super::super::{RegistryError, RegistryErrorKind};
use super::base64;
use super::url::Origin;

/// What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For `http`: `[http://][USER:PASSWORD@]HOST[:PORT]`.
    pub http: Option<String>,
    /// For `https`.
    pub https: Option<String>,
    /// The hosts that are asked without one: `*`, names with all below them, addresses, networks, each with `:PORT` or
    /// without, separated by commas.
    pub none: String,
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proxies")
    }
}

/// One proxy.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) origin: Origin,
    /// The value of `Proxy-Authorization`.
    pub(super) authorization: Option<String>,
}

impl Proxies {
    /// What the environment says, of which `variable` tells the variables: `HTTPS_PROXY` before `https_proxy`.
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let either = |name: &str| {
            let values = [variable(name), variable(&name.to_ascii_lowercase())];
            values.into_iter().flatten().find(|value| !value.is_empty())
        };
        let none = either("NO_PROXY").unwrap_or_default();
        Self { http: either("HTTP_PROXY"), https: either("HTTPS_PROXY"), none }
    }

    /// The proxy for this origin.
    ///
    /// # Errors
    /// It cannot be used.
    pub(super) fn of(&self, origin: &Origin) -> Result<Option<Proxy>, RegistryError> {
        let text = if origin.is_secure { &self.https } else { &self.http };
        match text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) if !origin.is_loopback() && !self.excludes(origin) => parse(text).map(Some),
            _ => Ok(None),
        }
    }

    fn excludes(&self, origin: &Origin) -> bool {
        self.none.split(',').map(str::trim).filter(|rule| !rule.is_empty()).any(|rule| covers(rule, origin))
    }
}

fn covers(rule: &str, origin: &Origin) -> bool {
    if rule == "*" {
        return true;
    }
    let address: Option<IpAddr> = origin.host.parse().ok();
    if let (Some((network, bits)), Some(address)) = (rule.split_once('/'), address) {
        return is_in(address, network, bits);
    }
    let rule = rule.to_ascii_lowercase();
    let (host, port) = match rule.rsplit_once(':') {
        Some((host, port)) if rule.parse::<IpAddr>().is_err() => (host, port.parse::<u16>().ok()),
        _ => (rule.as_str(), None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.strip_prefix('*').unwrap_or(host);
    let is_named = match host.strip_prefix('.') {
        Some(_) => origin.host.ends_with(host),
        None => origin.host == host || origin.host.strip_suffix(host).is_some_and(|rest| rest.ends_with('.')),
    };
    is_named && port.is_none_or(|port| port == origin.port)
}

fn is_in(address: IpAddr, network: &str, bits: &str) -> bool {
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network.parse()) {
        (IpAddr::V4(address), Ok(IpAddr::V4(network))) if bits <= 32 => {
            let differing = u32::from(address) ^ u32::from(network);
            differing.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), Ok(IpAddr::V6(network))) if bits <= 128 => {
            let differing = u128::from(address) ^ u128::from(network);
            differing.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn parse(text: &str) -> Result<Proxy, RegistryError> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let rest = rest.trim_end_matches('/');
    let (user, authority) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let origin = Origin::parse(false, authority).filter(|_| scheme.eq_ignore_ascii_case("http"));
    let Some(origin) = origin else {
        let message = format!("the proxy `{scheme}://{authority}` cannot be used");
        return Err(RegistryError::new(RegistryErrorKind::Input, message).help("write http://HOST:PORT"));
    };
    let authorization = user.map(|user| {
        let user = if user.contains(':') { user.to_owned() } else { format!("{user}:") };
        format!("Basic {}", base64::encode(&percent_decoded(&user)))
    });
    Ok(Proxy { origin, authorization })
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let value = pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(value.unwrap_or(*first));
        rest = if value.is_some() { &tail[2..] } else { tail };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(none: &str) -> Proxies {
        Proxies {
            http: Some("proxy:3128".to_owned()),
            https: Some("http://us%65r:p@ss@secure.example:8080/".to_owned()),
            none: none.to_owned(),
        }
    }

    fn origin(is_secure: bool, authority: &str) -> Origin {
        Origin::parse(is_secure, authority).unwrap()
    }

    #[test]
    fn each_scheme_has_its_proxy_and_this_machine_has_none() {
        let proxies = proxies("");
        let of = |is_secure, authority: &str| proxies.of(&origin(is_secure, authority)).unwrap();
        let http = of(false, "example.org").unwrap();
        assert_eq!((http.origin, http.authorization), (origin(false, "proxy:3128"), None));
        let https = of(true, "example.org").unwrap();
        assert_eq!(https.origin, origin(false, "secure.example:8080"));
        assert_eq!(https.authorization.unwrap(), format!("Basic {}", base64::encode(b"user:p@ss")));
        assert!(of(true, "localhost:5000").is_none() && of(false, "127.0.0.1:5000").is_none());
    }

    #[test]
    fn variables_are_read_in_upper_case_and_in_lower_case() {
        let of = |pairs: &[(&str, &str)]| {
            Proxies::of_environment(|name| Some(pairs.iter().find(|(known, _)| *known == name)?.1.to_owned()))
        };
        let found = of(&[
            ("HTTP_PROXY", ""),
            ("http_proxy", "a"),
            ("HTTPS_PROXY", "b"),
            ("https_proxy", "c"),
            ("no_proxy", "d"),
        ]);
        let expected =
            Proxies { http: Some("a".to_owned()), https: Some("b".to_owned()), none: "d".to_owned() };
        assert!(found == expected);
        assert!(of(&[]) == Proxies::default());
    }

    #[test]
    fn hosts_are_excluded_as_go_excludes_them() {
        let excluded = |rules: &str, host: &str| proxies(rules).of(&origin(true, host)).unwrap().is_none();
        for (rules, host) in [
            ("*", "example.org"),
            ("a.b, example.org", "example.org"),
            ("example.org", "ghcr.example.org"),
            (".example.org", "ghcr.example.org"),
            ("*.example.org", "ghcr.example.org"),
            ("example.org:443", "example.org"),
            ("10.1.0.0/16", "10.1.2.3:5000"),
            ("10.1.2.3", "10.1.2.3"),
            ("[fd00::1]:443", "[fd00::1]"),
            ("fd00::/8", "[fd12::1]"),
            ("0.0.0.0/0", "8.8.8.8"),
        ] {
            assert!(excluded(rules, host), "{rules} {host}");
        }
        for (rules, host) in [
            ("example.org", "badexample.org"),
            (".example.org", "example.org"),
            ("example.org:80", "example.org"),
            ("10.1.0.0/16", "10.2.0.1"),
            ("10.1.0.0/99", "10.1.0.1"),
        ] {
            assert!(!excluded(rules, host), "{rules} {host}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_told_without_its_password() {
        let proxies = Proxies { https: Some("socks5://u:secret@p:1".to_owned()), ..Proxies::default() };
        let error = proxies.of(&origin(true, "example.org")).err().unwrap();
        assert_eq!(error.to_string(), "the proxy `socks5://p:1` cannot be used");
    }
}
