//! An audit in words: as text, as JSON, as one HTML page.

mod page;
#[cfg(test)]
mod tests;

use images_core::audit::{Audit, AuditedExternal, AuditedImage, AuditedTest};
use images_schema::message;

pub(crate) use page::page;

/// A paragraph for each image, parents first.
pub(crate) fn text(audit: &Audit) -> String {
    audit.images.iter().map(paragraph).collect::<Vec<_>>().join("\n\n")
}

fn paragraph(image: &AuditedImage) -> String {
    let mut lines = vec![image.spec.clone()];
    let mut add = |name: &str, text: String| lines.push(format!("  {name:<9} {text}"));
    add("reference", image.reference.clone());
    add("key", format!("{}{}", image.key, if image.is_built { "" } else { " (not built)" }));
    add("platform", image.platform.clone());
    add("commit", commit(image));
    image.parents.iter().for_each(|parent| add("parent", parent.clone()));
    image.externals.iter().for_each(|external| add(external.role, root(external)));
    add(
        "roots",
        if image.roots.is_empty() { "none: from scratch".to_owned() } else { image.roots.join(", ") },
    );
    image.tests.iter().for_each(|test| add("test", format!("{}: {}", test.name, outcome(test))));
    lines.join("\n")
}

fn commit(image: &AuditedImage) -> String {
    let Some(commit) = &image.commit else { return "not known".to_owned() };
    let older = if commit.ends_history { " or an older one, where this shallow clone ends" } else { "" };
    let changes = if image.is_clean == Some(false) { ", and changes since" } else { "" };
    format!("{} of {}{older}{changes}", commit.revision, commit.date)
}

fn root(external: &AuditedExternal) -> String {
    let AuditedExternal { reference, digest, id, resolved, .. } = external;
    let resolved = resolved.as_ref().map(|time| format!(", locked {time}")).unwrap_or_default();
    match (digest, id) {
        (Some(digest), _) if reference.ends_with(digest.as_str()) => reference.clone(),
        (Some(digest), _) => format!("{reference} {digest}{resolved}"),
        (None, Some(id)) => format!("{reference} local image {id}{resolved}"),
        (None, None) => format!("{reference}, not pinned"),
    }
}

fn outcome(test: &AuditedTest) -> &'static str {
    match test.passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "not run",
    }
}

/// As data.
pub(crate) fn json(audit: &Audit) -> message::Audit {
    message::Audit { version: message::FORMAT_VERSION, images: audit.images.iter().map(image).collect() }
}

fn image(image: &AuditedImage) -> message::AuditedImage {
    let external = |external: &AuditedExternal| message::AuditedExternal {
        reference: external.reference.clone(),
        role: external.role,
        digest: external.digest.clone(),
        id: external.id.clone(),
        resolved: external.resolved.clone(),
    };
    let test = |test: &AuditedTest| message::AuditedTest { name: test.name.clone(), passed: test.passed };
    message::AuditedImage {
        spec: image.spec.clone(),
        reference: image.reference.clone(),
        key: image.key.to_string(),
        platform: image.platform.clone(),
        built: image.is_built,
        revision: image.commit.as_ref().map(|commit| commit.revision.clone()),
        committed: image.commit.as_ref().map(|commit| commit.date.clone()),
        shallow: image.commit.as_ref().is_some_and(|commit| commit.ends_history),
        clean: image.is_clean,
        parents: image.parents.clone(),
        externals: image.externals.iter().map(external).collect(),
        roots: image.roots.clone(),
        tests: image.tests.iter().map(test).collect(),
    }
}
