//! Archives, written: ustar, and PAX where ustar has no room, the same bytes for the same entries.

use std::io::{self, Read, Write};

use super::header::{BLOCK, Header, XATTR, encode, records};
use super::whiteout::{OPAQUE, WHITEOUT};
use super::{Entry, Kind, LayerError, Special, name};

/// Writes the entries in their order and the two blocks that end an archive.
///
/// # Errors
/// `out` cannot be written, or a file is not readable or has another size than its entry says.
pub fn write_tar(entries: &[Entry], mut out: &mut dyn Write) -> Result<(), LayerError> {
    for entry in entries {
        write_entry(entry, &mut out)?;
    }
    out.write_all(&[0; 2 * BLOCK])?;
    Ok(())
}

fn write_entry(entry: &Entry, out: &mut dyn Write) -> Result<(), LayerError> {
    let path = written_path(entry);
    let link = match &entry.kind {
        Kind::Symlink { target } | Kind::Hardlink { target } => name::to_bytes(target).into_owned(),
        _ => Vec::new(),
    };
    let is_marker = matches!(entry.kind, Kind::Whiteout | Kind::Opaque);
    let header = Header {
        path: &path,
        link: &link,
        flag: flag(&entry.kind),
        mode: if is_marker { 0 } else { entry.meta.mode & 0o7777 },
        uid: if is_marker { 0 } else { entry.meta.uid },
        gid: if is_marker { 0 } else { entry.meta.gid },
        size: size(&entry.kind),
        mtime: if is_marker { 0 } else { entry.meta.mtime },
        device: device(&entry.kind),
    };
    let (block, mut extended) = encode(&header);
    if !is_marker {
        let xattrs = entry.meta.xattrs.iter();
        extended.extend(xattrs.map(|(key, value)| (format!("{XATTR}{key}"), value.clone())));
    }
    if !extended.is_empty() {
        write_records(&extended, out)?;
    }
    out.write_all(&block)?;
    write_content(entry, out)
}

/// Folders end in `/`.
fn written_path(entry: &Entry) -> Vec<u8> {
    let (folder, own) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
    let slash = if folder.is_empty() { "" } else { "/" };
    let text = match &entry.kind {
        Kind::Folder if entry.path.is_empty() => "./".to_owned(),
        Kind::Folder => format!("{}/", entry.path),
        Kind::Whiteout => format!("{folder}{slash}{WHITEOUT}{own}"),
        Kind::Opaque if entry.path.is_empty() => OPAQUE.to_owned(),
        Kind::Opaque => format!("{}/{OPAQUE}", entry.path),
        _ => entry.path.clone(),
    };
    name::to_bytes(&text).into_owned()
}

fn flag(kind: &Kind) -> u8 {
    match kind {
        Kind::File { .. } | Kind::Whiteout | Kind::Opaque => b'0',
        Kind::Hardlink { .. } => b'1',
        Kind::Symlink { .. } => b'2',
        Kind::Special(Special::Character { .. }) => b'3',
        Kind::Special(Special::Block { .. }) => b'4',
        Kind::Folder => b'5',
        Kind::Special(Special::Fifo) => b'6',
    }
}

fn size(kind: &Kind) -> u64 {
    if let Kind::File { size, .. } = kind { *size } else { 0 }
}

fn device(kind: &Kind) -> Option<(u32, u32)> {
    match kind {
        Kind::Special(Special::Character { major, minor } | Special::Block { major, minor }) => {
            Some((*major, *minor))
        }
        _ => None,
    }
}

fn write_records(extended: &[(String, Vec<u8>)], out: &mut dyn Write) -> io::Result<()> {
    let body = records(extended);
    let header = Header {
        path: b"PaxHeaders/0",
        link: b"",
        flag: b'x',
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: body.len() as u64,
        mtime: 0,
        device: None,
    };
    out.write_all(&encode(&header).0)?;
    out.write_all(&body)?;
    pad(body.len() as u64, out)
}

fn write_content(entry: &Entry, out: &mut dyn Write) -> Result<(), LayerError> {
    let Kind::File { size, content } = &entry.kind else { return Ok(()) };
    let failed = |source| LayerError::Content { path: entry.path.clone(), source };
    let mut source = content.open(*size).map_err(failed)?;
    let mut left = *size;
    let mut buffer = vec![0; 64 << 10];
    while left > 0 {
        let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match source.read(&mut buffer[..wanted]) {
            Ok(0) => return Err(failed(io::Error::other("it became shorter while it was read"))),
            Ok(read) => {
                out.write_all(&buffer[..read])?;
                left -= read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    if source.read(&mut buffer[..1]).map_err(failed)? > 0 {
        return Err(failed(io::Error::other("it became longer while it was read")));
    }
    Ok(pad(*size, out)?)
}

/// Fills the last block.
fn pad(size: u64, out: &mut dyn Write) -> io::Result<()> {
    let rest = usize::try_from(size % BLOCK as u64).expect("less than a block");
    out.write_all(&[0; BLOCK][..(BLOCK - rest) % BLOCK])
}
