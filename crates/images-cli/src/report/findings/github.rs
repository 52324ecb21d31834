//! Workflow commands that become annotations of lines.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use camino::Utf8Path;
use images_schema::{Diagnostic, Severity, Snippet};

use super::in_repository;
use super::region::Region;
use crate::report::github::{escaped, property};

/// The command of one finding.
pub(in crate::report) fn command(diagnostic: &Diagnostic, root: &Utf8Path) -> String {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = diagnostic.snippet.as_ref().map(|snippet| place(snippet, root)).unwrap_or_default();
    let title = property(diagnostic.rule.id());
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let message = escaped(&format!("{}{help}", diagnostic.message));
    format!("::{level} {place}title={title}::{message}")
}

/// Columns cannot be given for what is longer than a line.
/// <https://github.com/actions/toolkit/tree/main/packages/core#annotations>
fn place(snippet: &Snippet, root: &Utf8Path) -> String {
    let Region { start_line, start_column, end_line, end_column } = Region::of(snippet);
    let file = property(in_repository(root, &snippet.path).as_str());
    let columns = match start_line == end_line {
        true => format!("col={start_column},endColumn={end_column},"),
        false => String::new(),
    };
    format!("file={file},line={start_line},endLine={end_line},{columns}")
}

#[cfg(test)]
mod tests {
    use images_schema::{Diagnostic, Rule};

    use super::command;

    #[test]
    fn a_finding_is_an_annotation_of_its_place_in_the_repository() {
        let text = "FROM scratch\nFROM acme/x\n".into();
        let found =
            Diagnostic::error("100% wrong\nreally").at("images/a,b/Dockerfile", &text, 18..24, "here");
        assert_eq!(
            command(&found.rule(Rule::ForbidRoot).help("mend: it"), "docker".into()),
            "::error file=docker/images/a%2Cb/Dockerfile,line=2,endLine=2,col=6,endColumn=12,\
             title=policy%3A%3Aforbid-root::100%25 wrong%0Areally%0Ahelp: mend: it"
        );
    }

    #[test]
    fn a_finding_over_lines_has_no_columns_and_one_without_a_place_no_file() {
        let found = Diagnostic::warning("odd").at("f", &"ab\ncd\n".into(), 0..5, "");
        assert_eq!(command(&found, "".into()), "::warning file=f,line=1,endLine=2,title=workspace::odd");
        assert_eq!(command(&Diagnostic::error("no"), "".into()), "::error title=workspace::no");
    }
}
