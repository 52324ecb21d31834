//! Layers, written and read again; and archives that are wrong.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use proptest::prelude::*;

use super::*;
use crate::model::{Descriptor, Digest};

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().to_owned();
    (folder, path)
}

fn tar_of(entries: &[Entry]) -> Vec<u8> {
    let mut tar = Vec::new();
    write_tar(entries, &mut tar).unwrap();
    tar
}

fn packed(compression: Compression, tar: &[u8]) -> Vec<u8> {
    let write = |out: &mut dyn Write| Ok::<_, LayerError>(out.write_all(tar)?);
    compression.compress(Vec::new(), write).unwrap().1
}

fn read_all(archive: &[u8], limits: Limits) -> Result<Vec<Entry>, LayerError> {
    let (_folder, path) = folder();
    fs::write(path.join("a"), archive).unwrap();
    Spool::of_file(&path.join("a"), None, &path, limits).entries()
}

fn refused(archive: &[u8]) -> String {
    read_all(archive, Limits::default()).expect_err("it is wrong").to_string()
}

/// Everything that a reader sees of an entry.
type Seen = (String, String, Meta);

/// With the content of files read out of the archive.
fn seen(entries: &[Entry]) -> Vec<Seen> {
    let kind = |entry: &Entry| match &entry.kind {
        Kind::File { size, content } => format!("{:?}", content.read(*size, 1 << 30).unwrap()),
        other => format!("{other:?}"),
    };
    entries.iter().map(|entry| (entry.path.clone(), kind(entry), entry.meta.clone())).collect()
}

fn round_trip(entries: &[Entry], compression: Compression) -> Vec<Seen> {
    let (_folder, path) = folder();
    fs::write(path.join("a"), packed(compression, &tar_of(entries))).unwrap();
    let read = Spool::of_file(&path.join("a"), None, &path, Limits::default()).entries().unwrap();
    seen(&with_whiteouts(read))
}

fn meta() -> impl Strategy<Value = Meta> {
    let id = prop_oneof![0_u64..70_000, Just(0o777_7777), Just(0o1000_0000), Just(u64::from(u32::MAX))];
    let time = prop_oneof![Just(0_i64), Just(-5), 0_i64..4_000_000_000, Just(0o777_7777_7777), Just(1 << 40)];
    let xattrs = proptest::collection::btree_map("[a-z.]{1,8}", any::<Vec<u8>>(), 0..3);
    (0_u32..0o10000, id.clone(), id, time, xattrs).prop_map(|(mode, uid, gid, mtime, xattrs)| Meta {
        mode,
        uid,
        gid,
        mtime,
        xattrs,
    })
}

fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z]{1,12}",
        "[a-zé漢🦀 \\\\\u{10ff80}]{1,9}",
        "[a-z]{90,160}",
        Just("\u{10ffff}x".to_owned()),
    ];
    let part = part.prop_filter("is a name", |part| !part.starts_with(".wh."));
    proptest::collection::vec(part, 1..5).prop_map(|parts| parts.join("/"))
}

fn kind() -> impl Strategy<Value = Kind> {
    let device = (any::<u32>(), any::<u32>());
    prop_oneof![
        Just(Kind::Folder),
        proptest::collection::vec(any::<u8>(), 0..1100).prop_map(|bytes| Kind::File {
            size: bytes.len() as u64,
            content: Content::Inline(bytes.into())
        }),
        "[ -~é]{1,150}".prop_map(|target| Kind::Symlink { target }),
        path().prop_map(|target| Kind::Hardlink { target }),
        device.prop_map(|(major, minor)| Kind::Special(Special::Character {
            major: major & 0o777_7777,
            minor: minor & 0o777_7777
        })),
        Just(Kind::Special(Special::Fifo)),
    ]
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (path(), kind(), meta()).prop_map(|(path, kind, meta)| Entry { path, kind, meta });
    proptest::collection::vec(entry, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(entries in entries()) {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            prop_assert_eq!(round_trip(&entries, compression), seen(&entries));
        }
    }

    #[test]
    fn another_program_reads_the_same(entries in entries()) {
        let tar = tar_of(&entries);
        let mut archive = tar::Archive::new(&*tar);
        let mut members = archive.entries().unwrap();
        for entry in &entries {
            let mut member = members.next().unwrap().unwrap();
            let found = member.path_bytes().into_owned();
            prop_assert_eq!(found.strip_suffix(b"/").unwrap_or(&found), &*name::to_bytes(&entry.path));
            prop_assert_eq!(member.header().mode().unwrap(), entry.meta.mode);
            prop_assert_eq!(member.header().uid().unwrap(), entry.meta.uid);
            if let Kind::File { size, content } = &entry.kind {
                let mut bytes = Vec::new();
                member.read_to_end(&mut bytes).unwrap();
                prop_assert_eq!(bytes, content.read(*size, 1 << 20).unwrap());
            }
        }
        prop_assert!(members.next().is_none());
    }

    #[test]
    fn damage_never_panics_and_never_leads_outside(entries in entries(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut tar = tar_of(&entries);
        let at = at.index(tar.len());
        tar[at] = byte;
        for archive in [&tar[..], &packed(Compression::Gzip, &tar), &tar[..at]] {
            for entry in read_all(archive, Limits::default()).unwrap_or_default() {
                prop_assert!(!entry.path.split('/').any(|part| part == ".."));
                prop_assert!(!entry.path.starts_with('/'));
            }
        }
    }

    #[test]
    fn compressed_bytes_do_not_depend_on_the_writes(bytes in proptest::collection::vec(0_u8..4, 0..300_000), cut in 1_usize..100_000) {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let write = |out: &mut dyn Write| {
                bytes.chunks(cut).try_for_each(|chunk| out.write_all(chunk)).map_err(LayerError::Io)
            };
            let in_chunks = compression.compress(Vec::new(), write).unwrap().1;
            prop_assert_eq!(in_chunks, packed(compression, &bytes));
        }
    }
}

fn sample() -> Vec<Entry> {
    let mut owned = Meta::new(0o640, 1_700_000_000);
    (owned.uid, owned.gid) = (1000, 3_000_000);
    owned.xattrs = BTreeMap::from([("security.capability".to_owned(), vec![1, 0, 0, 2])]);
    let text = "the same words again and again, ".repeat(5000);
    vec![
        Entry::folder("etc", Meta::new(0o755, 0)),
        Entry { path: "etc".to_owned(), kind: Kind::Opaque, meta: Meta::default() },
        Entry::inline("etc/motd", text.as_bytes(), owned),
        Entry::inline(format!("etc/{}é", "n".repeat(120)), b"", Meta::new(0o600, 0)),
        Entry::symlink("etc/link", "/motd", 0),
        Entry { path: "gone".to_owned(), kind: Kind::Whiteout, meta: Meta::default() },
    ]
}

/// The bytes of layers are part of what images are: if one of these changes, every image of every user does.
#[test]
fn the_bytes_of_a_layer_are_the_same_everywhere() {
    let tar = tar_of(&sample());
    assert_eq!(
        Digest::of(&tar).to_string(),
        "sha256:e1b18c19bba32043402902238c98dbab2fbea772738ea8f8af9c777d89172c4f"
    );
    assert_eq!(
        Digest::of(&packed(Compression::Gzip, &tar)).to_string(),
        "sha256:86ad955626c77ce37d3dc4f10579e0977af91de0c7a5458da2f098f4b8229a6d"
    );
    assert_eq!(
        Digest::of(&packed(Compression::Zstd, &tar)).to_string(),
        "sha256:e61061def0028500cbd43c5b502181191aaca3fa8626108ee93ba3426463cc0c"
    );
    assert_eq!(packed(Compression::Gzip, &tar)[..10], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn whiteouts_are_empty_files_of_reserved_names() {
    assert_eq!(round_trip(&sample(), Compression::None), seen(&sample()));
    let plain = read_all(&tar_of(&sample()), Limits::default()).unwrap();
    let names: Vec<&str> = plain.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!((names[1], names[5]), ("etc/.wh..wh..opq", ".wh.gone"));
    let aufs =
        [Entry::folder(".wh..wh.plnk", Meta::default()), Entry::inline(".wh..wh.aufs", b"", Meta::default())];
    assert!(with_whiteouts(aufs.to_vec()).is_empty());
}

#[test]
fn names_up_to_the_limits_of_ustar_need_no_records() {
    let file = |path: String| tar_of(&[Entry::inline(path, b"", Meta::new(0o644, 0))]).len();
    let (short, plain, extended) = ("n".repeat(100), 3 * 512, 5 * 512);
    assert_eq!(file(short.clone()), plain);
    assert_eq!(file("n".repeat(101)), extended);
    assert_eq!(file(format!("{}/{short}", "p".repeat(155))), plain);
    assert_eq!(file(format!("{}/{short}", "p".repeat(156))), extended);
    assert_eq!(file("é".to_owned()), extended);
}

#[test]
fn archives_of_other_programs_are_read() {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(2);
    header.set_mode(0o100_644);
    header.set_uid(0o4_0000_0000);
    header.set_mtime(9);
    let long = format!("{}/{}", "d".repeat(90), "é".repeat(200));
    builder.append_data(&mut header.clone(), &long, &b"hi"[..]).unwrap();
    header.set_size(0);
    header.set_entry_type(tar::EntryType::Symlink);
    builder.append_link(&mut header, "link", "t".repeat(300)).unwrap();
    let (_folder, path) = folder();
    fs::write(path.join("a"), builder.into_inner().unwrap()).unwrap();
    let read = seen(&Spool::of_file(&path.join("a"), None, &path, Limits::default()).entries().unwrap());
    assert_eq!(read[0].0, long);
    assert_eq!(read[0].1, "[104, 105]");
    assert_eq!((read[0].2.mode, read[0].2.uid, read[0].2.mtime), (0o644, 0o4_0000_0000, 9));
    assert!(read[1].1.contains(&"t".repeat(300)));
}

/// A header of one's own, with the right sum.
fn member(name: &[u8], flag: u8, size: &[u8], content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_old();
    let block = header.as_mut_bytes();
    block[..name.len()].copy_from_slice(name);
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = flag;
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
    let mut member = header.as_bytes().to_vec();
    member.extend_from_slice(content);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

#[test]
fn names_that_lead_outside_or_are_ambiguous_are_refused() {
    let file = |name: &[u8]| member(name, b'0', b"0", b"");
    for name in [&b"../x"[..], b"a/../../x", b"..", b"/../x", b"a/.."] {
        assert!(refused(&file(name)).contains("leads out of its root"), "{name:?}");
    }
    assert!(refused(&file("\u{10ff80}".as_bytes())).contains("stands for a byte"));
    let nul = [member(b"x", b'x', b"14", b"12 path=a\0b\n"), file(b"x")].concat();
    let nul = [&nul[..512], b"12 path=a\0b\n", &nul[524..]].concat();
    assert!(!refused(&nul).is_empty());
    let link = [member(b"a", b'0', b"0", b""), member(b"l", b'1', b"0", b"")].concat();
    let mut header = tar::Header::from_byte_slice(&link[512..1024]).clone();
    header.set_link_name_literal("../../etc/passwd").unwrap();
    header.set_cksum();
    assert!(refused(&[&link[..512], header.as_bytes()].concat()).contains("leads out of its root"));
    let absolute = read_all(&file(b"//a/./b/"), Limits::default()).unwrap();
    assert_eq!(absolute[0].path, "a/b");
}

#[test]
fn sizes_that_lie_damage_and_early_ends_are_refused() {
    let good = tar_of(&sample());
    for end in [1, 511, 513, 2000, 160_000] {
        assert!(refused(&good[..end]).contains("truncated"), "{end}");
    }
    let mut flipped = good.clone();
    flipped[0] ^= 1;
    assert_eq!(refused(&flipped), "the archive is damaged: at byte 0, a header's checksum is wrong");
    let huge = member(b"a", b'0', b"77777777777", b"");
    assert!(refused(&huge).contains("truncated"));
    let absurd = member(b"a", b'0', &[0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], b"");
    assert!(refused(&absurd).contains("truncated"));
    let extended = member(b"a", b'x', b"35", b"29 size=18446744073709551615\n");
    let extended = [extended, member(b"a", b'0', b"0", b"")].concat();
    assert!(refused(&extended).contains("its size is absurd"), "{}", refused(&extended));
    assert!(refused(&member(b"a", b'0', b"1z", b"")).contains("the size is no number"));
    let negative = member(b"a", b'0', &[0xFF; 12], b"");
    assert!(refused(&negative).contains("the size is negative"));
    assert!(refused(&member(b"a", b'S', b"0", b"")).contains("kind `S` at byte 0"));
    assert!(refused(&member(b"a", b'x', b"10", b"99 a=b\n\0")).contains("a PAX record is malformed"));
    assert!(refused(&member(b"a", b'x', b"7777777", b"")).contains("bytes in one header"));
}

#[test]
fn compressed_layers_that_are_cut_off_or_flipped_are_refused() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let good = packed(compression, &tar_of(&sample()));
        refused(&good[..good.len() / 2]);
        refused(&good[..good.len() - 5]);
        let mut flipped = good.clone();
        let middle = good.len() - 6;
        flipped[middle] ^= 0xFF;
        refused(&flipped);
    }
}

#[test]
fn bombs_end_at_the_limits() {
    let zeros = packed(Compression::Gzip, &vec![0; 50 << 20]);
    let limits = Limits { bytes: 1 << 20, entries: 3 };
    assert!(read_all(&zeros, limits).unwrap_err().to_string().contains("more than 1048576 bytes"));
    let many: Vec<Entry> = (0..4).map(|n| Entry::folder(n.to_string(), Meta::default())).collect();
    assert!(read_all(&tar_of(&many), limits).unwrap_err().to_string().contains("more than 3 members"));
    assert_eq!(read_all(&tar_of(&many[..3]), limits).unwrap().len(), 3);
}

#[test]
fn a_damaged_blob_is_told_as_that_before_anything_of_it_is_used() {
    let (_folder, path) = folder();
    let tar = tar_of(&sample());
    for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
        let good = packed(compression, &tar);
        let descriptor = Descriptor::of(compression.media_type(), &good);
        for at in [0, 200, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            fs::write(path.join("a"), &bad).unwrap();
            let error = Spool::of_blob(&path.join("a"), &descriptor, &path, Limits::default()).entries();
            let error = error.unwrap_err().to_string();
            assert!(error.starts_with(&format!("the blob {path}/a is damaged: it is ")), "{error}");
        }
        fs::write(path.join("a"), &good).unwrap();
        let entries =
            Spool::of_blob(&path.join("a"), &descriptor, &path, Limits::default()).entries().unwrap();
        assert_eq!(entries.len(), sample().len());
        fs::write(path.join("a"), vec![b'x'; good.len()]).unwrap();
        let Kind::File { size, content } = &entries[2].kind else { panic!("it is a file") };
        assert!(content.read(*size, 1 << 20).unwrap_err().to_string().contains("is damaged"));
    }
}

#[test]
fn every_packing_that_add_unpacks_is_read() {
    let tar = tar_of(&sample());
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&tar).unwrap();
    // A frame to be skipped, and two frames in a row.
    let (start, end) = tar.split_at(700);
    let skipped = [&[0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frames = [&skipped[..], &packed(Compression::Zstd, start), &packed(Compression::Zstd, end)].concat();
    let members = [packed(Compression::Gzip, start), packed(Compression::Gzip, end)].concat();
    for archive in [bzip2.finish().unwrap(), frames, members, xz(&tar), tar.clone()] {
        let read = read_all(&archive, Limits::default()).unwrap();
        assert_eq!(read.len(), sample().len(), "{:?}", Packing::of(&archive));
    }
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut writer = lzma_rust2::XzWriter::new(&mut out, options).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap();
    out
}

#[test]
fn a_file_with_other_bytes_than_were_planned_gets_into_no_layer() {
    let (_folder, path) = folder();
    let planned = |bytes: &[u8]| {
        let hash = Some(*blake3::hash(bytes).as_bytes());
        let file = Arc::new(StagedFile { path: path.join("f"), key: None, hash });
        let kind = Kind::File { size: bytes.len() as u64, content: Content::Staged(file) };
        Entry { path: "f".to_owned(), kind, meta: Meta::new(0o644, 0) }
    };
    let entry = planned(b"planned");
    fs::write(path.join("f"), "planned").unwrap();
    write_tar(std::slice::from_ref(&entry), &mut std::io::sink()).unwrap();
    for other in ["changed", "planned and more", "plan", ""] {
        fs::write(path.join("f"), other).unwrap();
        assert!(write_tar(std::slice::from_ref(&entry), &mut std::io::sink()).is_err(), "{other}");
    }
    let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    fs::write(path.join("f"), &large).unwrap();
    write_tar(&[planned(&large)], &mut std::io::sink()).unwrap();
    let Kind::File { size, content } = entry.kind else { panic!("it is a file") };
    assert_eq!(content.key(size).unwrap(), format!("blake3 {}", blake3::hash(b"planned").to_hex()));
}

#[test]
fn a_file_that_changes_its_size_is_an_error_that_names_it() {
    let (_folder, path) = folder();
    fs::write(path.join("f"), "four").unwrap();
    let file = Arc::new(StagedFile { path: path.join("f"), key: None, hash: None });
    for (size, what) in [(3, "longer"), (5, "shorter")] {
        let kind = Kind::File { size, content: Content::Staged(Arc::clone(&file)) };
        let entry = Entry { path: "app/f".to_owned(), kind, meta: Meta::new(0o644, 0) };
        let error = write_tar(&[entry], &mut std::io::sink()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("cannot put `app/f` into a layer: it became {what} while it was read")
        );
    }
}

#[test]
fn sparse_files_are_refused_in_every_form() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("GNU.sparse.major", &b"1"[..]), ("GNU.sparse.name", b"f")]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(0);
    header.set_mode(0o644);
    builder.append_data(&mut header, "GNUSparseFile.0/f", &b""[..]).unwrap();
    assert!(refused(&builder.into_inner().unwrap()).contains("kind `S`"));
    assert!(refused(&member(b"f", b'S', b"00000000000", b"")).contains("kind `S`"));
}
