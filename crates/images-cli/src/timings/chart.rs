//! The charts, as SVG: one row an image, or one a lane, over the time of the run.

use std::fmt::Write;
use std::time::Duration;

use images_core::timings::{Bar, Timings};

use super::{class, escaped, ratio, seconds};

/// The width of the time axis, in pixels.
const WIDTH: f64 = 900.0;
/// The place for names at the right of the longest bar.
const NAMES: f64 = 260.0;
/// The height of a row and of a bar in it.
const ROW: f64 = 20.0;
const BAR: f64 = 14.0;
/// The place for the axis at the top.
const TOP: f64 = 22.0;

/// One row an image, in the order of their starts.
pub(super) fn images(timings: &Timings) -> String {
    let mut svg = String::new();
    for (at, bar) in timings.bars.iter().enumerate() {
        if let Some(by) = bar.unblocked_by {
            svg.push_str(&line(timings, by, at));
        }
        svg.push_str(&waiting(timings, bar, at));
        svg.push_str(&active(timings, bar, at));
        let (x, y) = (place(timings, bar.entry.ended) + 5.0, middle(at) + 4.0);
        let label = format!("{} {}", bar.entry.spec, seconds(bar.entry.active()));
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&label));
    }
    framed(timings, timings.bars.len(), &svg)
}

/// One row a lane.
pub(super) fn lanes(timings: &Timings) -> String {
    let rows = timings.bars.iter().map(|bar| bar.entry.lane + 1).max().unwrap_or(0);
    let bars: String = timings.bars.iter().map(|bar| active(timings, bar, bar.entry.lane)).collect();
    framed(timings, rows, &bars)
}

fn place(timings: &Timings, time: Duration) -> f64 {
    ratio(time, timings.total) * WIDTH
}

#[allow(clippy::cast_precision_loss, reason = "a number of rows is far below 2^52")]
fn middle(row: usize) -> f64 {
    TOP + (row as f64 + 0.5) * ROW
}

/// From the end of the build at `by` to the start of the one at `at`.
fn line(timings: &Timings, by: usize, at: usize) -> String {
    let (from, to) = (&timings.bars[by].entry, &timings.bars[at].entry);
    let (x, y) = (place(timings, from.ended), middle(by));
    format!("<path d=\"M{x:.1} {y:.1}V{:.1}H{:.1}\"/>\n", middle(at), place(timings, to.ready))
}

fn waiting(timings: &Timings, bar: &Bar, row: usize) -> String {
    let (x, end) = (place(timings, bar.entry.ready), place(timings, bar.entry.started));
    let (y, width) = (middle(row) - BAR / 2.0, end - x);
    format!("<rect class=\"waiting\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>\n")
}

fn active(timings: &Timings, bar: &Bar, row: usize) -> String {
    let entry = &bar.entry;
    let (x, end) = (place(timings, entry.started), place(timings, entry.ended));
    let (y, width) = (middle(row) - BAR / 2.0, (end - x).max(1.0));
    let title = format!(
        "{}: {} on lane {}, after {} of waiting; {}",
        entry.spec,
        seconds(entry.active()),
        entry.lane,
        seconds(entry.waiting()),
        entry.reason
    );
    format!(
        "<rect{} x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"><title>{}</title></rect>\n",
        class(bar),
        escaped(&title)
    )
}

/// The drawing with its axis.
fn framed(timings: &Timings, rows: usize, drawing: &str) -> String {
    let (width, height) = (WIDTH + NAMES, middle(rows));
    let mut axis = String::new();
    for time in ticks(timings.total) {
        let x = place(timings, time);
        let label = format!("{} s", time.as_secs_f64());
        let _ = writeln!(axis, "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{height}\"/>");
        let _ = writeln!(axis, "<text class=\"tick\" x=\"{x:.1}\" y=\"14\">{label}</text>");
    }
    format!("<svg width=\"{width}\" height=\"{height}\" role=\"img\">\n{axis}{drawing}</svg>")
}

/// Round times, at most ten of them.
pub(super) fn ticks(total: Duration) -> Vec<Duration> {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|factor| factor * 10_u64.pow(power)));
    let total = u64::try_from(total.as_millis()).unwrap_or(u64::MAX / 1000);
    let step = steps.take(40).find(|step| total / step < 10).unwrap_or(u64::MAX);
    (0..=total / step).map(|at| Duration::from_millis(at * step)).collect()
}
