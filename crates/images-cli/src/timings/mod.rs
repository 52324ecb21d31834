//! The timings of a run as one HTML page that needs nothing else: a chart of the images, a chart of the lanes, a table.

mod chart;
#[cfg(test)]
mod tests;

use std::time::Duration;

use images_core::timings::{Bar, Timings};

use crate::html::{document, escaped};

/// The page.
pub(crate) fn page(timings: &Timings) -> String {
    let body = [
        summary(timings),
        section("Images", "Dashed: ready, and waiting for a lane. Filled: being built; red on the critical path, grey where it failed. A line leads from the build whose end made another ready.", &chart::images(timings)),
        section("Lanes", "What each of the parallel jobs built.", &chart::lanes(timings)),
        section("Builds", "The longest first.", &table(timings)),
    ]
    .concat();
    document("Image build timings", &body)
}

fn section(title: &str, about: &str, content: &str) -> String {
    format!("<h2>{title}</h2>\n<p>{about}</p>\n{content}\n")
}

fn summary(timings: &Timings) -> String {
    let failed = timings.bars.iter().filter(|bar| !bar.entry.ok).count();
    let rows = [
        ("Builds", timings.bars.len().to_string()),
        ("Failed", failed.to_string()),
        ("Jobs", timings.jobs.to_string()),
        ("Total time", seconds(timings.total)),
        ("Time of all builds", seconds(timings.active)),
        ("Builds at once, on average", format!("{:.2}", ratio(timings.active, timings.total))),
        ("Critical path", format!("{} ({})", seconds(timings.critical), critical_names(timings))),
    ];
    let row = |(name, value): (&str, String)| format!("<tr><th>{name}<td>{}\n", escaped(&value));
    format!("<table class=\"summary\">\n{}</table>\n", rows.map(row).concat())
}

fn critical_names(timings: &Timings) -> String {
    let critical = timings.bars.iter().filter(|bar| bar.is_critical);
    critical.map(|bar| bar.entry.spec.as_str()).collect::<Vec<_>>().join(" → ")
}

fn table(timings: &Timings) -> String {
    let mut bars: Vec<&Bar> = timings.bars.iter().collect();
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.entry.active()));
    let rows: String = bars.into_iter().map(|bar| row(timings, bar)).collect();
    let head = ["Image", "Lane", "Waited", "Took", "Made ready by", "Made ready", "Why it was built"];
    format!("<table>\n<tr>{}\n{rows}</table>", head.map(|title| format!("<th>{title}")).concat())
}

fn row(timings: &Timings, bar: &Bar) -> String {
    let name = |at: &usize| timings.bars[*at].entry.spec.as_str();
    let cells = [
        bar.entry.spec.clone(),
        bar.entry.lane.to_string(),
        seconds(bar.entry.waiting()),
        seconds(bar.entry.active()),
        bar.unblocked_by.as_ref().map_or("", name).to_owned(),
        bar.unblocked.iter().map(name).collect::<Vec<_>>().join(", "),
        bar.entry.reason.clone(),
    ];
    format!("<tr{}>{}\n", class(bar), cells.map(|cell| format!("<td>{}", escaped(&cell))).concat())
}

/// The attribute that gives a build its colour.
fn class(bar: &Bar) -> &'static str {
    match (bar.entry.ok, bar.is_critical) {
        (false, _) => " class=\"failed\"",
        (true, true) => " class=\"critical\"",
        (true, false) => "",
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

fn ratio(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() }
}
