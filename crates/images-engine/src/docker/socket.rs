//! One question to a daemon over its unix socket: the little of HTTP that this takes.
//!
//! A request of HTTP/1.0 is answered without chunks, and the end of the stream ends the answer. A body whose length is
//! not known before it is sent takes HTTP/1.1 and chunks: <https://www.rfc-editor.org/rfc/rfc9112#section-7.1>.

use std::io::{self, BufWriter, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use camino::Utf8Path;
use serde::Deserialize;

use crate::process::Cancel;

/// How long a daemon may be silent. One with a cold disk and thousands of images takes seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How long a wait for the daemon may last before it is looked whether there was an interrupt.
const ATTENTION: Duration = Duration::from_millis(100);

/// How much of a body is sent at once.
const CHUNK_BYTES: usize = 64 << 10;

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

/// Posts what `feed` writes to `path`, and returns the answer's body. The daemon may take its time: only an interrupt
/// ends the wait.
///
/// # Errors
/// See [`SocketError`].
pub(super) fn post(
    socket: &Utf8Path,
    path: &str,
    content_type: &str,
    cancel: &Cancel,
    feed: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<Vec<u8>, SocketError> {
    let stream = UnixStream::connect(socket).map_err(SocketError::Unreachable)?;
    let garbled = |error: io::Error| SocketError::Garbled(error.to_string());
    stream.set_read_timeout(Some(ATTENTION)).map_err(garbled)?;
    stream.set_write_timeout(Some(ATTENTION)).map_err(garbled)?;
    let mut stream = Attentive { stream, cancel };
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\nContent-Type: {content_type}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).map_err(garbled)?;
    let mut chunks = BufWriter::with_capacity(CHUNK_BYTES, Chunks(&mut stream));
    feed(&mut chunks).and_then(|()| chunks.flush()).map_err(garbled)?;
    drop(chunks);
    stream.write_all(b"0\r\n\r\n").map_err(garbled)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(garbled)?;
    let not_http = || SocketError::Garbled("this is not HTTP".to_owned());
    let (status, body) = split(&answer).ok_or_else(not_http)?;
    let body = if is_chunked(&answer) { joined(body).ok_or_else(not_http)? } else { body.to_vec() };
    match status {
        200 => Ok(body),
        _ => Err(SocketError::Refused(refusal(status, &body))),
    }
}

/// A stream that an interrupt ends, within [`ATTENTION`].
struct Attentive<'a> {
    stream: UnixStream,
    cancel: &'a Cancel,
}

impl Attentive<'_> {
    fn retry<T>(&mut self, mut attempt: impl FnMut(&mut UnixStream) -> io::Result<T>) -> io::Result<T> {
        loop {
            if self.cancel.is_interrupted() {
                return Err(io::Error::other("interrupted"));
            }
            match attempt(&mut self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }
}

impl Read for Attentive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.retry(|stream| stream.read(buffer))
    }
}

impl Write for Attentive<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.retry(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Sends each write as a chunk.
struct Chunks<W>(W);

impl<W: Write> Write for Chunks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An empty chunk would end the body.
        if !bytes.is_empty() {
            write!(self.0, "{:x}\r\n", bytes.len())?;
            self.0.write_all(bytes)?;
            self.0.write_all(b"\r\n")?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn is_chunked(answer: &[u8]) -> bool {
    let head = answer.split(|byte| *byte == b'\n').take_while(|line| *line != b"\r");
    head.filter_map(|line| std::str::from_utf8(line).ok()?.split_once(':')).any(|(name, value)| {
        name.eq_ignore_ascii_case("transfer-encoding") && value.trim().eq_ignore_ascii_case("chunked")
    })
}

/// The chunks of a body, joined; `None` where they are cut off.
fn joined(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(chunks.len());
    loop {
        let end = chunks.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&chunks[..end]).ok()?.split(';').next()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let chunk = chunks.get(end + 2..)?;
        body.extend_from_slice(chunk.get(..size)?);
        chunks = chunk.get(size..)?.strip_prefix(b"\r\n")?;
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

    /// Posts some chunks to a daemon that answers so; returns what it was sent, and what came of it.
    fn send(parts: &[&[u8]], answer: &[u8]) -> (String, Result<Vec<u8>, SocketError>) {
        let folder = tempfile::tempdir().unwrap();
        let socket = Utf8PathBuf::from_path_buf(folder.path().join("s")).unwrap();
        let listener = UnixListener::bind(&socket).unwrap();
        let mut sent = Vec::new();
        let got = beside(
            || {
                let (mut stream, _) = listener.accept().unwrap();
                while !sent.ends_with(b"0\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    sent.extend(byte);
                }
                stream.write_all(answer).unwrap();
            },
            || {
                post(&socket, "/build?a=b", "application/x-tar", &Cancel::default(), |body| {
                    parts.iter().try_for_each(|part| body.write_all(part).and_then(|()| body.flush()))
                })
            },
        );
        (String::from_utf8(sent).unwrap(), got)
    }

    #[test]
    fn a_body_goes_and_comes_in_chunks() {
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\nA;x=y\r\n2\r\n3456789\r\n0\r\n\r\n";
        let (sent, got) = send(&[b"one", b"", b"sixteen bytes...!"], answer);
        let expected = "POST /build?a=b HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\
                        Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n\
                        3\r\none\r\n11\r\nsixteen bytes...!\r\n0\r\n\r\n";
        assert_eq!(sent, expected);
        assert_eq!(got.unwrap(), b"[1,2\r\n3456789");
        let (_, got) = send(&[], b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
        assert_eq!(got.unwrap(), b"[]");
    }

    #[test]
    fn chunks_that_are_cut_off_are_no_answer() {
        for body in [&b""[..], b"3\r\n[1", b"3\r\n[1,", b"3\r\n[1,\r\n", b"3\r\n[1,xx0\r\n\r\n", b"no\r\n[]"]
        {
            let answer = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat();
            let (_, got) = send(&[], &answer);
            assert!(matches!(got, Err(SocketError::Garbled(_))), "{}", String::from_utf8_lossy(body));
        }
        let (_, got) = send(
            &[],
            b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n\
            10\r\n{\"message\":\"no\"}\r\n0\r\n\r\n",
        );
        assert!(matches!(got, Err(SocketError::Refused(message)) if message == "no"));
    }

    #[test]
    fn an_interrupt_ends_the_wait_for_an_answer() {
        let folder = tempfile::tempdir().unwrap();
        let socket = Utf8PathBuf::from_path_buf(folder.path().join("s")).unwrap();
        let _listener = UnixListener::bind(&socket).unwrap();
        let cancel = Cancel::default();
        let got = post(&socket, "/", "text/plain", &cancel, |_| {
            cancel.interrupt();
            Ok(())
        });
        assert!(matches!(got, Err(SocketError::Garbled(why)) if why == "interrupted"));
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
