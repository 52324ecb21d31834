//! Where images come from.

use images_core::audit::{Audit, AuditedExternal, AuditedTest, audit};

use crate::exec::git;
use crate::fake_resolver::digest;
use crate::project::Project;

fn audited(project: &Project) -> Audit {
    project.with_plan(&["app"], |graph, planned| audit(graph, planned, 2, &project.cancel).unwrap())
}

#[test]
fn each_image_leads_to_all_that_it_stands_on_from_elsewhere() {
    let project = Project::new();
    project.image("base", "# syntax=docker/dockerfile:1\nFROM debian:12\n");
    project.image("tools", "FROM scratch\nCOPY --from=alpine:3 /bin/sh /sh\n");
    let manifest = "[image]\nversion = \"1.0.0\"\n[[test]]\nname = \"serves\"\nconfig = { user = \"app\" }\n";
    project.image_with(
        "app",
        manifest,
        "FROM acme/base\nCOPY --from=acme/tools /sh /sh\nRUN --mount=from=gcc:1,target=/g true\n",
    );
    // Images.lock is committed as well: what it pins is an input.
    project.built();
    project.write(".gitignore", "target\n");
    git(&project, &["init", "-q"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "first"]);
    let first = git(&project, &["rev-parse", "HEAD"]);
    project.write("images/app/file", "not committed");
    let audit = audited(&project);
    let specs: Vec<_> = audit.images.iter().map(|image| image.spec.as_str()).collect();
    assert_eq!(specs, ["base:1.0.0", "tools:1.0.0", "app:1.0.0"], "parents first");
    let [base, tools, app] = &audit.images[..] else { panic!("{audit:?}") };
    assert_eq!(app.parents, ["base:1.0.0", "tools:1.0.0"]);
    assert_eq!(app.roots, ["alpine:3", "debian:12", "docker/dockerfile:1", "gcc:1"]);
    assert_eq!(base.roots, ["debian:12", "docker/dockerfile:1"]);
    assert_eq!((tools.externals.len(), tools.externals[0].role), (1, "copy"));
    let AuditedExternal { reference, role, digest: pinned, id, resolved } = &base.externals[0];
    assert_eq!((reference.as_str(), *role, id), ("debian:12", "base", &None));
    assert_eq!(pinned.as_deref(), Some(digest("docker.io/library/debian:12").to_string().as_str()));
    assert!(resolved.is_some());
    assert_eq!(app.externals[0].role, "mount");
    assert_eq!(base.externals[1].role, "frontend");
    assert_eq!(app.commit.as_ref().map(|commit| commit.revision.clone()), Some(first));
    assert_eq!((app.is_clean, base.is_clean), (Some(false), Some(true)));
    assert_eq!(app.key.to_string(), project.key("app:1.0.0"));
    assert!(app.is_built, "the file is not read by its Dockerfile");
    assert_eq!(app.tests, [AuditedTest { name: "serves".to_owned(), passed: None }], "it was built only");
    project.write("images/base/Dockerfile", "FROM scratch\n");
    let audit = audited(&project);
    assert_eq!(audit.images.iter().map(|image| image.is_built).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn where_a_shallow_clone_ends_the_commit_may_be_an_older_one() {
    let whole = Project::new();
    whole.image("app", "FROM scratch\n");
    whole.commit();
    assert_eq!(audited(&whole).images[0].commit.as_ref().map(|commit| commit.ends_history), Some(false));
    whole.commit();
    let mut shallow = Project::new();
    let clone = shallow.path("clone");
    whole.git(&["clone", "--quiet", "--depth=1", &format!("file://{}", whole.root()), clone.as_str()]);
    shallow.options.start = clone;
    assert_eq!(audited(&shallow).images[0].commit.as_ref().map(|commit| commit.ends_history), Some(true));
}

#[test]
fn without_git_the_commit_is_not_known() {
    let project = Project::new();
    project.image("app", "FROM scratch\n");
    let audit = audited(&project);
    assert_eq!((&audit.images[0].commit, audit.images[0].is_clean), (&None, None));
    assert_eq!(audit.images[0].roots, [] as [&str; 0]);
}
