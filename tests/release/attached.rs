//! Signatures and statements.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use images_tests::checkout::git;
use serde_json::Value;

use crate::world::{World, record};
use crate::{Told, tests};

pub(crate) const ALL: &[(&str, Told)] = tests![
    Told,
    without_cosign_nothing_is_pushed,
    cosign_gets_digests_before_tags_are_set,
    a_failing_cosign_leaves_no_tag_and_signs_nothing_twice,
    a_statement_is_attached_without_cosign,
    another_build_of_a_base_is_not_said_to_be_the_published_one,
];

fn cosign(world: &World, more: &str) {
    let calls = world.file("calls");
    let path = world.workspace.path().join("target/programs/cosign");
    let text = format!("#!/bin/sh\necho \"$@\" >>'{}'\n{more}\n", calls.display());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn calls(world: &World) -> Vec<String> {
    let path = world.file("calls");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(path);
    text.lines().map(str::to_owned).collect()
}

fn without_cosign_nothing_is_pushed(world: &World) {
    let ended = world.release(&["--execute", "--sign"]);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("cannot sign: `cosign` was not found"), "{}", ended.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

fn cosign_gets_digests_before_tags_are_set(world: &World) {
    cosign(world, "");
    world.fake().fault("PUT", "/app/manifests/1.0.0", 1, images_tests::fake_registry::Fault::Hold);
    let words = ["--execute", "--sign", "--sign-key=--key", "--provenance", "--plain-http", &world.address];
    let child = crate::world::start(&world.workspace, &[&words[..5], &words[5..]].concat());
    assert!(world.fake().holds_within(1, std::time::Duration::from_secs(60)));
    let before = calls(world);
    world.fake().let_go();
    crate::world::end(child).ok();
    assert_eq!(calls(world), Vec::<String>::new(), "all of it comes before the tags");
    let by_digest =
        |image: &str| format!("{}/acme/{image}@{}", world.address, world.digest(image, "1.0.0").unwrap());
    let predicate = |image: &str| {
        let hex = world.digest(image, "1.0.0").unwrap().hex();
        let path = world.workspace.path().join("target/images/release").join(format!("{hex}.predicate.json"));
        path.canonicalize().unwrap().display().to_string()
    };
    let flags = "--yes --key=--key --allow-http-registry";
    let attest = |image: &str| {
        let predicate = predicate(image);
        format!("attest {flags} --type=slsaprovenance1 --predicate={predicate} {}", by_digest(image))
    };
    let sign = |image: &str| format!("sign {flags} {}", by_digest(image));
    assert_eq!(before, ["version".to_owned(), sign("base"), attest("base"), sign("app"), attest("app")]);
    let kept = record(&world.workspace, "app@1.0.0");
    assert_eq!((&kept["signed"], &kept["action"]), (&true.into(), &"publish".into()));
    world.workspace.write("README.md", "another commit");
    world.commit();
    world.released();
    assert_eq!(record(&world.workspace, "app@1.0.0"), kept, "it is the record of how it was published");
}

fn a_failing_cosign_leaves_no_tag_and_signs_nothing_twice(world: &World) {
    cosign(world, "case \"$*\" in *acme/app@*) echo broken >&2; exit 1;; esac");
    let ended = world.release(&["--execute", "--sign"]);
    assert_eq!(ended.code(), 1);
    assert!(
        ended.stderr.contains("broken") && ended.stderr.contains("cosign sign failed"),
        "{}",
        ended.stderr
    );
    assert_eq!(world.fake().tags().len(), 0, "nothing was tagged");
    calls(world);
    cosign(world, "");
    world.release(&["--execute", "--sign"]).ok();
    let signed: Vec<_> = calls(world).into_iter().filter(|call| call.starts_with("sign ")).collect();
    assert_eq!(signed.len(), 1, "{signed:?}");
    assert!(signed[0].contains("/acme/app@"), "{signed:?}");
}

fn a_statement_is_attached_without_cosign(world: &World) {
    world.release(&["--execute", "--provenance"]).ok();
    let kept = record(&world.workspace, "app@1.0.0");
    let attached = kept["provenance"].as_str().unwrap();
    let get = |path: &str| -> Value {
        serde_json::from_str(&images_tests::registry::get(&world.address, path)).unwrap()
    };
    let manifest = get(&format!("/v2/acme/app/manifests/{attached}"));
    assert_eq!(manifest["artifactType"], "application/vnd.in-toto+json");
    assert_eq!(manifest["subject"]["digest"], kept["digest"]);
    let statement = get(&format!("/v2/acme/app/blobs/{}", manifest["layers"][0]["digest"].as_str().unwrap()));
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://slsa.dev/provenance/v1");
    let digest = statement["subject"][0]["digest"]["sha256"].as_str().unwrap();
    assert_eq!(format!("sha256:{digest}"), kept["digest"].as_str().unwrap());
    let resolved = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
    let head = git(&world.workspace, &["rev-parse", "HEAD"]);
    assert_eq!(resolved[0]["digest"]["gitCommit"], head.trim());
    let base = world.digest("base", "1.0.0").unwrap();
    assert_eq!(resolved[1]["digest"]["sha256"], base.hex());
}

fn another_build_of_a_base_is_not_said_to_be_the_published_one(world: &World) {
    world.release(&["base", "--execute"]).ok();
    world.put_another_build("base", "1.0.0");
    let released = world.release(&["app", "--execute"]);
    let base = format!("{}/acme/base:1.0.0", world.address);
    let told = format!("app:1.0.0 was made from another build of {base} than the published one");
    assert!(released.stderr.contains(&told), "{}", released.stderr);
    let bases = |told: &str| serde_json::from_str::<Value>(told).unwrap()["images"][0]["bases"].clone();
    let unknown = serde_json::json!([{"reference": base, "digest": null}]);
    assert_eq!(record(&world.workspace, "app@1.0.0")["bases"], unknown);
    let again = world.release(&["app", "--execute", "--format=json"]);
    assert!(!again.stderr.contains("another build"), "it is about what is made now: {}", again.stderr);
    assert_eq!(bases(&again.ok()), unknown);
}
