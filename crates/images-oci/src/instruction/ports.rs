//! `EXPOSE`: one word to the ports that it means.
//!
//! <https://github.com/docker/go-connections/blob/main/nat/nat.go> (`ParsePortSpec`)

use std::net::IpAddr;

/// The ports of `[[ip:]host:]container[-to][/protocol]`, as `80/tcp`; what concerns the host only is checked.
///
/// # Errors
/// What is wrong, in one line.
pub(super) fn ports(text: &str) -> Result<Vec<String>, String> {
    let (ip, host, container) = parts(text);
    let (container, protocol) = protocol(container);
    let bare = ip.strip_prefix('[').map_or(ip, |ip| ip.strip_suffix(']').unwrap_or(ip));
    if !ip.is_empty() && bare.parse::<IpAddr>().is_err() {
        return Err(format!("`{ip}` is no IP address"));
    }
    if container.is_empty() {
        return Err(format!("`{text}` has no port"));
    }
    let (first, last) = range(container)?;
    if !host.is_empty() {
        let (start, end) = range(host)?;
        if last != first && end - start != last - first {
            return Err(format!("the ranges `{host}` and `{container}` differ in size"));
        }
    }
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("`{protocol}` is no protocol: expected tcp, udp or sctp"));
    }
    Ok((first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

/// The address, the host's port and the container's.
fn parts(text: &str) -> (&str, &str, &str) {
    match text.rsplit_once(':') {
        None => ("", "", text),
        Some((before, container)) => match before.rsplit_once(':') {
            None => ("", before, container),
            Some((ip, host)) => (ip, host, container),
        },
    }
}

fn protocol(text: &str) -> (&str, &str) {
    let mut parts = text.split('/');
    match (parts.next(), parts.next()) {
        (Some(""), _) | (None, _) => ("", ""),
        (Some(port), None | Some("")) => (port, "tcp"),
        (Some(port), Some(protocol)) => (port, protocol),
    }
}

fn range(text: &str) -> Result<(u16, u16), String> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| digits)
    };
    let bad =
        || format!("`{text}` is no port: expected a number up to 65535, or two with a `-` between them");
    let (first, last) = match text.split_once('-') {
        None => (text, text),
        Some((first, last)) => (first, last),
    };
    let (first, last) = number(first).zip(number(last)).ok_or_else(bad)?;
    if last < first { Err(format!("the range `{text}` ends before it starts")) } else { Ok((first, last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        ports(text).map_or_else(|error| format!("error: {error}"), |ports| ports.join(" "))
    }

    #[test]
    fn a_word_means_the_containers_ports() {
        for (text, expected) in [
            ("80", "80/tcp"),
            ("080", "80/tcp"),
            ("0", "0/tcp"),
            ("53/udp", "53/udp"),
            ("53/UDP", "53/udp"),
            ("80/", "80/tcp"),
            ("80/tcp/x", "80/tcp"),
            ("80-82/sctp", "80/sctp 81/sctp 82/sctp"),
            ("8080:80", "80/tcp"),
            ("8080-8081:80-81", "80/tcp 81/tcp"),
            ("8080-8089:80", "80/tcp"),
            ("127.0.0.1:8080:80", "80/tcp"),
            ("[::1]:8080:80", "80/tcp"),
            ("::1:8080:80", "80/tcp"),
            ("65535", "65535/tcp"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for text in [
            "65536",
            "x",
            "80-",
            "-80",
            "+80",
            "90-80",
            "80/x",
            "/tcp",
            "",
            "8080:",
            "1-2:80-82",
            "x:1:80",
            "a:80",
        ] {
            assert!(read(text).starts_with("error: "), "{text} is read as {}", read(text));
        }
    }
}
