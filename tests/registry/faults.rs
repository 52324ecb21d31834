//! A registry that does wrong: each fault ends in one clear error, or is recovered from.

use std::sync::Arc;
use std::time::Duration;

use images_engine::process::Cancel;
use images_oci::model::{Descriptor, Digest, media_type};
use images_oci::registry::{
    Client, MANIFEST_LIMIT, Name, Options, Push, RegistryError, RegistryErrorKind, Repository, Timeouts,
    pull_image, push_image,
};
use images_tests::fake_registry::{Access, Fault, Response};

use crate::checks::{noise, push};
use crate::memory::{Memory, PatientClock, platform};
use crate::target::{Kind, Target, client};

/// Tests with their names.
macro_rules! faults {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name as fn())),*] };
}

pub(crate) use faults;

pub(crate) const ALL: &[(&str, fn())] = faults![
    a_broken_download_goes_on_where_it_broke,
    a_download_that_always_breaks_ends_in_an_error,
    a_lie_about_a_manifest_is_an_error,
    a_wrong_blob_is_an_error_and_nothing_is_kept,
    a_huge_manifest_is_an_error,
    a_web_page_is_an_error_that_names_the_url,
    nonsense_is_an_error,
    too_many_requests_for_ever_end_in_one_error,
    a_busy_registry_is_asked_again_when_it_says,
    only_an_error_of_a_registry_says_absent,
    a_forgotten_blob_is_sent_again,
    a_registry_that_always_forgets_ends_in_an_error,
    a_broken_upload_is_begun_anew,
    what_arrived_is_not_sent_again_after_a_lost_answer,
    a_broken_piece_goes_on_where_it_broke,
    a_blob_that_is_too_large_goes_in_pieces,
    redirects_in_circles_are_an_error,
    a_tag_that_is_another_when_read_back_is_an_error,
    referrers_have_a_tag_where_there_is_no_question_for_them,
    an_interrupt_ends_the_waiting,
    silence_ends,
];

pub(crate) fn fake(access: Access) -> Target {
    Target::start(Kind::Fake(access))
}

/// A target with an image of one layer in `acme/app:1`.
pub(crate) fn with_image() -> (Target, Memory, Descriptor, Repository) {
    let (target, source) = (fake(Access::Free), Memory::default());
    let (root, repository) = (source.image("{}", &[&noise(7)]), target.repository("acme/app"));
    push(&target, &source, &root, &repository, &["1"], &[]);
    target.fake().requests();
    (target, source, root, repository)
}

pub(crate) fn one() -> Name {
    Name::Tag("1".to_owned())
}

pub(crate) fn pull(target: &Target, repository: &Repository, sink: &Memory) -> Result<Digest, RegistryError> {
    let pulled = pull_image(&target.client, repository, &one(), &platform("linux", "amd64"), sink)?;
    Ok(pulled.named.digest)
}

pub(crate) fn try_push(
    client: &Client,
    source: &Memory,
    root: &Descriptor,
    repository: &Repository,
) -> Result<Digest, RegistryError> {
    let tags = ["1".to_owned()];
    let push = Push { source, root, repository, tags: &tags, elsewhere: &[] };
    Ok(push_image(client, &push)?.digest)
}

pub(crate) fn layer() -> Descriptor {
    Descriptor::of(media_type::LAYER_GZIP, &noise(7))
}

fn a_broken_download_goes_on_where_it_broke() {
    let (target, source, root, repository) = with_image();
    let part = layer().digest.to_string();
    target.fake().fault("GET", &part, 1, Fault::Cut(100_000));
    target.fake().fault("GET", &part, 1, Fault::Hangup);
    target.fake().fault("GET", &part, 1, Fault::Cut(50_000));
    let sink = Memory::default();
    assert_eq!(pull(&target, &repository, &sink).unwrap(), root.digest);
    assert_eq!(*sink.0.lock().unwrap(), *source.0.lock().unwrap());
    let asked = target.fake().requests();
    let asked = asked.iter().filter(|request| request.target.contains(&part));
    let ranges: Vec<_> = asked.map(|request| request.field("range").unwrap_or("all").to_owned()).collect();
    assert_eq!(ranges, ["all", "bytes=100000-", "bytes=100000-", "bytes=150000-"]);
}

fn a_download_that_always_breaks_ends_in_an_error() {
    let (target, _, _, repository) = with_image();
    target.fake().fault("GET", &layer().digest.to_string(), 1000, Fault::Cut(10));
    let sink = Memory::default();
    let error = pull(&target, &repository, &sink).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Unreachable);
    assert!(error.message.ends_with("closed in the middle; tried 6 times"), "{error}");
    assert!(!sink.digests().contains(&layer().digest));
}

fn a_lie_about_a_manifest_is_an_error() {
    let (target, _, root, repository) = with_image();
    let other = Digest::of(b"other").to_string();
    for name in [one(), Name::Digest(root.digest)] {
        target.fake().fault("GET", "/manifests/", 1, Fault::Field("Docker-Content-Digest", other.clone()));
        let error = target.client.manifest(&repository, &name).unwrap_err();
        assert_eq!(error.kind, RegistryErrorKind::Mismatch);
        assert!(error.message.contains(&other), "{error}");
    }
    let wrong = Response::new(200).with("Content-Type", media_type::MANIFEST).body("{}");
    target.fake().fault("GET", "/manifests/", 1, Fault::Answer(wrong));
    let error = target.client.manifest(&repository, &Name::Digest(root.digest)).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Mismatch);
}

fn a_wrong_blob_is_an_error_and_nothing_is_kept() {
    let (target, _, _, repository) = with_image();
    let mut flipped = noise(7);
    flipped[200_000] ^= 1;
    let [mut long, mut short] = [noise(7), noise(7)];
    long.push(0);
    short.pop();
    for wrong in [flipped, long, short] {
        let answer = Response::new(200).body(wrong);
        target.fake().fault("GET", &layer().digest.to_string(), 1, Fault::Answer(answer));
        let sink = Memory::default();
        assert_eq!(pull(&target, &repository, &sink).unwrap_err().kind, RegistryErrorKind::Mismatch);
        assert!(!sink.digests().contains(&layer().digest));
    }
}

fn a_huge_manifest_is_an_error() {
    let (target, _, _, repository) = with_image();
    let huge = vec![b' '; MANIFEST_LIMIT as usize + 1];
    let answer = Response::new(200).with("Content-Type", media_type::MANIFEST).body(huge);
    target.fake().fault("GET", "/manifests/", 1, Fault::Answer(answer));
    let error = target.client.manifest(&repository, &one()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Mismatch);
    assert!(error.message.ends_with("a manifest of more than 4194304 bytes"), "{error}");
}

pub(crate) fn page(status: u16) -> Response {
    Response::new(status).with("Content-Type", "text/html; charset=utf-8").body("<html>Sign in</html>")
}

fn a_web_page_is_an_error_that_names_the_url() {
    let (target, _, _, repository) = with_image();
    for (status, end) in
        [(200, "what is neither a manifest nor an index"), (404, "status 404 and a web page")]
    {
        target.fake().fault("GET", "/manifests/", 1, Fault::Answer(page(status)));
        let error = target.client.manifest(&repository, &one()).unwrap_err();
        let expected = format!("http://{}/v2/acme/app/manifests/1 answered with {end}", target.address);
        assert_eq!((error.kind, error.message), (RegistryErrorKind::Garbled, expected));
    }
    target.fake().fault("GET", "/tags/", 1, Fault::Answer(page(200)));
    let error = target.client.tags(&repository).unwrap_err();
    assert!(error.message.ends_with("/v2/acme/app/tags/list answered with what is no list"), "{error}");
}

fn nonsense_is_an_error() {
    let (target, source, root, repository) = with_image();
    target.fake().fault(
        "POST",
        "/uploads/",
        1,
        Fault::Answer(Response::new(202).with("Location", "ftp://x/")),
    );
    let other = source.image("{}", &[b"other"]);
    assert_eq!(
        try_push(&target.client, &source, &other, &repository).unwrap_err().kind,
        RegistryErrorKind::Garbled
    );
    target.fake().fault(
        "GET",
        "/tags/",
        3,
        Fault::Field("Link", "</v2/acme/app/tags/list?n=1000>; rel=next".into()),
    );
    let error = target.client.tags(&repository).unwrap_err();
    assert!(error.message.ends_with("pages without an end"), "{error}");
    target.fake().fault(
        "PUT",
        "/manifests/",
        1,
        Fault::Field("Docker-Content-Digest", Digest::of(b"x").to_string()),
    );
    assert_eq!(
        try_push(&target.client, &source, &root, &repository).unwrap_err().kind,
        RegistryErrorKind::Mismatch
    );
}

fn too_many_requests_for_ever_end_in_one_error() {
    let (target, _, _, repository) = with_image();
    target.fake().fault("GET", "/manifests/", 1000, Fault::Answer(Response::new(429)));
    let error = target.client.manifest(&repository, &one()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Unavailable);
    assert!(error.message.ends_with("too many requests (status 429); tried 6 times"), "{error}");
    assert_eq!(target.fake().requests().len(), 6);
}

fn a_busy_registry_is_asked_again_when_it_says() {
    let (target, _, root, repository) = with_image();
    let clock = Arc::new(PatientClock::default());
    let client = Client::new(Options { clock: clock.clone(), ..target.options() }, Cancel::default());
    for (status, after) in [(429, "7"), (503, "3600"), (408, "0"), (500, "Sun, 06 Nov 1994 08:49:37 GMT")] {
        target.fake().fault(
            "GET",
            "/manifests/",
            1,
            Fault::Answer(Response::new(status).with("Retry-After", after)),
        );
    }
    assert_eq!(client.manifest(&repository, &one()).unwrap().descriptor.digest, root.digest);
    assert_eq!(*clock.0.lock().unwrap(), [7, 60, 0, 0].map(Duration::from_secs));
}

fn only_an_error_of_a_registry_says_absent() {
    let (target, _, root, repository) = with_image();
    for (status, kind) in [
        (404, RegistryErrorKind::Garbled),
        (403, RegistryErrorKind::Denied),
        (400, RegistryErrorKind::Garbled),
    ] {
        target.fake().fault("*", "/manifests/", 2, Fault::Answer(Response::new(status)));
        assert_eq!(target.client.manifest_digest(&repository, &one()).unwrap_err().kind, kind, "{status}");
    }
    target.fake().fault("HEAD", "/manifests/", 1, Fault::Answer(Response::new(404)));
    assert_eq!(target.client.manifest_digest(&repository, &one()).unwrap(), Some(root.digest));
}

fn a_forgotten_blob_is_sent_again() {
    let (target, source, repository) = (fake(Access::Free), Memory::default(), "acme/app");
    let (root, repository) = (source.image("{}", &[&noise(1), &noise(2)]), target.repository(repository));
    target.fake().fault("PUT", "/uploads/", 2, Fault::Forget);
    let pushed = push(&target, &source, &root, &repository, &["1"], &[]);
    assert_eq!((pushed.digest, pushed.uploaded), (root.digest, 5), "three blobs, two of them twice");
    assert!(pull(&target, &repository, &Memory::default()).is_ok());
}

fn a_registry_that_always_forgets_ends_in_an_error() {
    let (target, source) = (fake(Access::Free), Memory::default());
    let root = source.image("{}", &[b"layer"]);
    target.fake().fault("PUT", "/uploads/", 1000, Fault::Forget);
    let error = try_push(&target.client, &source, &root, &target.repository("acme/app")).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::BlobUnknown);
    assert!(error.message.ends_with("status 400: MANIFEST_BLOB_UNKNOWN: told so"), "{error}");
}

fn a_broken_upload_is_begun_anew() {
    let (target, source) = (fake(Access::Free), Memory::default());
    let root = source.image("{}", &[&noise(1)]);
    target.fake().fault("PUT", "/uploads/", 1, Fault::Hangup);
    let unknown = Response::error(404, "BLOB_UPLOAD_UNKNOWN", "");
    target.fake().fault("PUT", "/uploads/", 1, Fault::Answer(unknown));
    target.fake().fault("POST", "/uploads/", 1, Fault::Answer(Response::new(502)));
    let repository = target.repository("acme/app");
    assert_eq!(try_push(&target.client, &source, &root, &repository).unwrap(), root.digest);
    assert!(pull(&target, &repository, &Memory::default()).is_ok());
}

fn what_arrived_is_not_sent_again_after_a_lost_answer() {
    let (target, source) = (fake(Access::Free), Memory::default());
    let root = source.image("{}", &[]);
    target.fake().fault("PUT", "/uploads/", 1, Fault::Swallow);
    target.fake().fault("PUT", "/manifests/", 1, Fault::Swallow);
    let repository = target.repository("acme/app");
    assert_eq!(try_push(&target.client, &source, &root, &repository).unwrap(), root.digest);
    let requests = target.fake().requests();
    assert_eq!(requests.iter().filter(|request| request.target.contains("/uploads/")).count(), 2);
}

fn a_broken_piece_goes_on_where_it_broke() {
    let (target, bytes) = (fake(Access::Free), noise(9));
    let client = client(Options { chunk: Some(100_000), ..target.options() });
    let (repository, descriptor) = (target.repository("acme/app"), Descriptor::of(media_type::LAYER, &bytes));
    target.fake().fault("PATCH", "/uploads/", 1, Fault::Hangup);
    target.fake().fault("PATCH", "/uploads/", 1, Fault::Answer(Response::new(503)));
    target.fake().fault("PATCH", "/uploads/", 1, Fault::Swallow);
    let open = |offset: u64| Ok(Box::new(&bytes[offset as usize..]) as Box<dyn std::io::Read>);
    client.push_blob(&repository, &descriptor, &open, &[]).unwrap();
    let requests = target.fake().requests();
    let pieces = requests.iter().filter(|request| request.method == "PATCH");
    let ranges: Vec<_> = pieces.filter_map(|request| request.field("content-range")).collect();
    assert_eq!(ranges, ["0-99999", "0-99999", "0-99999", "100000-199999", "200000-299999"]);
}

fn a_blob_that_is_too_large_goes_in_pieces() {
    let (target, source) = (fake(Access::Free), Memory::default());
    let root = source.image("{}", &[&noise(1)]);
    target.fake().fault("PUT", "/uploads/", 1, Fault::Answer(Response::new(413)));
    let repository = target.repository("acme/app");
    assert_eq!(try_push(&target.client, &source, &root, &repository).unwrap(), root.digest);
    assert_eq!(target.fake().requests().iter().filter(|request| request.method == "PATCH").count(), 1);
}

fn redirects_in_circles_are_an_error() {
    let (target, _, _, repository) = with_image();
    let to = |path: &str| Fault::Answer(Response::new(307).with("Location", path));
    target.fake().fault("GET", "/manifests/1", 1000, to("/v2/acme/app/manifests/2"));
    target.fake().fault("GET", "/manifests/2", 1000, to("/v2/acme/app/manifests/1"));
    let error = target.client.manifest(&repository, &one()).unwrap_err();
    assert!(error.message.ends_with("redirects that go round in circles"), "{error}");
    assert_eq!(target.fake().requests().len(), 2);
}

fn a_tag_that_is_another_when_read_back_is_an_error() {
    let (target, source) = (fake(Access::Free), Memory::default());
    let root = source.image("{}", &[b"layer"]);
    let other = Response::new(200).with("Docker-Content-Digest", &Digest::of(b"other").to_string());
    target.fake().fault("HEAD", "/manifests/1", 1, Fault::Answer(other));
    let error = try_push(&target.client, &source, &root, &target.repository("acme/app")).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Mismatch);
}

fn referrers_have_a_tag_where_there_is_no_question_for_them() {
    let (target, source, subject, repository) = with_image();
    target.fake().without_referrers();
    let mut manifest = images_oci::model::Manifest::new(source.add(media_type::EMPTY, b"{}"), Vec::new());
    (manifest.artifact_type, manifest.subject) = (Some("application/x.sbom".into()), Some(subject.clone()));
    let root = source.add(media_type::MANIFEST, &serde_json::to_vec(&manifest).unwrap());
    push(&target, &source, &root, &repository, &[], &[]);
    push(&target, &source, &root, &repository, &[], &[]);
    let found = target.client.referrers(&repository, subject.digest, Some("application/x.sbom")).unwrap();
    assert_eq!(found.iter().map(|found| found.digest).collect::<Vec<_>>(), [root.digest]);
    let tag = format!("sha256-{}", subject.digest.hex());
    assert_eq!(target.client.tags(&repository).unwrap(), ["1".to_owned(), tag]);
}

fn an_interrupt_ends_the_waiting() {
    let (target, _, _, repository) = with_image();
    let cancel = Cancel::default();
    let client = Client::new(target.options(), cancel.clone());
    let wait = Response::new(429).with("Retry-After", "60");
    target.fake().fault("GET", "/manifests/", 1000, Fault::Answer(wait));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.manifest(&repository, &one()));
        while target.fake().requests().is_empty() {
            std::thread::yield_now();
        }
        cancel.interrupt();
        assert_eq!(waiting.join().unwrap().unwrap_err().kind, RegistryErrorKind::Interrupted);
    });
}

fn silence_ends() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let timeouts = Timeouts { silence: Duration::from_millis(20), ..Timeouts::default() };
    let client = client(Options { timeouts, ..Options::default() });
    let repository = Repository::parse(&format!("{address}/acme/app")).unwrap();
    let error = client.manifest(&repository, &one()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Unreachable);
    assert!(error.message.ends_with("nothing moved for 0.02 s; tried 6 times"), "{error}");
}
