//! Images that somebody made in order to do harm, as bases: each ends in one clear error or is harmless, and nothing
//! outside of the store is written.

use std::collections::BTreeSet;
use std::fs;

use camino::Utf8PathBuf;
use images_oci::layout::Layout;
use images_oci::model::{Descriptor, Digest, ImageConfig, Manifest, media_type};
use images_tests::program::Output;
use images_tests::workspace::Workspace;
use tar::{EntryType, Header};

use crate::{build, layout, manifest, workspace};

/// The base's name.
const EVIL: &str = "example.org/evil:1";

/// A member of an archive under exactly this name.
fn member(name: &str, kind: EntryType, target: &str, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_device_major(5).unwrap();
    header.set_device_minor(7).unwrap();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn file(name: &str) -> Vec<u8> {
    member(name, EntryType::Regular, "", b"evil")
}

fn open(workspace: &Workspace) -> Layout {
    let root = Utf8PathBuf::try_from(layout(workspace)).unwrap();
    Layout::open_or_create(&root).unwrap()
}

/// Puts an image of this layer into the layout, under the name of the base. What was locked of another image by that name
/// is forgotten.
fn put(workspace: &Workspace, members: &[Vec<u8>]) {
    let _ = fs::remove_file(workspace.path().join("Images.lock"));
    let layout = open(workspace);
    let tar = [members.concat(), vec![0; 1024]].concat();
    let layer = layout.put(media_type::LAYER, &tar).unwrap();
    let mut config = ImageConfig { os: "linux".into(), ..ImageConfig::default() };
    config.rootfs.kind = "layers".to_owned();
    config.rootfs.diff_ids.push(Digest::of(&tar));
    let config = layout.put_document(media_type::CONFIG, &config).unwrap();
    let manifest = layout.put_document(media_type::MANIFEST, &Manifest::new(config, vec![layer])).unwrap();
    layout.set_names(&[(EVIL.to_owned(), manifest)]).unwrap();
}

/// What is in the workspace, where a name that leads out of the root would lead, and the parts of the layout.
fn places(workspace: &Workspace) -> BTreeSet<String> {
    let names = |folder: std::path::PathBuf| {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string())
    };
    let own = names(workspace.path().to_owned());
    let escaped =
        [workspace.path().join("../escaped"), "/escaped".into(), workspace.path().join("target/escaped")];
    let escaped = escaped.into_iter().filter(|path| path.exists()).map(|path| path.display().to_string());
    let blobs = names(layout(workspace).join("blobs"));
    own.chain(escaped).chain(names(layout(workspace))).chain(blobs).collect()
}

/// Builds an image on the base with this further line.
fn on_it(workspace: &Workspace, line: &str) -> Output {
    workspace.image("app", &format!("FROM {EVIL}\nCOPY more /more\n{line}\n"));
    workspace.write("images/app/more", "more");
    open(workspace);
    let before = places(workspace);
    let output = workspace.run(&["build", "app", "--engine", "builtin"]);
    let new: Vec<String> = places(workspace).difference(&before).cloned().collect();
    let expected = [".lock", "Images.lock"];
    assert!(new.iter().all(|path| expected.iter().any(|name| path.ends_with(name))), "{new:?}");
    output
}

#[track_caller]
fn refused(workspace: &Workspace, line: &str, expected: &str) {
    let output = on_it(workspace, line);
    assert_eq!(output.code(), 1, "{}", output.stderr);
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    fs::remove_dir_all(workspace.path().join("images/app")).unwrap();
    assert!(build(workspace) <= 1, "the others are built");
}

#[test]
fn members_that_lead_out_of_the_root_are_refused() {
    for name in ["../escaped", "a/../../escaped", "/../escaped", ".."] {
        let workspace = workspace();
        put(&workspace, &[file(name)]);
        refused(&workspace, "", "leads out of its root");
    }
    let workspace = workspace();
    put(&workspace, &[file("f"), member("l", EntryType::Link, "../../etc/passwd", b"")]);
    refused(&workspace, "", "leads out of its root");
}

#[test]
fn members_with_absolute_names_are_below_the_root() {
    let workspace = workspace();
    put(&workspace, &[file("/escaped"), file("//also")]);
    assert_eq!(on_it(&workspace, "COPY --from=example.org/evil:1 /escaped /also /copies/").code(), 0);
}

#[test]
fn links_are_followed_within_the_root_and_circles_are_refused() {
    let workspace = workspace();
    put(
        &workspace,
        &[
            member("out", EntryType::Symlink, "../../../../../../escaped", b""),
            member("absolute", EntryType::Symlink, "/escaped", b""),
            member("one", EntryType::Symlink, "two", b""),
            member("two", EntryType::Symlink, "one", b""),
        ],
    );
    assert_eq!(on_it(&workspace, "COPY more /out/a\nCOPY more /absolute/b").code(), 0);
    refused(&workspace, "COPY more /one/f", "more than 255 symbolic links");
    refused(&workspace, "WORKDIR /one", "more than 255 symbolic links");
    refused(&workspace, "COPY --from=example.org/evil:1 /one/x /f", "more than 255 symbolic links");
}

#[test]
fn devices_of_a_base_stay_in_its_layer_and_are_made_nowhere() {
    let workspace = workspace();
    put(&workspace, &[member("null", EntryType::Char, "", b""), member("disk", EntryType::Block, "", b"")]);
    let output = on_it(&workspace, "");
    assert_eq!(output.code(), 0, "{}", output.stderr);
    let layers = |name: &str| manifest(&workspace, name)["layers"].as_array().unwrap().clone();
    assert_eq!(layers(&workspace.name("app"))[0], layers(EVIL)[0]);
}

#[test]
fn hard_links_to_nothing_and_archives_that_break_off_are_refused() {
    let workspace = workspace();
    put(&workspace, &[member("l", EntryType::Link, "nothing", b"")]);
    refused(&workspace, "", "the layer links `/l` to `/nothing`");
    let mut cut = file("f");
    cut[124..135].copy_from_slice(b"00000010000");
    cut[148..156].fill(b' ');
    let sum: u32 = cut[..512].iter().map(|byte| u32::from(*byte)).sum();
    cut[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    put(&workspace, &[cut]);
    refused(&workspace, "", "ends");
}

#[test]
fn documents_that_are_too_large_or_of_another_kind_are_refused() {
    let workspace = workspace();
    let of = |media_type: &str, size: u64| {
        let layout = open(&workspace);
        let descriptor = Descriptor::new(media_type, Digest::of(b"huge"), size);
        fs::File::create(layout.blob_path(&descriptor.digest)).unwrap().set_len(size).unwrap();
        layout.set_names(&[(EVIL.to_owned(), descriptor)]).unwrap();
    };
    of(media_type::MANIFEST, 100 << 20);
    refused(
        &workspace,
        "",
        "would be 104857600 bytes, and a manifest, index or configuration has at most 4194304",
    );
    of("text/html", 4);
    refused(&workspace, "", "has the media type `text/html`, expected an image manifest");
}

#[test]
fn digests_that_lead_elsewhere_are_none() {
    let workspace = workspace();
    fs::write(workspace.path().join("escaped"), "{}").unwrap();
    let layout = open(&workspace);
    let digest = "sha256:../../../../../escaped";
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type::MANIFEST,
        "config": {"mediaType": media_type::CONFIG, "digest": digest, "size": 2}, "layers": [],
    });
    let manifest = layout.put(media_type::MANIFEST, manifest.to_string().as_bytes()).unwrap();
    layout.set_names(&[(EVIL.to_owned(), manifest)]).unwrap();
    refused(&workspace, "", "is no image manifest");
    assert_eq!(fs::read_to_string(workspace.path().join("escaped")).unwrap(), "{}");
}
