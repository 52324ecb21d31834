//! `probe URL`: asks once by HTTP; exit code 0 if the answer is a success, 1 otherwise.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

/// How long a connection, a request or an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), None) = (arguments.next(), arguments.next()) else {
        return fail("usage: probe http://HOST:PORT/PATH");
    };
    let Some((host, path)) = parse(&url) else { return fail("only http://HOST:PORT/PATH is understood") };
    match ask(host, path) {
        Ok(200..=299) => ExitCode::SUCCESS,
        Ok(status) => fail(&format!("{url} answered {status}")),
        Err(error) => fail(&format!("{url}: {error}")),
    }
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::FAILURE
}

/// The host with its port, and the path.
fn parse(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("http://")?;
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(slash);
    let (name, port) = host.rsplit_once(':')?;
    let is_host = !name.is_empty() && port.parse::<u16>().is_ok();
    is_host.then_some((host, if path.is_empty() { "/" } else { path }))
}

fn ask(host: &str, path: &str) -> io::Result<u16> {
    let address = host.to_socket_addrs()?.next().ok_or_else(|| io::Error::other("no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    status(&answer).ok_or_else(|| io::Error::other("no HTTP answer"))
}

/// The status of an answer that starts `HTTP/1.1 200 OK`.
fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/")?.split(' ').nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_host_a_port_and_a_path() {
        assert_eq!(parse("http://127.0.0.1:8080/health"), Some(("127.0.0.1:8080", "/health")));
        assert_eq!(parse("http://localhost:80"), Some(("localhost:80", "/")));
        assert_eq!(parse("https://localhost:80"), None);
        assert_eq!(parse("http://localhost/x"), None);
    }

    #[test]
    fn the_status_is_the_second_word() {
        assert_eq!(status("HTTP/1.1 204 No Content\r\n\r\n"), Some(204));
        assert_eq!(status("SSH-2.0-x"), None);
    }
}
