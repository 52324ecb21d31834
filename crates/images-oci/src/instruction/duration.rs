//! Go's durations: `1m30s`.
//!
//! <https://pkg.go.dev/time#ParseDuration>, <https://pkg.go.dev/time#Duration.String>

const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration, in nanoseconds. `None` for what is none.
pub(super) fn parse(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total = 0_i64;
    loop {
        let (nanoseconds, after) = one(rest)?;
        total = total.checked_add(nanoseconds)?;
        rest = after;
        if rest.is_empty() {
            return Some(sign * total);
        }
    }
}

/// One number with its unit, and what follows.
fn one(text: &str) -> Option<(i64, &str)> {
    let end = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = text.split_at(end(text));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(end(rest)),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let unit_end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    Some((whole.checked_mul(*unit)?.checked_add(part(fraction, *unit))?, rest))
}

/// The decimals of a unit, cut off below a nanosecond.
fn part(fraction: &str, unit: i64) -> i64 {
    let digits = &fraction[..fraction.len().min(15)];
    let number = digits.parse::<i128>().unwrap_or(0) * i128::from(unit);
    let power = u32::try_from(digits.len()).expect("at most 15 digits");
    i64::try_from(number / 10_i128.pow(power)).expect("a part of a unit is smaller than the unit")
}

/// Writes a duration as Go does.
pub(super) fn format(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let all = nanoseconds.unsigned_abs();
    let decimals = |unit: u64, name: &str| {
        let text = format!("{:0width$}", all % unit, width = unit.ilog10() as usize);
        let fraction = text.trim_end_matches('0');
        let point = if fraction.is_empty() || unit == 1 { String::new() } else { format!(".{fraction}") };
        format!("{sign}{}{point}{name}", all / unit)
    };
    match all {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{all}ns"),
        1_000..1_000_000 => decimals(1_000, "µs"),
        1_000_000..1_000_000_000 => decimals(1_000_000, "ms"),
        _ => clock(sign, all),
    }
}

fn clock(sign: &str, all: u64) -> String {
    let (seconds, fraction) = (all / 1_000_000_000, all % 1_000_000_000);
    let digits = format!("{fraction:09}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { String::new() } else { format!(".{digits}") };
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{sign}{rest}{point}s"),
        (0, _) => format!("{sign}{minutes}m{rest}{point}s"),
        _ => format!("{sign}{hours}h{minutes}m{rest}{point}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, nanoseconds, written) in [
            ("30s", 30_000_000_000, "30s"),
            ("1m30s", 90_000_000_000, "1m30s"),
            ("1.5h", 5_400_000_000_000, "1h30m0s"),
            ("100ms", 100_000_000, "100ms"),
            ("1.5ms", 1_500_000, "1.5ms"),
            ("1500us", 1_500_000, "1.5ms"),
            ("2µs", 2_000, "2µs"),
            ("7ns", 7, "7ns"),
            (".5s", 500_000_000, "500ms"),
            ("1.s", 1_000_000_000, "1s"),
            ("1s500ms", 1_500_000_000, "1.5s"),
            ("0", 0, "0s"),
            ("0s", 0, "0s"),
            ("-1s", -1_000_000_000, "-1s"),
            ("+1s", 1_000_000_000, "1s"),
            ("0.25h", 900_000_000_000, "15m0s"),
        ] {
            assert_eq!(parse(text), Some(nanoseconds), "{text}");
            assert_eq!(format(nanoseconds), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in ["", "1", "s", ".s", "1x", "1s2", "1 s", "-", "9999999999h", "1.2.3s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
