use std::io::Write;

use camino::Utf8PathBuf;
use tar::{Builder, EntryType, Header};

use super::*;
use crate::layer::{Compression, Entry, Meta};
use crate::layout::{Layout, LayoutError};
use crate::model::{Digest, ImageConfig, Manifest, media_type};

struct Store {
    _kept: tempfile::TempDir,
    layout: Layout,
}

impl Store {
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(kept.path().join("oci")).unwrap();
        Self { layout: Layout::open_or_create(&root).unwrap(), _kept: kept }
    }

    /// An image of these files, one a layer.
    fn image(&self, files: &[(&str, &str)]) -> (ArchivedImage, ImageConfig) {
        let mut config =
            ImageConfig { os: "linux".into(), architecture: "amd64".into(), ..ImageConfig::default() };
        let mut layers = Vec::new();
        for (path, content) in files {
            let entry = Entry::inline(*path, content.as_bytes(), Meta::new(0o644, 0));
            let layer = self.layout.layer(&[entry], Compression::Gzip).unwrap();
            config.rootfs.diff_ids.push(layer.diff_id);
            layers.push(layer.descriptor);
        }
        let stored = self.layout.put_document(media_type::CONFIG, &config).unwrap();
        let manifest = Manifest::new(stored, layers);
        let manifest = self.layout.put_document(media_type::MANIFEST, &manifest).unwrap();
        (ArchivedImage { manifest, names: vec!["localhost/a/b:1".into(), "localhost/a/b:2".into()] }, config)
    }

    fn written(&self, images: &[ArchivedImage]) -> Vec<u8> {
        let mut archive = Vec::new();
        write_archive(&self.layout, images, &mut archive).unwrap();
        archive
    }

    fn read(&self, archive: &[u8]) -> Result<Vec<ArchivedImage>, ArchiveError> {
        read_archive(&self.layout, archive, Compression::Gzip, 2)
    }
}

/// An archive as its names, kinds and contents.
fn archive(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (path, kind, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        if *kind == EntryType::Symlink {
            header.set_size(0);
            tar.append_link(&mut header, path, std::str::from_utf8(content).unwrap()).unwrap();
        } else {
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, path, *content).unwrap();
        }
    }
    tar.into_inner().unwrap()
}

#[test]
fn what_is_written_is_read_as_the_same_image() {
    let (one, other) = (Store::new(), Store::new());
    let (image, _) = one.image(&[("a", "1"), ("b", "2")]);
    let archive = one.written(std::slice::from_ref(&image));
    assert_eq!(other.read(&archive).unwrap(), std::slice::from_ref(&image));
    assert_eq!(
        other.layout.manifest(&image.manifest).unwrap(),
        one.layout.manifest(&image.manifest).unwrap()
    );
    assert_eq!(archive, one.written(&[image]), "twice the same");
}

#[test]
fn the_archive_is_a_layout_and_what_docker_loads() {
    let store = Store::new();
    let (image, _) = store.image(&[("a", "1")]);
    let bytes = store.written(std::slice::from_ref(&image));
    let mut files = std::collections::BTreeMap::new();
    for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::copy(&mut entry, &mut content).unwrap();
        files.insert(entry.path().unwrap().to_str().unwrap().to_owned(), content);
    }
    let manifest = store.layout.manifest(&image.manifest).unwrap();
    let blob = |digest: &Digest| format!("blobs/sha256/{}", digest.hex());
    let (config, layer) = (blob(&manifest.config.digest), blob(&manifest.layers[0].digest));
    let expected = serde_json::json!([
        {"Config": config, "RepoTags": ["localhost/a/b:1", "localhost/a/b:2"], "Layers": [layer]}
    ]);
    let json = |name: &str| serde_json::from_slice::<serde_json::Value>(&files[name]).unwrap();
    assert_eq!(json("manifest.json"), expected);
    assert_eq!(json("oci-layout"), serde_json::json!({"imageLayoutVersion": "1.0.0"}));
    let index = json("index.json");
    let names: Vec<_> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["digest"], image.manifest.digest.to_string());
            assert_eq!(entry["annotations"][write::REF_NAME], entry["annotations"][write::CONTAINERD_NAME]);
            entry["annotations"][write::REF_NAME].as_str().unwrap()
        })
        .collect();
    assert_eq!(names, ["localhost/a/b:1", "localhost/a/b:2"]);
    assert_eq!(files.len(), 6);
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with("blobs/")) {
        assert_eq!(*path, blob(&Digest::of(content)));
    }
}

#[test]
fn an_older_archive_has_folders_and_links() {
    let store = Store::new();
    let mut layer = Vec::new();
    crate::layer::write_tar(&[Entry::inline("a", b"1", Meta::new(0o644, 0))], &mut layer).unwrap();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "unknown": 1,
        "config": {"Labels": {"org.opencontainers.image.title": "x", "own": "y"}},
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer), Digest::of(&layer)]},
    });
    let config = config.to_string();
    let described = br#"[{"Config":"c.json","RepoTags":null,"Layers":["x/layer.tar","y/layer.tar"]}]"#;
    let bytes = archive(&[
        ("x/VERSION", EntryType::Regular, b"1.0"),
        ("x/layer.tar", EntryType::Regular, &layer),
        ("y/layer.tar", EntryType::Symlink, b"../x/layer.tar"),
        ("c.json", EntryType::Regular, config.as_bytes()),
        ("manifest.json", EntryType::Regular, described),
    ]);
    let images = store.read(&bytes).unwrap();
    assert_eq!((images.len(), images[0].names.len()), (1, 0));
    let manifest = store.layout.manifest(&images[0].manifest).unwrap();
    assert_eq!(manifest.config.digest, Digest::of(config.as_bytes()), "byte for byte");
    assert_eq!(manifest.annotations, [("org.opencontainers.image.title".to_owned(), "x".to_owned())].into());
    assert_eq!(manifest.layers.len(), 2);
    assert_eq!(manifest.layers[0], manifest.layers[1]);
    assert_eq!(manifest.layers[0].media_type, media_type::LAYER_GZIP);
}

#[test]
fn what_is_no_archive_of_images_is_refused() {
    let store = Store::new();
    let config = serde_json::json!({
        "architecture": "a", "os": "l", "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"x")]},
    });
    let config = config.to_string();
    let described = br#"[{"Config":"c.json","Layers":["l"]}]"#;
    let regular = EntryType::Regular;
    let manifest = ("manifest.json", regular, &described[..]);
    let c = ("c.json", regular, config.as_bytes());
    for (entries, expected) in [
        (vec![], "it has no `manifest.json`"),
        (vec![("manifest.json", regular, &b"{"[..])], "its `manifest.json` is"),
        (vec![manifest], "it has no `c.json`"),
        (vec![manifest, ("c.json", regular, b"{}")], "`c.json` is no configuration"),
        (vec![manifest, c], "it has no `l`"),
        (vec![manifest, c, ("l", EntryType::Symlink, b"l")], "it has no `l`"),
    ] {
        let error = store.read(&archive(&entries)).unwrap_err();
        assert!(matches!(error, ArchiveError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let unequal = br#"[{"Config":"c.json","Layers":[]}]"#;
    let error = store.read(&archive(&[("manifest.json", regular, unequal), c])).unwrap_err();
    assert!(error.to_string().contains("an image has 0 layers, and its configuration says 1"), "{error}");
}

#[test]
fn a_layer_that_is_another_than_its_configuration_says_is_refused_and_not_kept() {
    let store = Store::new();
    let config = serde_json::json!({
        "architecture": "a", "os": "l", "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"right")]},
    });
    let bytes = archive(&[
        ("manifest.json", EntryType::Regular, br#"[{"Config":"c","Layers":["l"]}]"#),
        ("c", EntryType::Regular, config.to_string().as_bytes()),
        ("l", EntryType::Regular, b"wrong"),
    ]);
    let error = store.read(&bytes).unwrap_err();
    assert!(matches!(error, ArchiveError::Layout(LayoutError::Damaged { .. })), "{error}");
    assert_eq!(std::fs::read_dir(store.layout.root().join("blobs/sha256")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(store.layout.scratch()).unwrap().count(), 0);
}

#[test]
fn names_in_an_archive_never_become_paths() {
    let store = Store::new();
    let mut header = Header::new_gnu();
    header.set_size(4);
    header.set_entry_type(EntryType::Regular);
    let name = b"../../escaped";
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_cksum();
    let mut bytes = Vec::new();
    bytes.write_all(header.as_bytes()).unwrap();
    bytes.write_all(b"evil").unwrap();
    bytes.resize(bytes.len() + 508 + 1024, 0);
    assert!(store.read(&bytes).is_err());
    let around = store.layout.root().parent().unwrap();
    for place in [around.join("escaped"), store.layout.root().join("escaped"), around.join("../escaped")] {
        assert!(!place.exists(), "{place}");
    }
}

#[test]
fn a_truncated_archive_is_refused() {
    let store = Store::new();
    let (image, _) = store.image(&[("a", "1")]);
    let bytes = store.written(&[image]);
    for length in [bytes.len() / 3, 700, 100] {
        let error = Store::new().read(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ArchiveError::Malformed { .. }), "{length}: {error}");
    }
}

#[test]
fn a_damaged_blob_is_not_written_out() {
    let store = Store::new();
    let (image, _) = store.image(&[("a", "1")]);
    let manifest = store.layout.manifest(&image.manifest).unwrap();
    let place = store.layout.blob_path(&manifest.layers[0].digest);
    let mut bytes = std::fs::read(&place).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&place, bytes).unwrap();
    let error = write_archive(&store.layout, &[image], Vec::new()).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}
