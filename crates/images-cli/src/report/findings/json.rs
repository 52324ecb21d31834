//! One JSON object a line, as `build` writes diagnostics.

use images_core::check::Findings;
use images_schema::Diagnostic;
use images_schema::message::DiagnosticMessage;
use serde_json::json;

/// The line of one finding.
pub(crate) fn line(diagnostic: &Diagnostic) -> String {
    let mut line = json!(DiagnosticMessage::from(diagnostic));
    line["event"] = json!("diagnostic");
    line.to_string()
}

/// The last line.
pub(super) fn end(findings: &Findings) -> String {
    let errors = findings.errors().count();
    let warnings = findings.diagnostics.len() - errors;
    json!({"event": "finished", "success": errors == 0, "errors": errors, "warnings": warnings}).to_string()
}
