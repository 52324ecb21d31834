//! One question to a daemon over its unix socket: the little of HTTP that this takes.
//!
//! A request of HTTP/1.0 is answered without chunks, and the end of the stream ends the answer.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use camino::Utf8Path;
use serde::Deserialize;

/// How long a daemon may be silent. One with a cold disk and thousands of images takes seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// What went wrong.
#[derive(Debug)]
pub(super) enum SocketError {
    /// The socket is not there, nobody listens, or the way is barred.
    Unreachable(io::Error),
    /// It is silent for too long.
    Silent,
    /// What came is no answer.
    Garbled(String),
    /// The daemon refused, with this message.
    Refused(String),
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

/// Asks for `path`, and returns the answer's body.
///
/// # Errors
/// See [`SocketError`].
pub(super) fn get(socket: &Utf8Path, path: &str, patience: Duration) -> Result<Vec<u8>, SocketError> {
    let mut stream = UnixStream::connect(socket).map_err(SocketError::Unreachable)?;
    let answer = exchange(&mut stream, path, patience).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => SocketError::Silent,
        _ => SocketError::Garbled(error.to_string()),
    })?;
    let (status, body) = split(&answer).ok_or_else(|| SocketError::Garbled("this is not HTTP".to_owned()))?;
    match status {
        200 => Ok(body.to_vec()),
        _ => Err(SocketError::Refused(refusal(status, body))),
    }
}

fn exchange(stream: &mut UnixStream, path: &str, patience: Duration) -> io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let question = format!("GET {path} HTTP/1.0\r\nHost: docker\r\nAccept: application/json\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// The status and the body; `None` where the head is not HTTP's, or the body is shorter than the head announces.
fn split(answer: &[u8]) -> Option<(u16, &[u8])> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let announced = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
    });
    if announced.is_some_and(|announced| announced > body.len()) { None } else { Some((status, body)) }
}

fn refusal(status: u16, body: &[u8]) -> String {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => refusal.message,
        Err(_) => format!("HTTP status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use camino::Utf8PathBuf;

    use super::*;
    use crate::threads::beside;

    /// Asks a daemon that answers so; returns what it was asked, and what came of it.
    fn ask(answer: &[u8]) -> (String, Result<Vec<u8>, SocketError>) {
        let folder = tempfile::tempdir().unwrap();
        let socket = Utf8PathBuf::from_path_buf(folder.path().join("s")).unwrap();
        let listener = UnixListener::bind(&socket).unwrap();
        let mut question = Vec::new();
        let got = beside(
            || {
                let (mut stream, _) = listener.accept().unwrap();
                while !question.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    question.extend(byte);
                }
                stream.write_all(answer).unwrap();
            },
            || get(&socket, "/images/json", PATIENCE),
        );
        (String::from_utf8(question).unwrap(), got)
    }

    #[test]
    fn the_question_is_http_1_0_and_the_body_is_the_answer() {
        let (question, got) = ask(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\nX: y\r\n\r\n[\r\n]");
        assert_eq!(question, "GET /images/json HTTP/1.0\r\nHost: docker\r\nAccept: application/json\r\n\r\n");
        assert_eq!(got.unwrap(), b"[\r\n]");
        assert_eq!(ask(b"HTTP/1.1 200 OK\r\n\r\n[]").1.unwrap(), b"[]", "without a length");
    }

    #[test]
    fn a_refusal_gives_the_daemons_message() {
        let (_, got) = ask(b"HTTP/1.0 500 Internal\r\n\r\n{\"message\":\"layer store is broken\"}\n");
        assert!(matches!(got, Err(SocketError::Refused(message)) if message == "layer store is broken"));
        let (_, got) = ask(b"HTTP/1.0 404 Not Found\r\n\r\nnothing here");
        assert!(matches!(got, Err(SocketError::Refused(message)) if message == "HTTP status 404"));
    }

    #[test]
    fn half_an_answer_is_none() {
        for answer in [
            &b""[..],
            b"HTTP/1.0 200 OK\r\n",
            b"HTTP/1.0 200 OK\r\ncontent-length: 10\r\n\r\n[]",
            b"SSH-2.0-OpenSSH\r\n\r\n",
            b"HTTP/1.0 many OK\r\n\r\n[]",
        ] {
            let (_, got) = ask(answer);
            assert!(matches!(got, Err(SocketError::Garbled(_))), "{}", String::from_utf8_lossy(answer));
        }
    }

    #[test]
    fn nobody_there_is_unreachable() {
        let got = get("/no/such/socket".into(), "/", PATIENCE);
        assert!(
            matches!(got, Err(SocketError::Unreachable(error)) if error.kind() == io::ErrorKind::NotFound)
        );
    }

    #[test]
    fn patience_ends() {
        let folder = tempfile::tempdir().unwrap();
        let socket = Utf8PathBuf::from_path_buf(folder.path().join("s")).unwrap();
        let _listener = UnixListener::bind(&socket).unwrap();
        let got = get(&socket, "/", Duration::from_millis(20));
        assert!(matches!(got, Err(SocketError::Silent)));
    }
}
