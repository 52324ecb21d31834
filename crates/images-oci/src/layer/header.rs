//! The 512 bytes in front of each member of an archive, and the records of PAX:
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13>.

/// The size of a block.
pub(super) const BLOCK: usize = 512;
/// The prefix of records that hold an extended attribute.
pub(super) const XATTR: &str = "SCHILY.xattr.";

const NAME: usize = 100;
const PREFIX: usize = 155;
/// The largest number of seven and of eleven octal digits.
const MAX_7: u64 = 0o777_7777;
const MAX_11: u64 = 0o777_7777_7777;

/// One member's header to be written.
pub(super) struct Header<'e> {
    pub(super) path: &'e [u8],
    pub(super) link: &'e [u8],
    pub(super) flag: u8,
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) size: u64,
    pub(super) mtime: i64,
    pub(super) device: Option<(u32, u32)>,
}

/// The block, and the PAX records for what it has no room for, each `(key, value)`.
pub(super) fn encode(header: &Header<'_>) -> ([u8; BLOCK], Vec<(String, Vec<u8>)>) {
    let mut records = Vec::new();
    let mut block = [0; BLOCK];
    path(header.path, &mut block, &mut records);
    text(header.link, "linkpath", &mut block[157..257], &mut records);
    octal(&mut block[100..108], u64::from(header.mode));
    number(header.uid, MAX_7, "uid", &mut block[108..116], &mut records);
    number(header.gid, MAX_7, "gid", &mut block[116..124], &mut records);
    number(header.size, MAX_11, "size", &mut block[124..136], &mut records);
    match u64::try_from(header.mtime) {
        Ok(mtime) => number(mtime, MAX_11, "mtime", &mut block[136..148], &mut records),
        Err(_) => {
            octal(&mut block[136..148], 0);
            records.push(("mtime".to_owned(), header.mtime.to_string().into_bytes()));
        }
    }
    block[156] = header.flag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    if let Some((major, minor)) = header.device {
        number(u64::from(major), MAX_7, "SCHILY.devmajor", &mut block[329..337], &mut records);
        number(u64::from(minor), MAX_7, "SCHILY.devminor", &mut block[337..345], &mut records);
    }
    seal(&mut block);
    (block, records)
}

/// The body of a PAX header: `LENGTH KEY=VALUE\n` for each.
pub(super) fn records(records: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while rest + length.to_string().len() != length {
            length = rest + length.to_string().len();
        }
        body.extend_from_slice(format!("{length} {key}=").as_bytes());
        body.extend_from_slice(value);
        body.push(b'\n');
    }
    body
}

/// The sum of all bytes with those of the sum itself as spaces.
pub(super) fn checksum(block: &[u8; BLOCK]) -> u64 {
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    let own: u64 = block[148..156].iter().map(|byte| u64::from(*byte)).sum();
    sum - own + 8 * u64::from(b' ')
}

fn seal(block: &mut [u8; BLOCK]) {
    let sum = format!("{:06o}\0 ", checksum(block));
    block[148..156].copy_from_slice(sum.as_bytes());
}

/// The name, split at a `/` into name and prefix if that is needed and possible.
fn path(path: &[u8], block: &mut [u8; BLOCK], records: &mut Vec<(String, Vec<u8>)>) {
    if path.is_ascii() && path.len() > NAME {
        let split = path.iter().enumerate().position(|(at, byte)| {
            *byte == b'/' && at <= PREFIX && at > 0 && (1..=NAME).contains(&(path.len() - at - 1))
        });
        if let Some(at) = split {
            block[345..345 + at].copy_from_slice(&path[..at]);
            block[..path.len() - at - 1].copy_from_slice(&path[at + 1..]);
            return;
        }
    }
    text(path, "path", &mut block[..NAME], records);
}

fn text(text: &[u8], key: &str, field: &mut [u8], records: &mut Vec<(String, Vec<u8>)>) {
    if text.len() > field.len() || !text.is_ascii() {
        records.push((key.to_owned(), text.to_vec()));
    }
    let fallback = text.iter().map(|byte| if byte.is_ascii() { *byte } else { b'_' });
    field.iter_mut().zip(fallback).for_each(|(to, from)| *to = from);
}

fn number(value: u64, max: u64, key: &str, field: &mut [u8], records: &mut Vec<(String, Vec<u8>)>) {
    if value > max {
        records.push((key.to_owned(), value.to_string().into_bytes()));
    }
    octal(field, if value > max { 0 } else { value });
}

fn octal(field: &mut [u8], value: u64) {
    let digits = field.len() - 1;
    field[..digits].copy_from_slice(format!("{value:0digits$o}").as_bytes());
}
