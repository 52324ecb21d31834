//! A layout that is used, by several at once, and one that somebody broke.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};

use images_engine::{Swept, threads};
use serde_json::{Value, json};

use super::*;
use crate::layer::{Compression, Entry, Meta};
use crate::model::{ImageConfig, Index, Manifest, media_type};

struct Case {
    _folder: tempfile::TempDir,
    layout: Layout,
}

fn case() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap().join("oci");
    Case { layout: Layout::open_or_create(&root).unwrap(), _folder: folder }
}

fn file(path: &str, text: &str) -> Entry {
    Entry::inline(path, text.as_bytes(), Meta::new(0o644, 0))
}

impl Case {
    fn image(&self, text: &str) -> (Descriptor, Manifest) {
        let layer = self.layout.layer(&[file("f", text)], Compression::Gzip).unwrap();
        let mut config =
            ImageConfig { architecture: "amd64".into(), os: "linux".into(), ..Default::default() };
        config.rootfs.diff_ids = vec![layer.diff_id];
        config.config.labels = BTreeMap::from([("text".to_owned(), text.to_owned())]);
        let config = self.layout.put_document(media_type::CONFIG, &config).unwrap();
        let manifest = Manifest::new(config, vec![layer.descriptor]);
        (self.layout.put_document(media_type::MANIFEST, &manifest).unwrap(), manifest)
    }

    fn index(&self) -> Value {
        serde_json::from_slice(&fs::read(self.layout.root().join("index.json")).unwrap()).unwrap()
    }
}

#[test]
fn a_new_layout_is_one_by_the_specification() {
    let case = case();
    let read = |name: &str| fs::read_to_string(case.layout.root().join(name)).unwrap();
    assert_eq!(read("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#);
    assert_eq!(case.index(), json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] }));
    assert!(case.layout.root().join("blobs/sha256").is_dir());
    assert!(Layout::open(case.layout.root()).is_ok());
}

#[test]
fn a_marker_that_is_gone_or_broken_is_made_again_and_another_version_is_refused() {
    let case = case();
    let root = case.layout.root();
    for broken in ["", "{", "{}"] {
        fs::write(root.join("oci-layout"), broken).unwrap();
        assert!(matches!(Layout::open(root), Err(LayoutError::NoLayout { .. })));
        Layout::open_or_create(root).unwrap();
        assert!(Layout::open(root).is_ok());
    }
    fs::write(root.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
    let error = Layout::open_or_create(root).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the OCI layout {root} has version 2.0.0, and only 1.0.0 is known: use another folder, or delete it"
        )
    );
}

#[test]
fn a_blob_is_streamed_in_under_its_digest_and_read_verified() {
    let case = case();
    let mut blob = case.layout.write_blob().unwrap();
    blob.write_all(b"some ").unwrap();
    blob.write_all(b"bytes").unwrap();
    let (digest, size) = blob.finish().unwrap();
    assert_eq!((digest, size), (Digest::of(b"some bytes"), 10));
    let descriptor = Descriptor::new(media_type::LAYER, digest, size);
    let mut text = String::new();
    case.layout.read_blob(&descriptor).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "some bytes");
    assert_eq!(fs::read_dir(case.layout.scratch()).unwrap().count(), 0);

    drop(case.layout.write_blob().unwrap());
    assert_eq!(fs::read_dir(case.layout.scratch()).unwrap().count(), 0);
    assert_eq!(fs::read_dir(case.layout.root().join("blobs/sha256")).unwrap().count(), 1);
}

#[test]
fn a_blob_that_is_there_is_not_written_again_and_one_of_a_wrong_size_is() {
    let case = case();
    let descriptor = case.layout.put(media_type::LAYER, b"bytes").unwrap();
    let path = case.layout.blob_path(&descriptor.digest);
    fs::write(&path, "BYTES").unwrap();
    case.layout.put(media_type::LAYER, b"bytes").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "BYTES");
    fs::write(&path, "BYTE").unwrap();
    assert!(!case.layout.has(&descriptor));
    case.layout.put(media_type::LAYER, b"bytes").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "bytes");
}

#[test]
fn a_blob_that_is_damaged_is_an_error_that_names_its_file_and_is_not_kept() {
    let case = case();
    let put = || case.layout.put(media_type::CONFIG, b"bytes").unwrap();
    let descriptor = put();
    let path = case.layout.blob_path(&descriptor.digest);
    let expected = format!(
        "the blob {path} is damaged: its bytes are {}; build again, and it is made or pulled anew",
        Digest::of(b"bytez")
    );
    fs::write(&path, "bytez").unwrap();
    assert_eq!(case.layout.document(&descriptor).unwrap_err().to_string(), expected);
    assert!(!path.exists());
    put();
    fs::write(&path, "bytez").unwrap();
    let mut reader = case.layout.read_blob(&descriptor).unwrap();
    let mut exactly = [0; 5];
    assert_eq!(
        reader.read_exact(&mut exactly).unwrap_err().to_string(),
        expected,
        "before its end is asked for"
    );
    assert!(!path.exists());
    assert!(matches!(case.layout.document(&descriptor), Err(LayoutError::Absent { .. })));
    assert!(matches!(case.layout.read_blob(&descriptor), Err(LayoutError::Absent { .. })));
    fs::write(&path, "byte").unwrap();
    for error in [case.layout.document(&descriptor).err(), case.layout.read_blob(&descriptor).err()] {
        assert!(error.unwrap().to_string().contains("it has 4 bytes instead of 5"));
    }
    put();
    assert_eq!(fs::read(&path).unwrap(), b"bytes");
    case.layout.drop_blob(&descriptor.digest).unwrap();
    case.layout.drop_blob(&descriptor.digest).unwrap();
}

#[test]
fn a_blob_that_comes_from_elsewhere_must_be_what_was_promised() {
    let case = case();
    let promised = Descriptor::of(media_type::LAYER, b"this");
    let mut blob = case.layout.write_blob().unwrap();
    blob.write_all(b"that").unwrap();
    assert!(matches!(blob.finish_as(&promised), Err(LayoutError::Damaged { .. })));
    assert_eq!(fs::read_dir(case.layout.root().join("blobs/sha256")).unwrap().count(), 0);
}

#[test]
fn documents_are_small_and_of_the_right_kind() {
    let case = case();
    let (descriptor, manifest) = case.image("x");
    assert_eq!(case.layout.manifest(&descriptor).unwrap(), manifest);
    let huge = Descriptor { size: 100 << 20, ..descriptor.clone() };
    assert_eq!(
        case.layout.manifest(&huge).unwrap_err().to_string(),
        format!(
            "the document {} would be 104857600 bytes, and a manifest, index or configuration has at most 4194304",
            case.layout.blob_path(&descriptor.digest)
        )
    );
    assert!(matches!(case.layout.put_document("x", &"x".repeat(5 << 20)), Err(LayoutError::TooLarge { .. })));
    assert!(matches!(case.layout.index(&descriptor), Err(LayoutError::MediaType { .. })));
    assert!(matches!(case.layout.manifest(&manifest.config), Err(LayoutError::MediaType { .. })));
    let html = case.layout.put(media_type::MANIFEST, b"<html>").unwrap();
    assert!(matches!(case.layout.manifest(&html), Err(LayoutError::Malformed { .. })));
}

#[test]
fn names_are_set_replaced_removed_and_listed_and_what_is_not_known_is_kept() {
    let case = case();
    let (one, two) = (case.image("1").0, case.image("2").0);
    let path = case.layout.root().join("index.json");
    let foreign = json!({ "mediaType": "x", "digest": "sha512:00", "size": 1, "new": [1] });
    fs::write(
        &path,
        json!({ "schemaVersion": 2, "manifests": [foreign], "annotations": {"a": "}"} }).to_string(),
    )
    .unwrap();
    let name = |name: &str, image: &Descriptor| (name.to_owned(), image.clone());
    case.layout.set_names(&[name("localhost/acme/a:1", &one), name("b", &one)]).unwrap();
    case.layout.set_names(&[name("b", &two)]).unwrap();
    assert_eq!(case.layout.resolve("b").unwrap(), Some(two.clone()));
    assert_eq!(case.layout.resolve("localhost/acme/a:1").unwrap(), Some(one.clone()));
    assert_eq!(case.layout.resolve("c").unwrap(), None);
    let other = Layout::open(case.layout.root()).unwrap();
    other.set_names(&[name("c", &two)]).unwrap();
    let all = [name("localhost/acme/a:1", &one), name("b", &two), name("c", &two)];
    assert_eq!(case.layout.names().unwrap(), all);
    case.layout.remove_names(&["b".to_owned(), "gone".to_owned()]).unwrap();
    assert_eq!(other.names().unwrap(), [all[0].clone(), all[2].clone()]);
    let index = case.index();
    assert_eq!((&index["manifests"][0], &index["annotations"]["a"]), (&foreign, &json!("}")));
    let named = &index["manifests"][1]["annotations"]["org.opencontainers.image.ref.name"];
    assert_eq!(named, "localhost/acme/a:1");
}

#[test]
fn an_index_that_is_gone_or_broken_is_empty() {
    let case = case();
    let image = case.image("1").0;
    let path = case.layout.root().join("index.json");
    case.layout.set_names(&[("a".to_owned(), image.clone())]).unwrap();
    let good = fs::read(&path).unwrap();
    for broken in [&good[..good.len() / 2], b"", b"[]", b"{\"schemaVersion\":3,\"manifests\":[]}"] {
        fs::write(&path, broken).unwrap();
        assert_eq!(case.layout.resolve("a").unwrap(), None);
        assert!(case.layout.images().unwrap().is_empty());
        case.layout.set_names(&[("a".to_owned(), image.clone())]).unwrap();
        assert_eq!(case.layout.names().unwrap().len(), 1);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(case.layout.names().unwrap(), []);
}

#[test]
fn updates_at_once_lose_nothing() {
    let case = case();
    let image = case.image("1").0;
    let others: Vec<Layout> = (0..3).map(|_| Layout::open(case.layout.root()).unwrap()).collect();
    threads::workers(6, |worker| {
        for number in 0..20 {
            let name = format!("{worker}-{number}");
            others[worker % 3].set_names(&[(name, image.clone())]).unwrap();
        }
    });
    assert_eq!(case.layout.names().unwrap().len(), 120);
}

#[test]
fn images_are_listed_with_their_names_and_labels_if_they_are_whole() {
    let case = case();
    let (one, manifest) = case.image("1");
    let two = case.image("2").0;
    let names = [("a", &one), ("b", &two), ("c", &one)];
    case.layout.set_names(&names.map(|(name, image)| (name.to_owned(), image.clone()))).unwrap();
    let expected = |image: &Descriptor, names: &[&str], text: &str| StoredImage {
        manifest: image.clone(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        labels: BTreeMap::from([("text".to_owned(), text.to_owned())]),
    };
    let (first, second) = (expected(&one, &["a", "c"], "1"), expected(&two, &["b"], "2"));
    assert_eq!(case.layout.images().unwrap(), [first.clone(), second.clone()]);

    for part in [&one, &manifest.config, &manifest.layers[0]] {
        let path = case.layout.blob_path(&part.digest);
        let good = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(case.layout.images().unwrap(), std::slice::from_ref(&second));
        fs::write(&path, &good[1..]).unwrap();
        assert_eq!(case.layout.images().unwrap(), std::slice::from_ref(&second));
        if *part != manifest.layers[0] {
            let mut flipped = good.clone();
            flipped[0] ^= 1;
            fs::write(&path, flipped).unwrap();
            assert_eq!(case.layout.images().unwrap(), std::slice::from_ref(&second));
        }
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(case.layout.images().unwrap(), [first, second]);
}

#[test]
fn a_layer_is_made_once_and_again_when_its_blob_or_its_record_is_wrong() {
    let case = case();
    let entries = [file("f", "text")];
    let make = || case.layout.layer(&entries, Compression::Gzip).unwrap();
    let first = make();
    let blob = case.layout.blob_path(&first.descriptor.digest);
    let good = fs::read(&blob).unwrap();
    // Same size, so it is believed: nothing was written.
    fs::write(&blob, vec![0; good.len()]).unwrap();
    assert_eq!(make(), first);
    assert_eq!(fs::read(&blob).unwrap(), vec![0; good.len()]);
    fs::write(&blob, "short").unwrap();
    assert_eq!(make(), first);
    assert_eq!(fs::read(&blob).unwrap(), good);

    let other = case.layout.layer(&[file("f", "texT")], Compression::Gzip).unwrap();
    assert_ne!(other, first);
    assert_ne!(case.layout.layer(&entries, Compression::None).unwrap(), first);
    let records = case.layout.root().with_file_name("oci-layers");
    let paths: Vec<_> = fs::read_dir(&records).unwrap().map(|record| record.unwrap().path()).collect();
    assert_eq!(paths.len(), 3);
    // Each record in the place of each other one, and each with one byte changed.
    let texts: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    for text in &texts {
        for path in &paths {
            fs::write(path, text).unwrap();
        }
        assert_eq!(make(), first);
    }
    for path in &paths {
        let mut text = fs::read(path).unwrap();
        let at = text.len() / 3;
        text[at] = if text[at] == b'1' { b'2' } else { b'1' };
        fs::write(path, text).unwrap();
    }
    assert_eq!(make(), first);
    fs::remove_dir_all(&records).unwrap();
    assert_eq!(make(), first);
}

#[test]
fn everything_of_an_entry_is_in_the_fingerprint() {
    let base = || file("f", "text");
    let changed = |change: &dyn Fn(&mut Entry)| {
        let mut entry = base();
        change(&mut entry);
        fingerprint::fingerprint(&[entry], Compression::Gzip).unwrap()
    };
    let prints = [
        changed(&|_| {}),
        changed(&|entry| entry.path = "g".into()),
        changed(&|entry| entry.meta.mode = 0o600),
        changed(&|entry| entry.meta.uid = 1),
        changed(&|entry| entry.meta.gid = 1),
        changed(&|entry| entry.meta.mtime = 1),
        changed(&|entry| drop(entry.meta.xattrs.insert("a".into(), vec![]))),
        changed(&|entry| entry.kind = crate::layer::Kind::Folder),
        changed(&|entry| entry.kind = crate::layer::Kind::Symlink { target: "t".into() }),
        changed(&|entry| entry.kind = crate::layer::Kind::Hardlink { target: "t".into() }),
        changed(&|entry| *entry = file("f", "texT")),
        fingerprint::fingerprint(&[base()], Compression::Zstd).unwrap(),
        fingerprint::fingerprint(&[base(), base()], Compression::Gzip).unwrap(),
    ];
    let different: std::collections::HashSet<_> = prints.iter().collect();
    assert_eq!(different.len(), prints.len());
    assert_eq!(prints[0], changed(&|_| {}));
}

#[test]
fn one_layer_made_by_many_threads_is_one() {
    let case = case();
    let layers =
        threads::map(4, &[0; 16], |_| case.layout.layer(&[file("f", "x")], Compression::Gzip).unwrap());
    assert!(layers.iter().all(|layer| *layer == layers[0]));
    assert_eq!(fs::read_dir(case.layout.root().join("blobs/sha256")).unwrap().count(), 1);
}

/// Sets back the time of every blob and record.
fn age(layout: &Layout) {
    let old = SystemTime::now() - Duration::from_hours(1);
    for folder in [layout.root().join("blobs/sha256"), layout.records()] {
        for entry in folder.read_dir_utf8().unwrap() {
            let file = fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
            file.set_modified(old).unwrap();
        }
    }
}

fn files(folder: &Utf8Path) -> usize {
    folder.read_dir_utf8().unwrap().count()
}

#[test]
fn blobs_that_no_name_leads_to_are_swept_when_they_are_old() {
    let case = case();
    let layout = &case.layout;
    let blobs = layout.root().join("blobs/sha256");
    let (kept, _) = case.image("kept");
    let (gone, _) = case.image("gone");
    let (nameless, manifest) = case.image("nameless");
    let index = layout.put_document(media_type::INDEX, &Index::new(vec![nameless.clone()])).unwrap();
    let names = [("kept", &kept), ("gone", &gone), ("index", &index)];
    layout.set_names(&names.map(|(name, at)| (name.to_owned(), at.clone()))).unwrap();
    layout.remove_names(&["gone".to_owned()]).unwrap();
    let age_limit = Duration::from_mins(10);
    assert_eq!(layout.sweep(age_limit).unwrap(), Swept::default(), "all of it is young");

    age(layout);
    case.image("new");
    let before = files(&blobs);
    let swept = layout.sweep(age_limit).unwrap();
    assert_eq!(swept.files, 4, "manifest, configuration, layer, and the record of the layer");
    assert_eq!((before - files(&blobs), files(&layout.records())), (3, 3));
    assert_eq!(layout.images().unwrap().len(), 1);
    assert!(layout.has(&manifest.layers[0]) && layout.has(&nameless), "an index leads to manifests");
    let new = layout.layer(&[file("f", "new")], Compression::Gzip).unwrap();
    assert!(layout.has(&new.descriptor), "what is young may be part of an image that is being made");
    assert_eq!(layout.sweep(age_limit).unwrap(), Swept::default());
}

#[test]
fn what_is_no_blob_is_not_swept() {
    let case = case();
    let folder = case.layout.root().join("blobs/sha256/folder");
    fs::create_dir(&folder).unwrap();
    case.layout.sweep(Duration::ZERO).unwrap();
    assert!(folder.exists() && case.layout.root().join("oci-layout").exists());
}

#[test]
fn the_size_of_an_image_is_that_of_all_its_blobs() {
    let case = case();
    let (image, _) = case.image("text");
    let blobs = case.layout.root().join("blobs/sha256").read_dir_utf8().unwrap();
    let size = blobs.map(|blob| blob.unwrap().metadata().unwrap().len()).sum();
    assert_eq!(case.layout.image_size(&image), Some(size));
}
