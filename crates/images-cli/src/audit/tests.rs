use images_core::Commit;
use images_core::graph::NodeId;
use images_core::key::Parts;

use super::*;

fn image() -> AuditedImage {
    let parts = Parts {
        format: String::new(),
        dockerfile: String::new(),
        target: None,
        platform: String::new(),
        args: Default::default(),
        labels: Default::default(),
        secrets: Vec::new(),
        parents: Vec::new(),
        externals: Vec::new(),
        epoch: 0,
        context: String::new(),
    };
    let external = |reference: &str, digest: Option<&str>, id: Option<&str>, resolved: Option<&str>| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        AuditedExternal {
            reference: reference.to_owned(),
            role: "base",
            digest: owned(digest),
            id: owned(id),
            resolved: owned(resolved),
        }
    };
    let test = |name: &str, passed| AuditedTest { name: name.to_owned(), passed };
    AuditedImage {
        id: NodeId(0),
        spec: "app:1".to_owned(),
        reference: "localhost/acme/app:1".to_owned(),
        key: parts.key(),
        platform: "linux/amd64".to_owned(),
        is_built: false,
        commit: Some(Commit {
            revision: "abc".to_owned(),
            date: "2026-01-31T12:00:00Z".to_owned(),
            ends_history: false,
        }),
        is_clean: Some(false),
        parents: vec!["base:1".to_owned()],
        externals: vec![
            external("debian:12", Some("sha256:d"), None, Some("2026-01-01T00:00:00Z")),
            external("local:1", None, Some("sha256:i"), Some("2026-01-01T00:00:00Z")),
            external("mine@sha256:m", Some("sha256:m"), None, None),
            external("loose", None, None, None),
        ],
        roots: vec!["<b>".to_owned(), "debian:12".to_owned()],
        tests: vec![test("serves", Some(true)), test("\"breaks\"", Some(false)), test("waits", None)],
    }
}

#[test]
fn an_image_is_a_paragraph() {
    let image = image();
    let expected = format!(
        "app:1\n  reference localhost/acme/app:1\n  key       {} (not built)\n  platform  linux/amd64\n  \
         commit    abc of 2026-01-31T12:00:00Z, and changes since\n  parent    base:1\n  \
         base      debian:12 sha256:d, locked 2026-01-01T00:00:00Z\n  \
         base      local:1 local image sha256:i, locked 2026-01-01T00:00:00Z\n  \
         base      mine@sha256:m\n  base      loose, not pinned\n  roots     <b>, debian:12\n  \
         test      serves: passed\n  test      \"breaks\": failed\n  test      waits: not run",
        image.key
    );
    assert_eq!(text(&Audit { images: vec![image] }), expected);
}

#[test]
fn what_stands_on_nothing_says_so() {
    let image = AuditedImage { roots: Vec::new(), commit: None, is_built: true, ..image() };
    let text = paragraph(&image);
    assert!(text.contains("\n  roots     none: from scratch\n"), "{text}");
    assert!(text.contains("\n  commit    not known\n") && !text.contains("not built"), "{text}");
}

#[test]
fn where_a_shallow_clone_ends_an_older_commit_may_be_meant() {
    let mut image = image();
    image.commit.as_mut().unwrap().ends_history = true;
    let told =
        "abc of 2026-01-31T12:00:00Z or an older one, where this shallow clone ends, and changes since";
    assert_eq!(commit(&image), told);
}

#[test]
fn the_page_links_parents_and_escapes_texts() {
    let page = page(&Audit { images: vec![image()] }, "acme");
    assert!(page.contains("<h2 id=\"app:1\">app:1</h2>"), "{page}");
    assert!(page.contains("<tr><th>Parent<td><a href=\"#base:1\">base:1</a>"), "{page}");
    assert!(page.contains("&lt;b&gt;, debian:12") && !page.contains("<b>"), "{page}");
    assert!(page.contains("<td>1 of 3") && page.contains("&quot;breaks&quot;: failed"), "{page}");
}

#[test]
fn json_has_all_of_it() {
    let json = serde_json::to_value(json(&Audit { images: vec![image()] })).unwrap();
    assert_eq!(json["images"][0]["externals"][0]["digest"], "sha256:d");
    assert_eq!(json["images"][0]["revision"], "abc");
    assert_eq!(json["images"][0]["clean"], false);
    assert_eq!(json["images"][0]["tests"][2]["passed"], serde_json::Value::Null);
}
