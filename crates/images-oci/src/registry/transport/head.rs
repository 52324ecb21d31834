//! The head of an answer: <https://www.rfc-editor.org/rfc/rfc9112>.

use std::io::{self, BufRead};

/// The longest head in bytes.
const LIMIT: usize = 64 << 10;
/// The most header fields.
const FIELDS: usize = 128;

/// The head of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status.
    pub(crate) status: u16,
    /// The header fields, in their order.
    pub(crate) fields: Vec<(String, String)>,
    /// Whether it is HTTP/1.1 rather than 1.0.
    pub(crate) is_current: bool,
}

/// How long a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Head {
    /// The first value of a header field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// All values of a header field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let named = self.fields.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// Whether one of the words of a list, as in `Connection: close, x`.
    fn has_word(&self, name: &str, word: &str) -> bool {
        self.all(name).flat_map(|value| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(word))
    }

    pub(super) fn keeps_alive(&self) -> bool {
        !self.has_word("connection", "close")
            && (self.is_current || self.has_word("connection", "keep-alive"))
    }

    /// By the rules of <https://www.rfc-editor.org/rfc/rfc9112#name-message-body-length>.
    ///
    /// # Errors
    /// Lengths that are none, or that disagree.
    pub(super) fn framing(&self, method: &str) -> io::Result<Framing> {
        if method == "HEAD" || matches!(self.status, 204 | 304) {
            return Ok(Framing::Length(0));
        }
        if self.has_word("transfer-encoding", "chunked") {
            return Ok(Framing::Chunked);
        }
        let mut lengths = self.all("content-length").map(|value| value.trim().parse::<u64>());
        match lengths.next() {
            None => Ok(Framing::UntilClose),
            Some(Ok(length)) if lengths.all(|other| other == Ok(length)) => Ok(Framing::Length(length)),
            Some(_) => Err(garbled("lengths that are none")),
        }
    }

    /// Reads one, and passes over those that only say that there will be one.
    ///
    /// # Errors
    /// The connection broke; what came is no head: [`io::ErrorKind::InvalidData`].
    pub(super) fn read(input: &mut impl BufRead) -> io::Result<Self> {
        loop {
            let head = Self::parse(&read_lines(input)?)?;
            if head.status >= 200 {
                return Ok(head);
            }
        }
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let parsed = response.parse(bytes).map_err(|error| garbled(error.to_string()))?;
        let (httparse::Status::Complete(_), Some(status)) = (parsed, response.code) else {
            return Err(garbled("half a head"));
        };
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        let fields = response.headers.iter().map(|field| (field.name.to_owned(), text(field.value)));
        Ok(Self { status, fields: fields.collect(), is_current: response.version == Some(1) })
    }
}

fn garbled(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// All up to an empty line.
fn read_lines(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let start = bytes.len();
        let mut limited = io::Read::take(&mut *input, (LIMIT - start) as u64);
        if limited.read_until(b'\n', &mut bytes)? == 0 {
            return Err(match start {
                LIMIT => garbled("a head that does not end"),
                _ => io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the connection was closed without an answer",
                ),
            });
        }
        if start == 0 && !bytes.starts_with(b"HTTP/") {
            return Err(garbled("what is not HTTP"));
        }
        if matches!(&bytes[start..], b"\r\n" | b"\n") {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Head> {
        Head::read(&mut text.as_bytes())
    }

    #[test]
    fn a_head_is_read_and_interim_ones_are_passed_over() {
        let head = read(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nLocation: /x\r\nA: 1\r\na: 2\r\n\r\nrest",
        )
        .unwrap();
        assert_eq!(head.status, 201);
        assert_eq!(head.field("location"), Some("/x"));
        assert_eq!(head.all("A").collect::<Vec<_>>(), ["1", "2"]);
        assert!(head.keeps_alive());
        assert!(!read("HTTP/1.0 200 OK\r\n\r\n").unwrap().keeps_alive());
        assert!(!read("HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n").unwrap().keeps_alive());
    }

    #[test]
    fn the_framing_is_what_the_fields_say() {
        let framing = |method: &str, fields: &str| {
            read(&format!("HTTP/1.1 200 OK\r\n{fields}\r\n")).unwrap().framing(method)
        };
        assert_eq!(framing("GET", "Content-Length: 5\r\n").unwrap(), Framing::Length(5));
        assert_eq!(framing("HEAD", "Content-Length: 5\r\n").unwrap(), Framing::Length(0));
        assert_eq!(
            framing("GET", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n").unwrap(),
            Framing::Chunked
        );
        assert_eq!(framing("GET", "").unwrap(), Framing::UntilClose);
        assert!(framing("GET", "Content-Length: 5\r\nContent-Length: 6\r\n").is_err());
        assert!(framing("GET", "Content-Length: -5\r\n").is_err());
    }

    #[test]
    fn what_is_no_head_is_told_from_a_broken_connection() {
        let kind = |text: &str| read(text).unwrap_err().kind();
        assert_eq!(kind(""), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind("HTTP/1.1 200 OK\r\nA: 1\r\n"), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind("<html>\r\n\r\n"), io::ErrorKind::InvalidData);
        assert_eq!(kind("HTTP/1.1 many\r\n\r\n"), io::ErrorKind::InvalidData);
        assert_eq!(
            kind(&format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(LIMIT))),
            io::ErrorKind::InvalidData
        );
    }
}
