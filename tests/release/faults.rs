//! What is not known is never "absent", and nothing is written then.

use images_tests::fake_registry::{Fault, Response};

use crate::world::World;
use crate::{Told, tests};

pub(crate) const ALL: &[(&str, Told)] = tests![
    Told,
    an_answer_that_does_not_tell_ends_in_an_error,
    what_a_check_found_is_told_although_the_registry_does_not_tell,
    a_lie_about_a_digest_ends_in_an_error,
    a_repeated_release_writes_nothing,
    refused_content_writes_nothing,
    a_registry_with_immutable_tags_is_taken_at_its_word,
    a_tag_that_is_forgotten_is_an_error,
    what_is_sent_is_read_back_before_any_tag,
];

fn an_answer_that_does_not_tell_ends_in_an_error(world: &World) {
    let page = Response::new(404).with("Content-Type", "text/html").body("<html>no such page</html>");
    // A second try at once, so that the test does not wait.
    let busy = |status| Response::new(status).with("Retry-After", "0");
    for (answer, told) in [
        (Response::error(401, "UNAUTHORIZED", ""), "status 401: UNAUTHORIZED: told so"),
        (Response::error(403, "DENIED", ""), "status 403: DENIED: told so"),
        (busy(429), "too many requests (status 429); tried 6 times"),
        (busy(500), "status 500; tried 6 times"),
        (page, "status 404 and a web page"),
        (
            Response::new(200).with("Content-Type", "application/json").body("{"),
            "neither a manifest nor an index",
        ),
    ] {
        for words in [&[][..], &["--execute"]] {
            world.fake().fault("GET", "/app/manifests/1.0.0", 100, Fault::Answer(answer.clone()));
            let ended = world.release(words);
            assert_eq!(ended.code(), 1, "{told}: {}", ended.stderr);
            assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
            let place = "images/app/Image.toml:2:11";
            assert!(ended.stderr.contains(place), "{told}: {}", ended.stderr);
            assert_eq!(world.writes(), Vec::<String>::new());
            world.fake().forget_faults();
        }
    }
    world.released();
}

fn what_a_check_found_is_told_although_the_registry_does_not_tell(world: &World) {
    world.workspace.write("images/base/Dockerfile", "FROM debian:12\nCOPY data /data\n");
    let denied = Response::error(403, "DENIED", "");
    world.fake().fault("GET", "/app/manifests/1.0.0", 1, Fault::Answer(denied));
    let checked = world.workspace.run(&["check", "--workspace", "--published", "--message-format=github"]);
    assert_eq!(checked.code(), 1, "{}", checked.stderr);
    for told in [
        "::warning file=images/base/Dockerfile,line=1,endLine=1,col=6,endColumn=15,title=lock::",
        "::error file=images/app/Image.toml,line=2,endLine=2,col=11,endColumn=18,title=version::",
    ] {
        assert!(checked.stdout.contains(told), "{told}: {}", checked.stdout);
    }
    assert!(checked.stdout.contains("status 403: DENIED: told so"), "{}", checked.stdout);
}

fn a_lie_about_a_digest_ends_in_an_error(world: &World) {
    world.released();
    world.writes();
    let other = format!("sha256:{}", "0".repeat(64));
    world.fake().fault(
        "GET",
        "/app/manifests/1.0.0",
        1,
        Fault::Field("Docker-Content-Digest", other.clone()),
    );
    let ended = world.release(&["--execute"]);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains(&format!("where {other} was said")), "{}", ended.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
}

fn a_repeated_release_writes_nothing(world: &World) {
    world.released();
    world.writes();
    world.released();
    assert_eq!(world.writes(), Vec::<String>::new());
}

fn refused_content_writes_nothing(world: &World) {
    world.released();
    world.writes();
    world.workspace.write("images/app/more", "edited");
    world.workspace.image("third", "FROM {ns}/base\n");
    world.commit();
    assert_eq!(world.release(&["--execute"]).code(), 1);
    assert_eq!(world.writes(), Vec::<String>::new(), "nor is what could be published");
}

fn a_registry_with_immutable_tags_is_taken_at_its_word(world: &World) {
    let immutable = Response::error(409, "TAG_INVALID", "");
    world.fake().fault("PUT", "/app/manifests/1.0.0", 1, Fault::Answer(immutable));
    let ended = world.release(&["--execute"]);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("status 409: TAG_INVALID"), "{}", ended.stderr);
    world.released();
}

fn a_tag_that_is_forgotten_is_an_error(world: &World) {
    world.fake().fault("PUT", "/app/manifests/1.0.0", 100, Fault::Forget);
    let ended = world.release(&["--execute"]);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("app:1.0.0 is not there after it was sent"), "{}", ended.stderr);
}

fn what_is_sent_is_read_back_before_any_tag(world: &World) {
    let gone = Response::error(404, "BLOB_UNKNOWN", "");
    world.fake().fault("HEAD", "/app/blobs/", 100, Fault::Answer(gone));
    let ended = world.release(&["--execute"]);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("after it was sent"), "{}", ended.stderr);
    assert_eq!(world.fake().tags().len(), 0);
    world.fake().forget_faults();
    let other =
        Response::new(200).with("Content-Type", "application/vnd.oci.image.manifest.v1+json").body("{}");
    world.fake().fault("GET", "/app/manifests/sha256:", 100, Fault::Answer(other));
    let ended = world.release(&["--execute"]);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("a manifest with digest sha256:"), "{}", ended.stderr);
    assert_eq!(world.fake().tags().len(), 0);
}
