//! Archives, read: what is not exactly right is refused.
//!
//! Formats: <https://www.gnu.org/software/tar/manual/html_node/Standard.html>, GNU's long names and large numbers, and
//! PAX.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::header::{BLOCK, XATTR, checksum};
use super::{LayerError, Meta, Special, name};

/// The largest body of a PAX header or long name: 1 MiB, as Go's reader has it.
const MAX_RECORDS: u64 = 1 << 20;

/// How much an archive may unpack to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of the archive as it is uncompressed.
    pub bytes: u64,
    /// The count of its members.
    pub entries: u64,
}

impl Default for Limits {
    /// 64 GiB and four million members: more than any image that works, less than what fills a disk unseen.
    fn default() -> Self {
        Self { bytes: 64 << 30, entries: 4_000_000 }
    }
}

/// A member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its name, cleaned as [`super::Entry::path`] says.
    pub(crate) path: String,
    pub(crate) kind: MemberKind,
    pub(crate) meta: Meta,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MemberKind {
    Folder,
    File {
        size: u64,
        /// Where its bytes start in the uncompressed archive.
        offset: u64,
    },
    Symlink(String),
    /// Cleaned as the path.
    Hardlink(String),
    Special(Special),
}

/// Reads an archive that is not compressed.
pub(crate) struct TarReader<R> {
    input: R,
    /// Bytes read so far.
    offset: u64,
    /// Of the last member's content, with what fills its last block.
    unread: u64,
    entries: u64,
    limits: Limits,
    /// What a global PAX header said.
    global: BTreeMap<String, Vec<u8>>,
}

impl<R: Read> TarReader<R> {
    pub(crate) fn new(input: R, limits: Limits) -> Self {
        Self { input, offset: 0, unread: 0, entries: 0, limits, global: BTreeMap::new() }
    }

    /// The next member; what is left of the last one is skipped.
    pub(crate) fn next(&mut self) -> Result<Option<Member>, LayerError> {
        let mut extended = self.global.clone();
        loop {
            self.skip()?;
            let start = self.offset;
            let Some(block) = self.header()? else { return Ok(None) };
            let header = Fields { block: &block, offset: start };
            let size = header.number(124..136, "size")?;
            match block[156] {
                b'x' => extended.extend(pax(&self.body(size)?, start)?),
                b'g' => {
                    self.global = pax(&self.body(size)?, start)?;
                    extended.extend(self.global.clone());
                }
                b'L' => drop(extended.insert("path".to_owned(), c_text(&self.body(size)?).to_vec())),
                b'K' => drop(extended.insert("linkpath".to_owned(), c_text(&self.body(size)?).to_vec())),
                flag => return self.member(&header, flag, &extended).map(Some),
            }
        }
    }

    /// Reads the rest, so that what is below is read to its end, and checks that nothing but padding follows.
    pub(crate) fn drain(&mut self) -> Result<(), LayerError> {
        let mut buffer = vec![0; 64 << 10];
        while self.read_some(&mut buffer)? > 0 {}
        Ok(())
    }

    fn member(
        &mut self,
        header: &Fields<'_>,
        flag: u8,
        extended: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Member, LayerError> {
        // Its bytes are a map and what the map says that there is, under a name that is not the file's.
        if extended.keys().any(|key| key.starts_with("GNU.sparse.")) {
            return Err(LayerError::Kind { kind: 'S', offset: header.offset });
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(LayerError::TooLarge { limit: self.limits.entries, what: "members" });
        }
        let path = extended.get("path").cloned().unwrap_or_else(|| header.path());
        let link =
            extended.get("linkpath").cloned().unwrap_or_else(|| c_text(&header.block[157..257]).to_vec());
        let size = header.extended(extended, "size", 124..136)?;
        let is_folder = flag == b'5' || (matches!(flag, b'0' | 0) && path.ends_with(b"/"));
        let kind = match flag {
            _ if is_folder => MemberKind::Folder,
            b'0' | 0 | b'7' => MemberKind::File { size, offset: self.offset },
            b'1' => MemberKind::Hardlink(clean(&link)?),
            b'2' => MemberKind::Symlink(text(&link)?),
            b'3' | b'4' | b'6' => MemberKind::Special(header.special(flag)?),
            _ => return Err(LayerError::Kind { kind: char::from(flag), offset: header.offset }),
        };
        let is_file = matches!(kind, MemberKind::File { .. });
        // Only files have content; others must not claim some that would then be read as headers.
        self.unread = if is_file || !matches!(flag, b'1' | b'2' | b'3' | b'4' | b'5' | b'6') {
            size.checked_next_multiple_of(BLOCK as u64).ok_or_else(|| header.damaged("its size is absurd"))?
        } else {
            0
        };
        Ok(Member { path: clean(&path)?, kind, meta: header.meta(extended)? })
    }

    /// The next header; at the end `None`.
    fn header(&mut self) -> Result<Option<[u8; BLOCK]>, LayerError> {
        let start = self.offset;
        let mut block = [0; BLOCK];
        if self.read_full(&mut block)? == 0 {
            // Docker's own layers have no end sometimes; Go's reader takes that as well.
            return Ok(None);
        }
        if self.offset - start < BLOCK as u64 {
            return Err(LayerError::Truncated);
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Fields { block: &block, offset: start };
        if header.number(148..156, "checksum")? != checksum(&block) {
            return Err(header.damaged("a header's checksum is wrong"));
        }
        Ok(Some(block))
    }

    fn body(&mut self, size: u64) -> Result<Vec<u8>, LayerError> {
        if size > MAX_RECORDS {
            return Err(LayerError::TooLarge { limit: MAX_RECORDS, what: "bytes in one header" });
        }
        let mut body = vec![0; usize::try_from(size).expect("at most 1 MiB")];
        if self.read_full(&mut body)? < body.len() {
            return Err(LayerError::Truncated);
        }
        self.unread = size.next_multiple_of(BLOCK as u64) - size;
        Ok(body)
    }

    fn skip(&mut self) -> Result<(), LayerError> {
        let mut buffer = vec![0; usize::try_from(self.unread.min(64 << 10)).expect("at most 64 KiB")];
        while self.unread > 0 {
            let wanted = buffer.len().min(usize::try_from(self.unread).unwrap_or(usize::MAX));
            match self.read_some(&mut buffer[..wanted])? {
                0 => return Err(LayerError::Truncated),
                read => self.unread -= read as u64,
            }
        }
        Ok(())
    }

    fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize, LayerError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_some(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, LayerError> {
        loop {
            match self.input.read(buffer) {
                Ok(read) => {
                    self.offset += read as u64;
                    if self.offset > self.limits.bytes {
                        return Err(LayerError::TooLarge { limit: self.limits.bytes, what: "bytes" });
                    }
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(LayerError::Truncated);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// A header's fields.
struct Fields<'b> {
    block: &'b [u8; BLOCK],
    /// Where the block is.
    offset: u64,
}

impl Fields<'_> {
    fn damaged(&self, reason: impl Into<String>) -> LayerError {
        LayerError::Damaged { offset: self.offset, reason: reason.into() }
    }

    fn path(&self) -> Vec<u8> {
        let own = c_text(&self.block[..100]);
        let prefix = c_text(&self.block[345..500]);
        // GNU's own format has other things there.
        if prefix.is_empty() || &self.block[257..263] != b"ustar\0" {
            return own.to_vec();
        }
        [prefix, b"/", own].concat()
    }

    fn meta(&self, extended: &BTreeMap<String, Vec<u8>>) -> Result<Meta, LayerError> {
        let xattrs = extended
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(XATTR)?.to_owned(), value.clone())));
        Ok(Meta {
            mode: u32::try_from(self.number(100..108, "mode")? & 0o7777).expect("12 bits"),
            uid: self.extended(extended, "uid", 108..116)?,
            gid: self.extended(extended, "gid", 116..124)?,
            mtime: self.mtime(extended)?,
            xattrs: xattrs.collect(),
        })
    }

    fn mtime(&self, extended: &BTreeMap<String, Vec<u8>>) -> Result<i64, LayerError> {
        let Some(value) = extended.get("mtime") else {
            return self.signed(136..148, "mtime");
        };
        let text = std::str::from_utf8(value).unwrap_or_default();
        let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
        let whole: i64 = seconds.parse().map_err(|_| self.damaged(format!("`{text}` is no time")))?;
        let is_below = seconds.starts_with('-') && fraction.bytes().any(|digit| digit != b'0');
        Ok(whole - i64::from(is_below))
    }

    fn special(&self, flag: u8) -> Result<Special, LayerError> {
        let part = |range, what| {
            u32::try_from(self.number(range, what)?).map_err(|_| self.damaged("a device's number is absurd"))
        };
        if flag == b'6' {
            return Ok(Special::Fifo);
        }
        let (major, minor) = (part(329..337, "major number")?, part(337..345, "minor number")?);
        Ok(if flag == b'3' { Special::Character { major, minor } } else { Special::Block { major, minor } })
    }

    fn extended(
        &self,
        extended: &BTreeMap<String, Vec<u8>>,
        key: &str,
        range: std::ops::Range<usize>,
    ) -> Result<u64, LayerError> {
        let Some(value) = extended.get(key) else { return self.number(range, key) };
        let text = std::str::from_utf8(value).unwrap_or_default();
        text.parse().map_err(|_| self.damaged(format!("`{text}` is no {key}")))
    }

    fn number(&self, range: std::ops::Range<usize>, what: &str) -> Result<u64, LayerError> {
        let value = self.signed(range, what)?;
        u64::try_from(value).map_err(|_| self.damaged(format!("the {what} is negative")))
    }

    /// Octal digits, or with the first bit set a two's complement number.
    fn signed(&self, range: std::ops::Range<usize>, what: &str) -> Result<i64, LayerError> {
        let field = &self.block[range];
        let bad = || self.damaged(format!("the {what} is no number"));
        if field[0] & 0x80 != 0 {
            let start =
                if field[0] & 0x40 == 0 { i128::from(field[0] & 0x3F) } else { i128::from(field[0] as i8) };
            let mut value = start;
            for byte in &field[1..] {
                value = value.checked_mul(256).ok_or_else(bad)? + i128::from(*byte);
            }
            return i64::try_from(value).map_err(|_| bad());
        }
        let digits = field.trim_ascii_start();
        let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
        if digits[end..].iter().any(|byte| !matches!(byte, 0 | b' ')) {
            return Err(bad());
        }
        digits[..end].iter().try_fold(0_i64, |value, digit| match digit {
            b'0'..=b'7' => value.checked_mul(8).map(|value| value + i64::from(digit - b'0')).ok_or_else(bad),
            _ => Err(bad()),
        })
    }
}

/// Up to the first NUL.
fn c_text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn pax(body: &[u8], offset: u64) -> Result<BTreeMap<String, Vec<u8>>, LayerError> {
    let bad = || LayerError::Damaged { offset, reason: "a PAX record is malformed".to_owned() };
    let mut records = BTreeMap::new();
    let mut rest = body;
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(bad)?;
        let length = std::str::from_utf8(&rest[..space]).ok().and_then(|text| text.parse::<usize>().ok());
        let length = length.filter(|length| (space + 2..=rest.len()).contains(length)).ok_or_else(bad)?;
        let record = rest[space + 1..length].strip_suffix(b"\n").ok_or_else(bad)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(bad)?;
        let key = std::str::from_utf8(&record[..equals]).map_err(|_| bad())?;
        match &record[equals + 1..] {
            // An empty value takes back what came before.
            [] if !key.starts_with(XATTR) => drop(records.remove(key)),
            value => drop(records.insert(key.to_owned(), value.to_vec())),
        }
        rest = &rest[length..];
    }
    Ok(records)
}

fn text(bytes: &[u8]) -> Result<String, LayerError> {
    let refused = |reason| LayerError::Name { name: String::from_utf8_lossy(bytes).into_owned(), reason };
    if bytes.contains(&0) {
        return Err(refused("which holds a NUL"));
    }
    name::from_bytes(bytes).ok_or_else(|| refused("which holds a character that stands for a byte here"))
}

/// Without `/` at its ends, empty parts and `.`. An absolute name is relative to the root, as every reader has it.
fn clean(bytes: &[u8]) -> Result<String, LayerError> {
    let written = text(bytes)?;
    let parts: Vec<&str> = written.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err(LayerError::Name { name: written, reason: "which leads out of its root" });
    }
    Ok(parts.join("/"))
}
