//! The context that all cases share, made by code: the same bytes everywhere.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

/// Files with their modes; folders come by themselves.
const FILES: [(&str, u32); 35] = [
    ("file.txt", 0o644),
    ("other.txt", 0o600),
    ("run.sh", 0o755),
    ("empty-file", 0o644),
    ("with space.txt", 0o644),
    ("spaces dir/x y", 0o644),
    ("dir/a", 0o644),
    ("dir/b.txt", 0o640),
    ("dir/sub/c", 0o755),
    ("dir/sub/deeper/d", 0o644),
    ("glob/a1", 0o644),
    ("glob/a2", 0o644),
    ("glob/b1", 0o644),
    ("glob/c", 0o644),
    ("glob/we[ird]name", 0o644),
    ("modes/r", 0o400),
    ("modes/rw", 0o600),
    ("modes/rwx", 0o700),
    ("modes/all", 0o777),
    ("modes/x", 0o711),
    ("modes/suid", 0o4755),
    ("modes/sgid", 0o2755),
    ("modes/sticky", 0o1644),
    ("modes/private-dir/inside", 0o600),
    ("modes/sticky-dir/inside", 0o644),
    ("names/ünïcödé/ключ.txt", 0o644),
    ("names/日本", 0o644),
    ("names/UPPER.lower", 0o644),
    ("names/-dash", 0o644),
    ("names/.hidden", 0o644),
    ("names/.hidden-dir/x", 0o644),
    ("names/quote'\"s", 0o644),
    ("names/semi;colon&co", 0o644),
    ("names/back\\slash", 0o644),
    ("names/tab\there", 0o644),
];

/// Modes of folders; others have 0755.
const FOLDERS: [(&str, u32); 4] = [
    ("dir/empty", 0o755),
    ("modes/private-dir", 0o700),
    ("modes/sticky-dir", 0o1777),
    ("modes/group-dir", 0o2770),
];

const LINKS: [(&str, &str); 6] = [
    ("links/to-file", "../file.txt"),
    ("links/to-dir", "../dir"),
    ("links/broken", "nowhere"),
    ("links/absolute", "/etc/passwd"),
    ("links/inside", "to-file"),
    ("links/up", "../../.."),
];

/// Makes the context.
pub(crate) fn make(root: &Path) -> io::Result<()> {
    for (path, mode) in FILES {
        let content = if path == "empty-file" { String::new() } else { format!("content of {path}\n") };
        put(&root.join(path), content.as_bytes(), mode)?;
    }
    let long = format!("names/{}/{}", "long-".repeat(40), "deep/".repeat(30));
    put(&root.join(long).join("ä".repeat(100)), b"long\n", 0o644)?;
    for (path, mode) in FOLDERS {
        fs::create_dir_all(root.join(path))?;
        fs::set_permissions(root.join(path), Permissions::from_mode(mode))?;
    }
    for (path, target) in LINKS {
        fs::create_dir_all(root.join(path).parent().unwrap_or(root))?;
        symlink(target, root.join(path))?;
    }
    archives(&root.join("archives"))
}

fn put(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, content)?;
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// A tar that is put together entry by entry.
pub(crate) struct Tar(Builder<Vec<u8>>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn header(kind: EntryType, mode: u32, (uid, gid): (u64, u64), size: usize) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(uid);
        header.set_gid(gid);
        header.set_size(size as u64);
        header.set_mtime(1_000_000_000);
        header
    }

    pub(crate) fn folder(mut self, path: &str, mode: u32, owner: (u64, u64)) -> Self {
        let mut header = Self::header(EntryType::Directory, mode, owner, 0);
        self.0.append_data(&mut header, path, io::empty()).expect("it is written to memory");
        self
    }

    pub(crate) fn file(mut self, path: &str, content: &str, mode: u32, owner: (u64, u64)) -> Self {
        let mut header = Self::header(EntryType::Regular, mode, owner, content.len());
        self.0.append_data(&mut header, path, content.as_bytes()).expect("it is written to memory");
        self
    }

    /// A link; a hard one to a file of mode 0644.
    pub(crate) fn link(mut self, path: &str, target: &str, kind: EntryType) -> Self {
        let mode = if kind == EntryType::Link { 0o644 } else { 0o777 };
        let mut header = Self::header(kind, mode, (0, 0), 0);
        self.0.append_link(&mut header, path, target).expect("it is written to memory");
        self
    }

    /// A name as it is, which the crate itself would refuse.
    fn raw(mut self, path: &str, content: &str) -> Self {
        let mut header = Self::header(EntryType::Regular, 0o644, (0, 0), content.len());
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        self.0.append(&header, content.as_bytes()).expect("it is written to memory");
        self
    }

    /// A file with PAX records before it.
    fn pax(mut self, records: &[(&str, &[u8])], path: &str, content: &str) -> Self {
        self.0.append_pax_extensions(records.iter().copied()).expect("it is written to memory");
        self.file(path, content, 0o644, ROOT)
    }

    /// A device or a pipe.
    fn special(mut self, path: &str, kind: EntryType, (major, minor): (u32, u32)) -> Self {
        let mut header = Self::header(kind, 0o620, (0, 5), 0);
        header.set_device_major(major).expect("the header has room for it");
        header.set_device_minor(minor).expect("the header has room for it");
        self.0.append_data(&mut header, path, io::empty()).expect("it is written to memory");
        self
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().expect("it is written to memory")
    }
}

const ROOT: (u64, u64) = (0, 0);

fn archives(folder: &Path) -> io::Result<()> {
    let plain = Tar::new()
        .folder("top/", 0o750, ROOT)
        .file("top/file", "in a tar\n", 0o640, ROOT)
        .file("top/run", "#!/bin/sh\n", 0o755, ROOT)
        .file("single", "alone\n", 0o600, ROOT)
        .bytes();
    let write = |name: &str, bytes: &[u8]| put(&folder.join(name), bytes, 0o644);
    write("plain.tar", &plain)?;
    write("plain.tar.gz", &gzip(&plain)?)?;
    write("plain.tar.bz2", &bzip2(&plain)?)?;
    write("plain.tar.xz", &xz(&plain)?)?;
    write("plain.tar.zst", &zstd(&plain))?;
    write("hidden.txt", &gzip(&plain)?)?;
    write("no-archive.tar.gz", b"text with a name that lies\n")?;
    write("text.tar", b"also text\n")?;
    write("text.gz", &gzip(b"compressed text\n")?)?;
    let truncated = gzip(&plain)?;
    write("truncated.tar.gz", &truncated[..truncated.len() / 2])?;
    let owners = Tar::new().folder("own/", 0o755, (11, 12)).file("own/f", "x", 0o644, (1000, 44));
    write("owners.tar", &owners.file("own/big", "y", 0o644, (3_000_000, 4_000_000)).bytes())?;
    let links = Tar::new()
        .file("l/target", "t", 0o644, ROOT)
        .link("l/soft", "target", EntryType::Symlink)
        .link("l/hard", "l/target", EntryType::Link)
        .link("l/absolute", "/etc/passwd", EntryType::Symlink)
        .link("l/above", "../../../x", EntryType::Symlink);
    write("links.tar", &links.bytes())?;
    let over = Tar::new().folder("data/", 0o711, (8, 9)).file("file.txt", "over\n", 0o600, (1, 2));
    write("over.tar", &over.file("link-to-file", "no link any more\n", 0o644, ROOT).bytes())?;
    write("implicit.tar", &Tar::new().file("a/b/c/file", "deep\n", 0o600, (5, 5)).bytes())?;
    let long = format!("{}{}", "long-folder-name/".repeat(12), "ключ-".repeat(20));
    write("long.tar", &Tar::new().file(&long, "long\n", 0o644, ROOT).bytes())?;
    write("absolute.tar", &Tar::new().raw("/rooted/file", "abs\n").bytes())?;
    write("empty.tar", &Tar::new().bytes())?;
    odd_archives(&write)
}

/// Archives of what is rarer.
fn odd_archives(write: &dyn Fn(&str, &[u8]) -> io::Result<()>) -> io::Result<()> {
    let hard = Tar::new().file("d/a", "one\n", 0o640, (3, 4)).link("d/b", "d/a", EntryType::Link);
    write("hardlinks.tar", &hard.link("c", "d/b", EntryType::Link).bytes())?;
    let long = format!("{}ключ", "pax-name/".repeat(30));
    let pax = [("path", long.as_bytes()), ("mtime", b"1000000000.75"), ("uid", b"2097152"), ("gid", b"7")];
    let pax = Tar::new().pax(&pax, "short", "pax\n");
    let pax = pax.pax(&[("size", b"3"), ("comment", b"none"), ("SCHILY.xattr.user.x", b"y")], "sized", "abc");
    write("pax.tar", &pax.pax(&[("linkpath", b"ignored")], "plain", "p").bytes())?;
    write("sparse.tar", &sparse())?;
    let devices =
        Tar::new().special("null", EntryType::Char, (1, 3)).special("disk", EntryType::Block, (8, 1));
    write("devices.tar", &devices.special("pipe", EntryType::Fifo, (0, 0)).bytes())?;
    write("into-lib.tar", &Tar::new().file("lib/f", "f\n", 0o644, ROOT).bytes())?;
    let twice = Tar::new().file("f", "first\n", 0o600, ROOT).file("f", "second\n", 0o644, (1, 1));
    write("twice.tar", &twice.bytes())?;
    write("file-over-folder.tar", &Tar::new().file("data", "a file\n", 0o644, ROOT).bytes())?;
    let folder = Tar::new().folder("file.txt/", 0o750, (2, 2)).file("file.txt/in", "in\n", 0o644, ROOT);
    write("folder-over-file.tar", &folder.bytes())?;
    let dot = Tar::new().folder("./", 0o700, (9, 9)).file("./a", "new a\n", 0o600, ROOT);
    write("dot.tar", &dot.folder("./sub/", 0o711, ROOT).bytes())
}

/// A file of GNU's sparse kind: 1 KiB of nothing, then four bytes, then nothing.
fn sparse() -> Vec<u8> {
    let mut header = Tar::header(EntryType::GNUSparse, 0o644, ROOT, 512);
    header.set_path("sparse").expect("it is short");
    let gnu = header.as_gnu_mut().expect("it is one of GNU");
    gnu.set_real_size(4096);
    gnu.sparse[0].set_offset(1024);
    gnu.sparse[0].set_length(512);
    gnu.sparse[1].set_offset(4096);
    gnu.sparse[1].set_length(0);
    header.set_cksum();
    let mut tar = Tar::new();
    let content = [b"data".as_slice(), &[0; 508]].concat();
    tar.0.append(&header, &content[..]).expect("it is written to memory");
    tar.bytes()
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn bzip2(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn xz(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(6))?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}
