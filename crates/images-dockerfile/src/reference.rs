//! Image references, by the distribution grammar.

use std::fmt;

/// An image reference as it is written: nothing is added, nothing is normalised.
///
/// Grammar: <https://github.com/distribution/reference/blob/main/reference.go>
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// The registry's host with its port, where one is written: `ghcr.io`, `localhost:5000`.
    pub domain: Option<String>,
    /// The repository within the registry: `acme/python`.
    pub path: String,
    /// The text after `:`.
    pub tag: Option<String>,
    /// The text after `@`, with its algorithm.
    pub digest: Option<String>,
}

/// Why a text is no reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The longest repository name without its domain, in bytes.
const PATH_LIMIT: usize = 255;
/// The longest tag, in bytes.
const TAG_LIMIT: usize = 128;
/// What docker puts before a repository of one component on its own registry; it counts in the limit.
const OFFICIAL_PREFIX: usize = "library/".len();

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// Whatever docker refuses, with the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(error("an image reference cannot be empty", NAME_HELP));
        }
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return Err(error(
                format!("`{text}` is an image id, not a reference"),
                "name a repository; an id of 64 hexadecimal digits cannot be one",
            ));
        }
        let (domain, remainder) = split_domain(text);
        let (named, digest) = split_off(remainder, '@');
        let (path, tag) = split_off(named, ':');
        check_lower_case(remainder)?;
        let (domain, path) = check_name(domain, path, text)?;
        if let Some(tag) = tag {
            check_tag(tag)?;
        }
        if let Some(digest) = digest {
            check_digest(digest)?;
        }
        Ok(Self {
            domain: domain.map(str::to_owned),
            path: path.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(domain) = &self.domain {
            write!(f, "{domain}/")?;
        }
        f.write_str(&self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ReferenceError {}

const NAME_HELP: &str = "write [REGISTRY/]NAME[:TAG][@DIGEST], as in `ghcr.io/acme/python:3.11`";

fn error(message: impl Into<String>, help: &str) -> ReferenceError {
    ReferenceError { message: message.into(), help: Some(help.to_owned()) }
}

/// The rule by which docker takes the first component for a registry:
/// <https://github.com/distribution/reference/blob/main/normalize.go> (`splitDockerDomain`).
fn split_domain(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest)) if looks_like_domain(first) => (Some(first), rest),
        _ => (None, text),
    }
}

fn looks_like_domain(component: &str) -> bool {
    component == "localhost" || component.contains(['.', ':']) || component.to_lowercase() != component
}

fn split_off(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Docker looks at everything before the first colon, so `name@SHA256:…` is refused here as well.
fn check_lower_case(remainder: &str) -> Result<(), ReferenceError> {
    let (remote, _) = split_off(remainder, ':');
    let lower = remote.to_lowercase();
    if lower == remote {
        return Ok(());
    }
    Err(error(format!("repository name `{remote}` must be lowercase"), &format!("write `{lower}`")))
}

/// Checks domain and path. A first component that has a dot but is no host name, as `foo_bar.com`, is an
/// ordinary path component to the grammar.
fn check_name<'a>(
    domain: Option<&'a str>,
    path: &'a str,
    text: &'a str,
) -> Result<(Option<&'a str>, &'a str), ReferenceError> {
    let (domain, path) = match domain {
        Some(domain) if is_domain(domain) => (Some(domain), path),
        Some(domain) if is_component(domain) => (None, &text[..domain.len() + 1 + path.len()]),
        Some(domain) => return Err(error(format!("`{domain}` is no registry host"), DOMAIN_HELP)),
        None => (None, path),
    };
    if let Some(wrong) = path.split('/').find(|component| !is_component(component)) {
        return Err(component_error(wrong, text));
    }
    let official = !path.contains('/') && matches!(domain, None | Some("docker.io" | "index.docker.io"));
    if path.len() + if official { OFFICIAL_PREFIX } else { 0 } > PATH_LIMIT {
        return Err(error(
            format!("a repository name must not be longer than {PATH_LIMIT} characters"),
            "shorten the name",
        ));
    }
    Ok((domain, path))
}

const DOMAIN_HELP: &str =
    "a host is a DNS name, an IPv4 address or an IPv6 address in brackets, with an optional :PORT";

fn component_error(component: &str, text: &str) -> ReferenceError {
    if component.is_empty() {
        return error(format!("`{text}` has an empty part in its repository name"), NAME_HELP);
    }
    error(
        format!("`{component}` cannot be part of a repository name"),
        "a part is lowercase letters and digits, separated by one `.`, one or two `_`, or any number of `-`",
    )
}

/// `host [":" port]`, where a host is a domain name, an IPv4 address or `[IPv6]`.
fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => return is_ipv6(address) && is_port_suffix(rest),
        None => split_off(text, ':'),
    };
    host.split('.').all(is_domain_component) && port.is_none_or(is_port)
}

fn is_ipv6(address: &str) -> bool {
    !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':')
}

fn is_port_suffix(rest: &str) -> bool {
    rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_domain_component(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `[a-z0-9]+` joined by separators: one `.`, one or two `_`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let is_alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends = bytes.first().is_some_and(is_alphanumeric) && bytes.last().is_some_and(is_alphanumeric);
    ends && bytes.split(is_alphanumeric).all(is_separator)
}

/// Whether the bytes between two alphanumeric ones may stand there.
fn is_separator(bytes: &[u8]) -> bool {
    matches!(bytes, b"" | b"." | b"_" | b"__") || bytes.iter().all(|byte| *byte == b'-')
}

fn check_tag(tag: &str) -> Result<(), ReferenceError> {
    if tag.len() > TAG_LIMIT {
        return Err(error(
            format!("a tag must not be longer than {TAG_LIMIT} characters"),
            "shorten the tag",
        ));
    }
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = tag.as_bytes();
    let first = bytes.first().is_some_and(|byte| is_word(*byte));
    if first && bytes.iter().all(|byte| is_word(*byte) || matches!(byte, b'.' | b'-')) {
        return Ok(());
    }
    let message = if tag.is_empty() { "the tag is empty".to_owned() } else { format!("`{tag}` is no tag") };
    Err(error(message, "a tag is letters, digits, `_`, `.` and `-`, and starts with none of the last two"))
}

/// The algorithms that docker registers, with the length of their values in hexadecimal digits:
/// <https://github.com/opencontainers/go-digest/blob/master/algorithm.go>
const ALGORITHMS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

fn check_digest(digest: &str) -> Result<(), ReferenceError> {
    let (algorithm, value) = digest.split_once(':').unwrap_or((digest, ""));
    let Some((_, length)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
        return Err(error(
            format!("`{digest}` is no digest: the algorithm must be sha256, sha384 or sha512"),
            DIGEST_HELP,
        ));
    };
    if value.len() != *length {
        return Err(error(
            format!("a {algorithm} digest has {length} hexadecimal digits, not {}", value.len()),
            DIGEST_HELP,
        ));
    }
    if !value.bytes().all(is_lower_hex) {
        return Err(error("a digest has lowercase hexadecimal digits only", DIGEST_HELP));
    }
    Ok(())
}

const DIGEST_HELP: &str = "write sha256: and 64 lowercase hexadecimal digits";

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}
