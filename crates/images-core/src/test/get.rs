//! One GET of HTTP/1.1, on a connection of its own: <https://www.rfc-editor.org/rfc/rfc9112>.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use images_engine::process::Cancel;

/// The longest answer in bytes.
const LIMIT: usize = 16 << 20;
/// How long is waited before the clock and the interrupt are looked at.
const SLICE: Duration = Duration::from_millis(100);

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// In their order.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Asks for a path, until a deadline.
///
/// # Errors
/// Nobody listens, the connection broke, time is over, or what came is not HTTP: [`io::ErrorKind::InvalidData`].
pub(super) fn get(address: SocketAddr, path: &str, deadline: Instant, cancel: &Cancel) -> io::Result<Answer> {
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut stream = TcpStream::connect_timeout(&address, left)?;
    stream.set_read_timeout(Some(SLICE))?;
    stream.set_write_timeout(Some(left))?;
    let port = address.port();
    let agent = concat!("xtask-images/", env!("CARGO_PKG_VERSION"));
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    // A server may keep the connection open although it was asked not to.
    while !is_whole(&bytes) {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                if cancel.is_interrupted() || Instant::now() >= deadline {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "the answer did not end"));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if bytes.len() > LIMIT {
            return Err(garbled(format!("an answer of more than {LIMIT} bytes")));
        }
    }
    answer(&bytes)
}

fn garbled(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// Whether no more is to come, as far as the head tells.
fn is_whole(bytes: &[u8]) -> bool {
    let Ok(Some((head, body))) = split(bytes) else { return false };
    match head.framing() {
        Framing::Length(length) => body.len() >= length,
        Framing::Chunked => unchunked(body).is_ok_and(|whole| whole.is_some()),
        Framing::UntilClose => false,
    }
}

fn answer(bytes: &[u8]) -> io::Result<Answer> {
    let closed = |what| io::Error::new(io::ErrorKind::UnexpectedEof, what);
    let cut = || closed("the connection was closed in the middle of an answer");
    let (head, body) = match split(bytes)? {
        Some(parts) => parts,
        None if bytes.is_empty() => return Err(closed("the connection was closed without an answer")),
        None => return Err(cut()),
    };
    let body = match head.framing() {
        Framing::Length(length) => body.get(..length).ok_or_else(cut)?.to_vec(),
        Framing::Chunked => unchunked(body)?.ok_or_else(cut)?,
        Framing::UntilClose => body.to_vec(),
    };
    Ok(Answer { status: head.status, headers: head.headers, body })
}

struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Head {
    fn framing(&self) -> Framing {
        let field = |name: &str| self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        if matches!(self.status, 204 | 304) {
            return Framing::Length(0);
        }
        if field("transfer-encoding")
            .is_some_and(|(_, value)| value.to_ascii_lowercase().ends_with("chunked"))
        {
            return Framing::Chunked;
        }
        let length = field("content-length").and_then(|(_, value)| value.parse().ok());
        length.map_or(Framing::UntilClose, Framing::Length)
    }
}

/// The head and what comes after it; `None` while the head is not whole. Those that only say that there will be one are
/// passed over.
fn split(bytes: &[u8]) -> io::Result<Option<(Head, &[u8])>> {
    if !bytes.is_empty() && !b"HTTP/".starts_with(&bytes[..bytes.len().min(5)]) {
        return Err(garbled("what is answered is not HTTP"));
    }
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (head, body) = (String::from_utf8_lossy(&bytes[..end]), &bytes[end + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| garbled("what is answered has no status"))?;
    if status < 200 {
        return split(body);
    }
    let pair =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Ok(Some((Head { status, headers: lines.filter_map(pair).collect() }, body)))
}

/// A body of chunks put together; `None` while it is not whole.
fn unchunked(mut bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut whole = Vec::new();
    loop {
        let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") else { return Ok(None) };
        let line = String::from_utf8_lossy(&bytes[..end]);
        let digits = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| garbled("chunks that are none"))?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Ok(Some(whole));
        }
        let needed = size.checked_add(2).ok_or_else(|| garbled("chunks that are none"))?;
        let Some(chunk) = bytes.get(..needed) else { return Ok(None) };
        whole.extend_from_slice(&chunk[..size]);
        bytes = &bytes[needed..];
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use images_engine::threads;

    use super::*;

    fn read(text: &str) -> Result<(u16, String), io::ErrorKind> {
        let answer = answer(text.as_bytes()).map_err(|error| error.kind())?;
        Ok((answer.status, String::from_utf8(answer.body).unwrap()))
    }

    #[test]
    fn a_body_is_as_long_as_its_head_says() {
        let ok = |status, body: &str| Ok((status, body.to_owned()));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore"), ok(200, "ok"));
        assert_eq!(read("HTTP/1.0 404 Not Found\r\n\r\nall of it"), ok(404, "all of it"));
        assert_eq!(read("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n"), ok(204, ""));
        assert_eq!(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx"), ok(200, "x"));
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(read(chunked), ok(200, "abc0123456789"));
    }

    #[test]
    fn what_is_cut_off_or_not_http_is_an_error() {
        use io::ErrorKind::{InvalidData, UnexpectedEof};
        assert_eq!(read(""), Err(UnexpectedEof));
        assert_eq!(read("HTTP/1.1 200 OK\r\n"), Err(UnexpectedEof));
        assert_eq!(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"), Err(UnexpectedEof));
        assert_eq!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"), Err(UnexpectedEof));
        assert_eq!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), Err(InvalidData));
        let huge = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n";
        assert_eq!(read(huge), Err(InvalidData));
        assert_eq!(read("SSH-2.0-OpenSSH\r\n\r\n"), Err(InvalidData));
        assert_eq!(read("HTTP/1.1 many\r\n\r\n"), Err(InvalidData));
    }

    #[test]
    fn a_server_that_keeps_the_connection_open_is_not_waited_for() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let serve = || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            // It ends when the client has closed.
            while stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
        };
        let deadline = Instant::now() + Duration::from_secs(600);
        let answer = threads::beside(serve, || get(address, "/", deadline, &Cancel::default())).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
        drop(listener);
        assert!(get(address, "/", deadline, &Cancel::default()).is_err());
    }
}
