//! The body of an answer.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use super::connection::Connection;
use super::head::Framing;
use super::pool::Pool;
use super::url::Origin;

/// The longest line before a chunk in bytes.
const LINE: u64 = 4096;

/// The body of an answer as it comes. Read to its end, its connection is used again.
#[derive(Debug)]
pub(crate) struct Body {
    connection: Option<BufReader<Connection>>,
    framing: Framing,
    /// What is left of the chunk; `None` before the first.
    chunk: Option<u64>,
    pool: Option<(Arc<Pool>, Origin)>,
}

impl Body {
    pub(super) fn new(
        connection: BufReader<Connection>,
        framing: Framing,
        pool: Option<(Arc<Pool>, Origin)>,
    ) -> Self {
        let mut body = Self { connection: Some(connection), framing, chunk: None, pool };
        if framing == Framing::Length(0) {
            body.end();
        }
        body
    }

    /// Reads up to `limit` bytes.
    ///
    /// # Errors
    /// The connection broke; the body is longer: [`io::ErrorKind::FileTooLarge`].
    pub(crate) fn bytes(mut self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self).take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {limit} bytes")));
        }
        Ok(bytes)
    }

    /// Gives the connection back.
    fn end(&mut self) {
        if let (Some(connection), Some((pool, origin))) = (self.connection.take(), self.pool.take())
            && self.framing != Framing::UntilClose
        {
            pool.keep(origin, connection);
        }
    }

    /// How much may be read now; 0 at the end.
    fn left(&mut self) -> io::Result<u64> {
        let Some(connection) = &mut self.connection else { return Ok(0) };
        match self.framing {
            Framing::Length(left) => Ok(left),
            Framing::UntilClose => Ok(u64::MAX),
            Framing::Chunked => {
                if self.chunk.is_none_or(|left| left == 0) {
                    self.chunk = Some(next_chunk(connection, self.chunk.is_some())?);
                }
                Ok(self.chunk.unwrap_or_default())
            }
        }
    }

    fn took(&mut self, count: u64) {
        match (&mut self.framing, &mut self.chunk) {
            (Framing::Length(left), _) | (Framing::Chunked, Some(left)) => *left -= count,
            _ => {}
        }
        if self.framing == Framing::Length(0) {
            self.end();
        }
    }
}

impl Read for Body {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.left()?;
        if left == 0 || bytes.is_empty() {
            if left == 0 {
                self.end();
            }
            return Ok(0);
        }
        let limit = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let Some(connection) = &mut self.connection else { return Ok(0) };
        let count = connection.read(&mut bytes[..limit])?;
        if count == 0 {
            self.connection = None;
            return match self.framing {
                Framing::UntilClose => Ok(0),
                _ => Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "the connection was closed in the middle",
                )),
            };
        }
        self.took(count as u64);
        Ok(count)
    }
}

/// The size of the next chunk; after the last the trailer is read as well.
fn next_chunk(input: &mut BufReader<Connection>, is_later: bool) -> io::Result<u64> {
    if is_later && !line(input)?.is_empty() {
        return Err(garbled());
    }
    let line_ = line(input)?;
    let digits = line_.split(';').next().unwrap_or_default().trim();
    let size = u64::from_str_radix(digits, 16).map_err(|_| garbled())?;
    while size == 0 && !line(input)?.is_empty() {}
    Ok(size)
}

fn garbled() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "chunks that are none")
}

fn line(input: &mut BufReader<Connection>) -> io::Result<String> {
    let mut text = Vec::new();
    input.take(LINE).read_until(b'\n', &mut text)?;
    match text.strip_suffix(b"\n") {
        Some(line) => Ok(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()),
        None if text.len() as u64 == LINE => Err(garbled()),
        None => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection was closed in the middle")),
    }
}
