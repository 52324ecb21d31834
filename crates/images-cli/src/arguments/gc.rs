use std::time::Duration;

use clap::Args;

use super::{BuildArgs, EngineArgs, Format};

#[derive(Debug, Args)]
pub(crate) struct Gc {
    /// Remove them
    #[arg(short = 'x', long)]
    pub(crate) execute: bool,
    /// Keep what is younger than this, as a number with s, m, h, d or w
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = duration)]
    pub(crate) keep_for: Duration,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) args: BuildArgs,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FMT")]
    pub(crate) format: Format,
}

/// Reads `90s`, `30m`, `12h`, `7d`, `2w`, or `0`.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with s, m, h, d or w, as in `12h`".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| expected())?;
    let unit: u64 = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        "" if number == 0 => 1,
        _ => return Err(expected()),
    };
    number.checked_mul(unit).map(Duration::from_secs).ok_or_else(|| "that is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        let read = ["90s", "30m", "12h", "7d", "2w", "0", "0d"].map(|text| seconds(text).unwrap());
        assert_eq!(read, [90, 1800, 43_200, 604_800, 1_209_600, 0, 0]);
        for wrong in ["", "7", "d", "7D", "-1d", "1.5h", "7days", "1h30m"] {
            let expected = "expected a number with s, m, h, d or w, as in `12h`".to_owned();
            assert_eq!(seconds(wrong), Err(expected), "{wrong}");
        }
        assert_eq!(
            seconds("99999999999999999999w").unwrap_err(),
            "expected a number with s, m, h, d or w, as in `12h`"
        );
        assert_eq!(seconds("9999999999999999999w").unwrap_err(), "that is too long");
    }
}
