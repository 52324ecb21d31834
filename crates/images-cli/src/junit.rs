//! Results of tests as JUnit's XML, as CI systems read it: a suite for each variant.
//!
//! There is no standard; this keeps to what <https://github.com/testmoapp/junitxml> describes.

use std::fmt::Write;
use std::time::Duration;

use images_core::test::{Outcome, Problem, TestResult};

/// The whole document. `took` is how long all of it took.
pub(crate) fn document(results: &[TestResult], took: Duration) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = counts(results);
    let _ = writeln!(text, "<testsuites name=\"images\" {counts} time=\"{}\">", seconds(took));
    for suite in results.chunk_by(|one, next| one.spec == next.spec) {
        let time = seconds(suite.iter().map(|result| result.duration).sum());
        let name = escaped(&suite[0].spec);
        let _ = writeln!(text, "  <testsuite name=\"{name}\" {} time=\"{time}\">", self::counts(suite));
        suite.iter().for_each(|result| text.push_str(&case(result)));
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn counts(results: &[TestResult]) -> String {
    let count = |is_so: fn(&Outcome) -> bool| results.iter().filter(|result| is_so(&result.outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped { .. }));
    format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\"", results.len())
}

fn case(result: &TestResult) -> String {
    let TestResult { spec, name, path, line, outcome, duration } = result;
    let start = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{line}\" time=\"{}\"",
        escaped(spec),
        escaped(name),
        escaped(path.as_str()),
        seconds(*duration),
    );
    match outcome {
        Outcome::Passed => format!("{start}/>\n"),
        Outcome::Remembered => {
            format!(
                "{start}>\n      <system-out>it passed before for this very image</system-out>\n    </testcase>\n"
            )
        }
        Outcome::Skipped { reason } => {
            format!("{start}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", escaped(reason))
        }
        Outcome::Failed(problems) => {
            format!("{start}>\n{}    </testcase>\n", problems.iter().map(failure).collect::<String>())
        }
    }
}

fn failure(problem: &Problem) -> String {
    let Problem { message, output } = problem;
    format!("      <failure message=\"{}\">{}</failure>\n", escaped(message), escaped(output))
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// As text and as a value of an attribute. What XML cannot hold in any way (<https://www.w3.org/TR/xml/#charsets>) is named
/// instead, as a terminal's colours in a log.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_holds_each_outcome_and_is_well_formed() {
        let result = |spec: &str, name: &str, outcome| TestResult {
            spec: spec.to_owned(),
            name: name.to_owned(),
            path: "images/a/Image.toml".into(),
            line: 7,
            outcome,
            duration: Duration::from_millis(1500),
        };
        let problem =
            Problem { message: "a < \"b\" & c".to_owned(), output: "x\n\u{1b}[1m]]>\u{0}".to_owned() };
        let results = [
            result("a:1", "one", Outcome::Passed),
            result("a:1", "two", Outcome::Failed(vec![problem])),
            result("b:1", "three", Outcome::Skipped { reason: "no <docker>".to_owned() }),
            result("b:1", "four", Outcome::Remembered),
        ];
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="images" tests="4" failures="1" errors="0" skipped="1" time="6.000">
  <testsuite name="a:1" tests="2" failures="1" errors="0" skipped="0" time="3.000">
    <testcase classname="a:1" name="one" file="images/a/Image.toml" line="7" time="1.500"/>
    <testcase classname="a:1" name="two" file="images/a/Image.toml" line="7" time="1.500">
      <failure message="a &lt; &quot;b&quot; &amp; c">x&#10;\u{1b}[1m]]&gt;\u{0}</failure>
    </testcase>
  </testsuite>
  <testsuite name="b:1" tests="2" failures="0" errors="0" skipped="1" time="3.000">
    <testcase classname="b:1" name="three" file="images/a/Image.toml" line="7" time="1.500">
      <skipped message="no &lt;docker&gt;"/>
    </testcase>
    <testcase classname="b:1" name="four" file="images/a/Image.toml" line="7" time="1.500">
      <system-out>it passed before for this very image</system-out>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(document(&results, Duration::from_secs(6)), expected);
        let empty = document(&[], Duration::ZERO);
        assert!(empty.ends_with("skipped=\"0\" time=\"0.000\">\n</testsuites>\n"), "{empty}");
    }
}
