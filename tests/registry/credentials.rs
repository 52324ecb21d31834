//! Who gets credentials, and over what: what must not happen whatever a registry says.

use std::fs;

use images_oci::registry::{Options, Proxies, RegistryErrorKind, Repository};
use images_tests::fake_registry::{Access, FakeRegistry, Fault, PASSWORD, Response};

use crate::checks::{noise, push};
use crate::faults::{fake, faults, layer, one, page, pull, try_push, with_image};
use crate::memory::Memory;
use crate::target::{Target, client};

pub(crate) const ALL: &[(&str, fn())] = faults![
    a_refusal_says_what_to_do,
    a_wrong_password_is_denied,
    tokens_that_expire_during_a_push_are_renewed,
    credentials_do_not_follow_a_redirect,
    a_proxy_is_asked_in_place_of_the_host,
    clear_text_is_for_this_machine_alone,
    a_helper_that_is_not_there_is_an_error,
];

fn a_refusal_says_what_to_do() {
    let target = fake(Access::Basic);
    let stranger = client(Options::default());
    let error = stranger.manifest(&target.repository("acme/app"), &one()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Denied);
    assert!(error.message.ends_with("answered with status 401: UNAUTHORIZED: told so"), "{error}");
    assert!(error.help.unwrap().contains(&format!("`docker login {}`", target.address)));
}

/// Options with this `auth` of a credential file.
fn with_auth(target: &Target, entry: &str) -> Options {
    let file = target.file("other.json");
    fs::write(&file, format!(r#"{{"auths":{{"{}":{entry}}}}}"#, target.address)).unwrap();
    Options { credential_files: vec![file], ..Options::default() }
}

fn a_wrong_password_is_denied() {
    for access in [Access::Basic, Access::Token, Access::PrivateToken] {
        let target = fake(access);
        let client = client(with_auth(&target, r#"{"username":"tester","password":"guessed"}"#));
        let error = client.manifest(&target.repository("acme/app"), &one()).unwrap_err();
        assert_eq!(error.kind, RegistryErrorKind::Denied, "{access:?}");
        assert!(!format!("{error:?}{client:?}").contains("guessed"), "{error:?}");
        assert!(target.fake().requests().len() <= 4, "it is not tried for ever");
    }
}

fn tokens_that_expire_during_a_push_are_renewed() {
    let (target, source) = (fake(Access::PrivateToken), Memory::default());
    let root = source.image("{}", &[&noise(1), &noise(2), &noise(3)]);
    target.fake().fault("PUT", "/uploads/", 2, Fault::Expire);
    target.fake().fault("PUT", "/manifests/", 2, Fault::Expire);
    let repository = target.repository("acme/app");
    assert_eq!(try_push(&target.client, &source, &root, &repository).unwrap(), root.digest);
    assert!(pull(&target, &repository, &Memory::default()).is_ok());
}

fn credentials_do_not_follow_a_redirect() {
    for access in [Access::Basic, Access::PrivateToken] {
        let (target, source, storage) = (fake(access), Memory::default(), FakeRegistry::start(Access::Free));
        let (root, repository) = (source.image("{}", &[&noise(7)]), target.repository("acme/app"));
        push(&target, &source, &root, &repository, &["1"], &[]);
        storage.put_blob("there", &layer().digest.to_string(), &noise(7));
        let location = format!(
            "http://u:{PASSWORD}@{}/v2/there/blobs/{}?signature=s3cret",
            storage.address,
            layer().digest
        );
        let redirect = Response::new(307).with("Location", &location);
        target.fake().fault("GET", &layer().digest.to_string(), 2, Fault::Answer(redirect));
        assert_eq!(pull(&target, &repository, &Memory::default()).unwrap(), root.digest);
        let followed = storage.requests();
        assert!(followed[0].target.ends_with("?signature=s3cret"), "{followed:?}");
        assert_eq!(followed[0].field("authorization"), None);
        storage.fault("*", "", 1, Fault::Answer(page(403)));
        let error = pull(&target, &repository, &Memory::default()).unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

fn a_proxy_is_asked_in_place_of_the_host() {
    let (target, _, root, _) = with_image();
    let proxies = Proxies { http: Some(format!("http://u:p@{}", target.address)), ..Proxies::default() };
    let plain_http = vec!["registry.invalid".to_owned()];
    let client = client(Options { proxies, plain_http, ..Options::default() });
    let repository = Repository::parse("registry.invalid/acme/app").unwrap();
    assert_eq!(client.manifest(&repository, &one()).unwrap().descriptor.digest, root.digest);
    let request = target.fake().requests().pop().unwrap();
    assert_eq!(request.field("proxied-host"), Some("registry.invalid"));
    assert_eq!(request.field("proxy-authorization"), Some("Basic dTpw"));
}

fn clear_text_is_for_this_machine_alone() {
    let (target, _, _, repository) = with_image();
    let elsewhere = Response::new(307).with("Location", "http://registry.invalid/x");
    target.fake().fault("GET", "/manifests/", 1, Fault::Answer(elsewhere));
    let error = target.client.manifest(&repository, &one()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Refused);
    assert!(
        error.message.ends_with("sends us to http://registry.invalid/x, which is not encrypted"),
        "{error}"
    );
    let realm = "Bearer realm=\"http://auth.invalid/token\"";
    let challenge = Response::new(401).with("WWW-Authenticate", realm);
    target.fake().fault("GET", "/manifests/", 1, Fault::Answer(challenge));
    let error = target.client.manifest(&repository, &one()).unwrap_err();
    assert!(
        error.message.contains("http://auth.invalid/token, which would get credentials in clear text"),
        "{error}"
    );
}

fn a_helper_that_is_not_there_is_an_error() {
    let target = fake(Access::Basic);
    let file = target.file("helpers.json");
    fs::write(&file, format!(r#"{{"credHelpers":{{"{}":"no-such-helper"}}}}"#, target.address)).unwrap();
    let client = client(Options { credential_files: vec![file], ..Options::default() });
    let error = client.manifest(&target.repository("acme/app"), &one()).unwrap_err();
    assert_eq!(error.kind, RegistryErrorKind::Input);
    assert!(error.message.contains("`docker-credential-no-such-helper` was not found"), "{error}");
}
