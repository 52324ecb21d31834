//! The results, as a table on the terminal and as a page of the user guide.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::measure::Sample;

/// One measured command.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// What is done.
    pub(crate) what: String,
    /// Who does it.
    pub(crate) who: String,
    /// How many runs the medians are of.
    pub(crate) runs: usize,
    pub(crate) sample: Sample,
    /// How many times the wall time of the command that this one is compared with it takes.
    pub(crate) ratio: Option<f64>,
}

/// What is promised, and what was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) limit: String,
    pub(crate) is: String,
    pub(crate) met: bool,
}

/// All that was measured.
#[derive(Debug, Clone, Default)]
pub(crate) struct Results {
    pub(crate) rows: Vec<Row>,
    pub(crate) goals: Vec<Goal>,
}

impl Results {
    /// Adds a row; `against` is the wall time to compare it with.
    pub(crate) fn row(
        &mut self,
        what: &str,
        who: &str,
        (runs, sample): (usize, Sample),
        against: Option<Duration>,
    ) {
        let ratio = against.map(|against| sample.wall.as_secs_f64() / against.as_secs_f64());
        let row = Row { what: what.to_owned(), who: who.to_owned(), runs, sample, ratio };
        eprintln!("{}", plain(&row));
        self.rows.push(row);
    }

    /// Adds a promise about a number that should not be larger than `limit`.
    pub(crate) fn at_most(&mut self, what: &str, is: f64, limit: f64, unit: &str) {
        self.goals.push(Goal {
            what: what.to_owned(),
            limit: format!("≤ {limit}{unit}"),
            is: format!("{is:.2}{unit}"),
            met: is <= limit,
        });
    }

    /// Adds a promise about a number that should not be smaller than `limit`.
    pub(crate) fn at_least(&mut self, what: &str, is: f64, limit: f64, unit: &str) {
        self.goals.push(Goal {
            what: what.to_owned(),
            limit: format!("≥ {limit}{unit}"),
            is: format!("{is:.1}{unit}"),
            met: is >= limit,
        });
    }

    /// The page's tables. `machine` are lines about the machine and the versions.
    pub(crate) fn markdown(&self, machine: &[String]) -> String {
        let mut text = String::new();
        for line in machine {
            let _ = writeln!(text, "- {line}");
        }
        if !self.goals.is_empty() {
            text.push_str("\n| goal | limit | measured | met |\n|---|---|---|---|\n");
        }
        for Goal { what, limit, is, met } in &self.goals {
            let _ = writeln!(text, "| {what} | {limit} | {is} | {} |", if *met { "yes" } else { "**no**" });
        }
        text.push_str(
            "\n| what | who | runs | wall | CPU | peak memory | ratio |\n|---|---|--:|--:|--:|--:|--:|\n",
        );
        for Row { what, who, runs, sample, ratio } in &self.rows {
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let (wall, processor) = (seconds(sample.wall), seconds(sample.processor));
            let peak = mebibytes(sample.peak);
            let _ = writeln!(text, "| {what} | {who} | {runs} | {wall} | {processor} | {peak} | {ratio} |");
        }
        text
    }
}

fn plain(row: &Row) -> String {
    let ratio = row.ratio.map_or_else(String::new, |ratio| format!("  ×{ratio:.2}"));
    format!(
        "{:<44} {:<24} {:>10} {:>10} CPU {:>9}{ratio}",
        row.what,
        row.who,
        seconds(row.sample.wall),
        seconds(row.sample.processor),
        mebibytes(row.sample.peak)
    )
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.3} s") } else { format!("{seconds:.1} s") }
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{} MiB", kibibytes.div_ceil(1024))
}

/// What stands before and after the results in the page.
const MARKERS: [&str; 2] = ["<!-- results -->\n", "<!-- end of results -->\n"];

/// Puts the results into a page, between its markers.
///
/// # Errors
/// The page cannot be read or written, or has no markers.
pub(crate) fn write(page: &Path, results: &str) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", page.display());
    let text = fs::read_to_string(page).map_err(told)?;
    let replaced = replaced(&text, results).ok_or_else(|| format!("{} has no markers", page.display()))?;
    fs::write(page, replaced).map_err(told)
}

fn replaced(page: &str, results: &str) -> Option<String> {
    let (before, rest) = page.split_once(MARKERS[0])?;
    let (_, after) = rest.split_once(MARKERS[1])?;
    Some(format!("{before}{}\n{results}\n{}{after}", MARKERS[0], MARKERS[1]))
}

/// The machine, in lines.
pub(crate) fn machine() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([' ', '\t', ':']).trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    vec![
        format!("{cores} cores, {}", after(&read("/proc/cpuinfo"), "model name")),
        format!("memory {}", after(&read("/proc/meminfo"), "MemTotal")),
        format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
        format!("load at the start {}", read("/proc/loadavg").split(' ').next().unwrap_or_default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(millis: u64) -> Sample {
        Sample {
            wall: Duration::from_millis(millis),
            processor: Duration::from_millis(millis / 2),
            peak: 1025,
        }
    }

    #[test]
    fn the_page_has_machine_goals_and_rows() {
        let mut results = Results::default();
        results.row("no-op", "images build", (5, sample(200)), None);
        results.row("no-op", "bake", (3, sample(12_345)), Some(Duration::from_millis(200)));
        results.at_most("no-op", 0.2, 0.3, " s");
        results.at_least("against bake", 49.96, 50.0, " ×");
        let expected = "\
- 2 cores

| goal | limit | measured | met |
|---|---|---|---|
| no-op | ≤ 0.3 s | 0.20 s | yes |
| against bake | ≥ 50 × | 50.0 × | **no** |

| what | who | runs | wall | CPU | peak memory | ratio |
|---|---|--:|--:|--:|--:|--:|
| no-op | images build | 5 | 0.200 s | 0.100 s | 2 MiB |  |
| no-op | bake | 3 | 12.3 s | 6.172 s | 2 MiB | 61.73 |
";
        assert_eq!(results.markdown(&["2 cores".to_owned()]), expected);
    }

    #[test]
    fn results_take_the_place_of_earlier_ones() {
        let page = "# Title\n<!-- results -->\nold\n<!-- end of results -->\nthe rest\n";
        let expected = "# Title\n<!-- results -->\n\nnew\n\n<!-- end of results -->\nthe rest\n";
        assert_eq!(replaced(page, "new\n").as_deref(), Some(expected));
        assert_eq!(replaced(expected, "new\n").as_deref(), Some(expected));
        assert_eq!(replaced("# Title\n", "new\n"), None);
    }
}
