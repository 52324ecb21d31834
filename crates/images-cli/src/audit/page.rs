//! The audit as one page that needs nothing else.

use images_core::audit::{Audit, AuditedImage};

use super::{commit, outcome, root};
use crate::html::{document, escaped};

/// The page.
pub(crate) fn page(audit: &Audit, namespace: &str) -> String {
    let sections: String = audit.images.iter().map(section).collect();
    let body = format!("{}{sections}", summary(audit));
    document(&format!("Where the images of {namespace} come from"), &body)
}

/// One row for each image, which leads to its section.
fn summary(audit: &Audit) -> String {
    let row = |image: &AuditedImage| {
        let passed = image.tests.iter().filter(|test| test.passed == Some(true)).count();
        let cells = [
            link(&image.spec),
            image.parents.iter().map(|parent| link(parent)).collect::<Vec<_>>().join(", "),
            image.roots.iter().map(|root| escaped(root)).collect::<Vec<_>>().join(", "),
            escaped(&commit(image)),
            format!("{passed} of {}", image.tests.len()),
        ];
        format!("<tr>{}\n", cells.map(|cell| format!("<td>{cell}")).concat())
    };
    let rows: String = audit.images.iter().map(row).collect();
    let head = ["Image", "Parents", "Images from elsewhere", "Commit", "Tests passed"];
    format!("<table>\n<tr>{}\n{rows}</table>\n", head.map(|title| format!("<th>{title}")).concat())
}

fn section(image: &AuditedImage) -> String {
    let mut rows = vec![
        ("Reference", escaped(&image.reference)),
        ("Key", escaped(&image.key.to_string())),
        ("Built", if image.is_built { "yes" } else { "no" }.to_owned()),
        ("Platform", escaped(&image.platform)),
        ("Commit", escaped(&commit(image))),
    ];
    rows.extend(image.parents.iter().map(|parent| ("Parent", link(parent))));
    rows.extend(image.externals.iter().map(|external| (title(external.role), escaped(&root(external)))));
    rows.extend(
        image.tests.iter().map(|test| ("Test", escaped(&format!("{}: {}", test.name, outcome(test))))),
    );
    let rows: String = rows.into_iter().map(|(name, cell)| format!("<tr><th>{name}<td>{cell}\n")).collect();
    let spec = escaped(&image.spec);
    format!("<h2 id=\"{spec}\">{spec}</h2>\n<table>\n{rows}</table>\n")
}

fn title(role: &str) -> &'static str {
    match role {
        "base" => "Base",
        "copy" => "Copied from",
        "mount" => "Mounted",
        _ => "Frontend",
    }
}

fn link(spec: &str) -> String {
    let spec = escaped(spec);
    format!("<a href=\"#{spec}\">{spec}</a>")
}
