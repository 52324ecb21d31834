//! A SARIF 2.1.0 document.
//!
//! The format: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>. What code scanning reads of it,
//! and how much: <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>.
//! It refuses results without a location, and files with more than 25,000 results.

use camino::Utf8Path;
use images_core::check::Findings;
use images_schema::{Diagnostic, Rule, Severity};
use serde_json::{Value, json};

use super::in_repository;
use super::region::Region;

/// More results than this are refused.
const RESULTS: usize = 25_000;

/// The document. Errors come first, so that they are what a limit keeps.
pub(super) fn document(findings: &Findings, root: &Utf8Path) -> String {
    let mut ordered: Vec<_> = findings.diagnostics.iter().collect();
    ordered.sort_by_key(|found| found.severity == Severity::Warning);
    let results: Vec<_> = ordered.into_iter().take(RESULTS).map(|found| result(found, root)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "xtask-images",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": Rule::ALL.map(rule),
            }},
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The top of the repository"}}},
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).expect("a value has string keys and no failing parts")
}

fn rule(rule: Rule) -> Value {
    let text = json!({"text": rule.summary()});
    let level = if rule == Rule::Argument { "warning" } else { "error" };
    json!({
        "id": rule.id(),
        "shortDescription": text,
        "fullDescription": text,
        "help": text,
        "defaultConfiguration": {"level": level},
    })
}

fn result(found: &Diagnostic, root: &Utf8Path) -> Value {
    let level = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let help = found.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let index = Rule::ALL.iter().position(|rule| *rule == found.rule);
    json!({
        "ruleId": found.rule.id(),
        "ruleIndex": index.expect("ALL has every rule"),
        "level": level,
        "message": {"text": format!("{}{help}", found.message)},
        "locations": [{"physicalLocation": location(found, root)}],
    })
}

/// Where it is; what has no place is about the workspace, hence at the start of its Cargo.toml.
fn location(found: &Diagnostic, root: &Utf8Path) -> Value {
    let (path, region) = match &found.snippet {
        Some(snippet) => (snippet.path.as_path(), Region::of(snippet)),
        None => ("Cargo.toml".into(), Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 }),
    };
    let path = in_repository(root, path);
    let artifact = match path.is_absolute() {
        true => json!({"uri": format!("file://{}", encoded(path.as_str()))}),
        false => json!({"uri": encoded(path.as_str()), "uriBaseId": "%SRCROOT%"}),
    };
    json!({
        "artifactLocation": artifact,
        "region": {
            "startLine": region.start_line,
            "startColumn": region.start_column,
            "endLine": region.end_line,
            "endColumn": region.end_column,
        },
    })
}

/// A path as a part of a URI: what is not unreserved is written as its bytes.
/// <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(diagnostics: Vec<Diagnostic>, root: &str) -> Value {
        serde_json::from_str(&document(&Findings { diagnostics }, root.into())).unwrap()
    }

    #[test]
    fn a_run_without_findings_has_an_empty_list_of_results() {
        let document = parsed(Vec::new(), "");
        assert_eq!(document["version"], "2.1.0");
        assert_eq!(document["runs"][0]["results"], json!([]));
        let rules = document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids, Rule::ALL.map(Rule::id));
    }

    #[test]
    fn a_finding_is_a_result_at_its_place_in_the_repository() {
        let text = "FROM scratch\nFROM acme/x\n".into();
        let found = Diagnostic::error("wrong").at("images/a b/Dockerfile", &text, 18..24, "here");
        let document =
            parsed(vec![Diagnostic::warning("odd"), found.rule(Rule::Reference).help("mend it")], "x");
        assert_eq!(
            document["runs"][0]["results"],
            json!([
                {
                    "ruleId": "reference",
                    "ruleIndex": 3,
                    "level": "error",
                    "message": {"text": "wrong\nmend it"},
                    "locations": [{"physicalLocation": {
                        "artifactLocation": {"uri": "x/images/a%20b/Dockerfile", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 12},
                    }}],
                },
                {
                    "ruleId": "workspace",
                    "ruleIndex": 0,
                    "level": "warning",
                    "message": {"text": "odd"},
                    "locations": [{"physicalLocation": {
                        "artifactLocation": {"uri": "x/Cargo.toml", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                    }}],
                },
            ])
        );
    }

    #[test]
    fn what_code_scanning_would_refuse_is_left_out_warnings_first() {
        let mut many = vec![Diagnostic::warning("odd"); RESULTS];
        many.push(Diagnostic::error("wrong"));
        let document = parsed(many, "");
        let results = document["runs"][0]["results"].as_array().unwrap();
        assert_eq!((results.len(), &results[0]["level"]), (RESULTS, &json!("error")));
    }

    #[test]
    fn rules_have_the_index_that_results_name() {
        let document = parsed(Vec::new(), "");
        for (index, rule) in Rule::ALL.iter().enumerate() {
            assert_eq!(document["runs"][0]["tool"]["driver"]["rules"][index]["id"], rule.id());
        }
    }
}
