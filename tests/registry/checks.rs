//! What must hold with every registry.

use images_oci::model::{Descriptor, Digest, Manifest, media_type};
use images_oci::registry::{
    Name, Options, Push, Pushed, RawManifest, RegistryErrorKind, Repository, Sent, pull_image, push_image,
};

use crate::memory::{Memory, platform};
use crate::target::{Target, client};

pub(crate) type Check = fn(&Target);

macro_rules! checks {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name as Check)),*] };
}

pub(crate) const ALL: &[(&str, Check)] = checks![
    an_image_comes_back_as_it_went,
    an_index_comes_back_for_a_platform,
    what_is_there_is_not_sent_again,
    blobs_are_mounted_from_other_repositories,
    large_blobs_go_in_pieces,
    what_is_not_there_is_absent,
    tags_are_listed_over_several_pages,
    referrers_are_found,
    a_blob_of_no_bytes_goes_and_comes,
];

/// 300,000 bytes without a pattern that an off-by-one would keep.
pub(crate) fn noise(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..300_000).map(step).collect()
}

pub(crate) fn push(
    target: &Target,
    source: &Memory,
    root: &Descriptor,
    repository: &Repository,
    tags: &[&str],
    elsewhere: &[Repository],
) -> Pushed {
    let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    push_image(&target.client, &Push { source, root, repository, tags: &tags, elsewhere }).unwrap()
}

fn tag(text: &str) -> Name {
    Name::Tag(text.to_owned())
}

fn an_image_comes_back_as_it_went(target: &Target) {
    let (source, repository) = (Memory::default(), target.repository("acme/app"));
    let root = source.image("{}", &[&noise(1), &noise(2)]);
    let pushed = push(target, &source, &root, &repository, &["1.0.0", "latest"], &[]);
    assert_eq!((pushed.digest, pushed.uploaded, pushed.bytes), (root.digest, 3, 600_002));
    let sink = Memory::default();
    for name in [tag("1.0.0"), tag("latest"), Name::Digest(root.digest)] {
        let pulled =
            pull_image(&target.client, &repository, &name, &platform("linux", "amd64"), &sink).unwrap();
        assert_eq!((pulled.named.digest, pulled.manifest.descriptor), (root.digest, root.clone()));
        assert_eq!(target.client.manifest_digest(&repository, &name).unwrap(), Some(root.digest));
    }
    assert_eq!(*sink.0.lock().unwrap(), *source.0.lock().unwrap());
}

fn an_index_comes_back_for_a_platform(target: &Target) {
    let (source, repository) = (Memory::default(), target.repository("acme/many"));
    let amd = source.image(r#"{"architecture":"amd64"}"#, &[b"amd", b"both"]);
    let arm = source.image(r#"{"architecture":"arm64"}"#, &[b"arm", b"both"]);
    let index = source.index(&[("linux/amd64", amd), ("linux/arm64", arm.clone())]);
    let pushed = push(target, &source, &index, &repository, &["2"], &[]);
    assert_eq!((pushed.digest, pushed.uploaded), (index.digest, 5), "what both have is sent once");
    let sink = Memory::default();
    let pulled =
        pull_image(&target.client, &repository, &tag("2"), &platform("linux", "arm64"), &sink).unwrap();
    assert_eq!((pulled.named.digest, pulled.manifest.descriptor.digest), (index.digest, arm.digest));
    assert_eq!(sink.digests().len(), 5, "index, manifest, config and two layers");
    let none =
        pull_image(&target.client, &repository, &tag("2"), &platform("linux", "s390x"), &sink).unwrap_err();
    assert_eq!(none.kind, RegistryErrorKind::Platform);
    assert!(none.message.ends_with("only for linux/amd64, linux/arm64"), "{none}");
}

fn what_is_there_is_not_sent_again(target: &Target) {
    let (source, repository) = (Memory::default(), target.repository("acme/app"));
    let base = noise(3);
    push(target, &source, &source.image("{}", &[&base]), &repository, &["1"], &[]);
    let pushed = push(target, &source, &source.image("{}", &[&base, b"new"]), &repository, &["2"], &[]);
    assert_eq!((pushed.present, pushed.uploaded, pushed.bytes), (2, 1, 3));
}

fn blobs_are_mounted_from_other_repositories(target: &Target) {
    let source = Memory::default();
    let [base, child] = ["acme/base", "acme/child"].map(|path| target.repository(path));
    let layer = noise(4);
    push(target, &source, &source.image("{}", &[&layer]), &base, &["1"], &[]);
    let elsewhere = [target.repository("acme/nothing"), base];
    let root = source.image("{}", &[&layer, b"own"]);
    let pushed = push(target, &source, &root, &child, &["1"], &elsewhere);
    assert_eq!((pushed.mounted, pushed.uploaded, pushed.bytes), (2, 1, 3));
    let sink = Memory::default();
    pull_image(&target.client, &child, &tag("1"), &platform("linux", "amd64"), &sink).unwrap();
    assert_eq!(sink.0.lock().unwrap()[&Digest::of(&layer)], layer);
}

fn large_blobs_go_in_pieces(target: &Target) {
    let in_pieces = client(Options { chunk: Some(100_000), ..target.options() });
    let (repository, bytes) = (target.repository("acme/large"), noise(5));
    let descriptor = Descriptor::of(media_type::LAYER, &bytes);
    let open = |offset: u64| Ok(Box::new(&bytes[offset as usize..]) as Box<dyn std::io::Read>);
    assert_eq!(in_pieces.push_blob(&repository, &descriptor, &open, &[]).unwrap(), Sent::Uploaded);
    let mut got = Vec::new();
    target.client.blob(&repository, &descriptor, &mut got).unwrap();
    assert_eq!(got, bytes);
    assert_eq!(in_pieces.push_blob(&repository, &descriptor, &open, &[]).unwrap(), Sent::Present);
}

fn what_is_not_there_is_absent(target: &Target) {
    let (source, repository) = (Memory::default(), target.repository("acme/app"));
    push(target, &source, &source.image("{}", &[]), &repository, &["1"], &[]);
    let absent = Name::Digest(Digest::of(b"absent"));
    for name in [tag("2"), absent] {
        assert_eq!(target.client.manifest_digest(&repository, &name).unwrap(), None);
        assert_eq!(target.client.manifest(&repository, &name).unwrap_err().kind, RegistryErrorKind::Absent);
    }
    let descriptor = Descriptor::of(media_type::LAYER, b"absent");
    let error = target.client.blob(&repository, &descriptor, &mut Vec::new()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Absent);
    assert!(!target.client.has_blob(&repository, descriptor.digest).unwrap());
    assert_eq!(
        target.client.tags(&target.repository("acme/none")).unwrap_err().kind,
        RegistryErrorKind::Absent
    );
}

fn tags_are_listed_over_several_pages(target: &Target) {
    let (source, repository) = (Memory::default(), target.repository("acme/tags"));
    let tags = ["1", "1.0", "1.0.0", "2", "latest"];
    push(target, &source, &source.image("{}", &[]), &repository, &tags, &[]);
    if matches!(target.kind, crate::target::Kind::Fake(_)) {
        target.fake().page(2);
    }
    assert_eq!(target.client.tags(&repository).unwrap(), tags);
}

fn referrers_are_found(target: &Target) {
    let (source, repository) = (Memory::default(), target.repository("acme/app"));
    let subject = source.image("{}", &[]);
    push(target, &source, &subject, &repository, &["1"], &[]);
    assert_eq!(target.client.referrers(&repository, subject.digest, None).unwrap(), []);
    for kind in ["application/x.sbom", "application/x.signature"] {
        let empty = source.add(media_type::EMPTY, b"{}");
        let layer = source.add("text/plain", kind.as_bytes());
        let mut manifest = Manifest::new(empty, vec![layer]);
        (manifest.artifact_type, manifest.subject) = (Some(kind.to_owned()), Some(subject.clone()));
        let root = source.add(media_type::MANIFEST, &serde_json::to_vec(&manifest).unwrap());
        push(target, &source, &root, &repository, &[], &[]);
        let found = target.client.referrers(&repository, subject.digest, Some(kind)).unwrap();
        assert_eq!(found.iter().map(|found| found.digest).collect::<Vec<_>>(), [root.digest], "{kind}");
    }
    assert_eq!(target.client.referrers(&repository, subject.digest, None).unwrap().len(), 2);
}

fn a_blob_of_no_bytes_goes_and_comes(target: &Target) {
    let repository = target.repository("acme/empty");
    let descriptor = Descriptor::of(media_type::LAYER, b"");
    let open = |_| Ok(Box::new(std::io::empty()) as Box<dyn std::io::Read>);
    target.client.push_blob(&repository, &descriptor, &open, &[]).unwrap();
    let mut got = Vec::new();
    target.client.blob(&repository, &descriptor, &mut got).unwrap();
    assert_eq!(got, b"");
    let raw = RawManifest::new(media_type::MANIFEST, b"{}".to_vec());
    let other = Name::Digest(Digest::of(b"other"));
    let error = target.client.push_manifest(&repository, &other, &raw).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Mismatch);
}
