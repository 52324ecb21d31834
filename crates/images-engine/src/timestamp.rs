//! Times as engines write them: RFC 3339, <https://www.rfc-editor.org/rfc/rfc3339#section-5.6>.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads `2026-03-04T05:06:07.890Z`, also with an offset in place of the `Z`, to the second. `None` for what is none, and for
/// times before 1970: engines write the year 1 where they know no time.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let end = time.find(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at(end);
    let [hour, minute, second] = numbers(clock.split('.').next()?, ':')?;
    let is_valid =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset(zone)?;
    let since = Duration::from_secs(u64::try_from(seconds).ok()?);
    UNIX_EPOCH.checked_add(since).filter(|_| is_valid)
}

/// Three numbers, none of which has a sign.
fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| part.parse::<u32>().ok().map(i64::from));
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// Seconds east of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.chars().next()? {
        'Z' => return (zone.len() == 1).then_some(0),
        '-' => -1,
        _ => 1,
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    Some(sign * (i64::from(hours.parse::<u32>().ok()?) * 3600 + i64::from(minutes.parse::<u32>().ok()?) * 60))
}

/// Days since 1970. The calendar is counted from March, so that a leap day ends its year:
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        read(text).map(|time| time.duration_since(UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn times_are_read_to_the_second_in_any_zone() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1980-01-01T00:00:00Z", 315_532_800),
            ("2000-02-29T23:59:59.123456789Z", 951_868_799),
            ("2000-03-01T01:30:00+01:30", 951_868_800),
            ("2000-02-29T19:00:00-05:00", 951_868_800),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_since_1970_is_none() {
        for text in [
            "",
            "0001-01-01T00:00:00Z",
            "2000-01-01",
            "2000-01-01T00:00:00",
            "2000-13-01T00:00:00Z",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00Z",
            "2000-01-01T00:00:00Zx",
            "2000-01-01T00:00:00+é1:00",
            "-2000-01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
