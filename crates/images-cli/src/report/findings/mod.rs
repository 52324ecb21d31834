//! What a check found: for people on stderr, and for programs on stdout.

pub(super) mod github;
pub(super) mod json;
mod region;
mod sarif;

use camino::{Utf8Path, Utf8PathBuf};
use images_core::Error;
use images_core::check::Findings;
use images_schema::Severity;

use crate::arguments::CheckFormat;
use crate::render;
use crate::terminal::Terminal;

/// Reports the findings. `root` is the workspace's root in its repository, whose paths GitHub wants.
pub(crate) fn report(format: CheckFormat, findings: &Findings, root: &Utf8Path, terminal: Terminal) {
    for_people(findings, terminal);
    match format {
        CheckFormat::Human => {}
        CheckFormat::Json => {
            findings.diagnostics.iter().for_each(|found| terminal.data(&json::line(found)));
            terminal.data(&json::end(findings));
        }
        CheckFormat::Github => {
            findings.diagnostics.iter().for_each(|found| terminal.data(&github::command(found, root)));
        }
        CheckFormat::Sarif => terminal.data(&sarif::document(findings, root)),
    }
}

/// Warnings first, so that what has to be mended is at the end.
fn for_people(findings: &Findings, terminal: Terminal) {
    let warnings = findings.diagnostics.iter().filter(|found| found.severity == Severity::Warning);
    warnings.for_each(|warning| terminal.diagnostic(warning));
    let errors: Vec<_> = findings.errors().cloned().collect();
    if !errors.is_empty() {
        terminal.error(&render::error(&Error::Input(errors)));
    }
}

/// A path as the repository has it.
pub(super) fn in_repository(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    if path.is_absolute() { path.to_owned() } else { root.join(path) }
}
