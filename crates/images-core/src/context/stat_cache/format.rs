//! The stat cache's file.
//!
//! ```text
//! magic  checksum  folder*
//! folder = length of the rest (u32)  length of the path (u32)  path  file*
//! file   = length of the name (u32)  name  size  mtime  ctime  inode  device  hash
//! ```
//!
//! Folders are sorted by path and files by name. Numbers are little-endian. The checksum is the BLAKE3 hash of what
//! follows it. A folder's files are decoded when the folder is asked for.

use std::collections::BTreeMap;

use super::{Fingerprint, Record, Time};

/// The last digit is the version: another one is another format.
const MAGIC: &[u8; 16] = b"xtask-images-st1";

/// Where the folders begin.
const START: usize = MAGIC.len() + blake3::OUT_LEN;

/// Folders by path, with their files by name.
pub(super) type Folders<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Record>>;

/// A file's content with the places of its folders.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    bytes: Vec<u8>,
    folders: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    path: (usize, usize),
    files: (usize, usize),
}

impl Recorded {
    /// `None` when the bytes are not what [`write()`] writes.
    pub(super) fn parse(bytes: Vec<u8>) -> Option<Self> {
        let body = bytes.strip_prefix(MAGIC)?;
        let (checksum, body) = body.split_at_checked(blake3::OUT_LEN)?;
        (blake3::hash(body) == blake3::Hash::from_slice(checksum).ok()?).then_some(())?;
        let mut folders = Vec::new();
        let mut reader = Reader { bytes: body };
        while !reader.bytes.is_empty() {
            let mut folder = Reader { bytes: reader.part()? };
            let end = bytes.len() - reader.bytes.len();
            let path = folder.part()?;
            std::str::from_utf8(path).ok()?;
            let files = end - folder.bytes.len();
            folders.push(Place { path: (files - path.len(), files), files: (files, end) });
        }
        Some(Self { bytes, folders })
    }

    /// The paths of all folders, sorted.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.folders.iter().map(|place| self.path(place))
    }

    /// The files of a folder, sorted by name; none when the folder is not known.
    pub(super) fn folder(&self, path: &str) -> Vec<(&str, Record)> {
        let Ok(at) = self.folders.binary_search_by(|place| self.path(place).cmp(path)) else {
            return Vec::new();
        };
        let (start, end) = self.folders[at].files;
        let mut reader = Reader { bytes: &self.bytes[start..end] };
        std::iter::from_fn(|| reader.file()).collect()
    }

    fn path(&self, place: &Place) -> &str {
        std::str::from_utf8(&self.bytes[place.path.0..place.path.1]).expect("checked when it was parsed")
    }
}

/// The whole file.
pub(super) fn write(folders: &Folders<'_>) -> Vec<u8> {
    let mut bytes = vec![0; START];
    for (path, files) in folders {
        let mut folder = Vec::new();
        part(&mut folder, path.as_bytes());
        for (name, record) in files {
            part(&mut folder, name.as_bytes());
            file(&mut folder, record);
        }
        part(&mut bytes, &folder);
    }
    let checksum = blake3::hash(&bytes[START..]);
    bytes[..MAGIC.len()].copy_from_slice(MAGIC);
    bytes[MAGIC.len()..START].copy_from_slice(checksum.as_bytes());
    bytes
}

fn part(to: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("a folder's records take less than 4 GiB");
    to.extend(length.to_le_bytes());
    to.extend(part);
}

fn file(to: &mut Vec<u8>, Record { fingerprint, hash }: &Record) {
    to.extend(fingerprint.size.to_le_bytes());
    for Time(seconds, nanoseconds) in [fingerprint.modified, fingerprint.changed] {
        to.extend(seconds.to_le_bytes());
        to.extend(nanoseconds.to_le_bytes());
    }
    to.extend(fingerprint.inode.to_le_bytes());
    to.extend(fingerprint.device.to_le_bytes());
    to.extend(hash);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*array)
    }

    /// Bytes with their length before them.
    fn part(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.array()?);
        let (part, rest) = self.bytes.split_at_checked(length as usize)?;
        self.bytes = rest;
        Some(part)
    }

    fn time(&mut self) -> Option<Time> {
        Some(Time(i64::from_le_bytes(self.array()?), u32::from_le_bytes(self.array()?)))
    }

    fn file(&mut self) -> Option<(&'a str, Record)> {
        let name = std::str::from_utf8(self.part()?).ok()?;
        let fingerprint = Fingerprint {
            size: u64::from_le_bytes(self.array()?),
            modified: self.time()?,
            changed: self.time()?,
            inode: u64::from_le_bytes(self.array()?),
            device: u64::from_le_bytes(self.array()?),
        };
        Some((name, Record { fingerprint, hash: self.array()? }))
    }
}
