//! Waiting, and for how long.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime};

use images_engine::process::Cancel;

use super::RegistryError;

/// The time, and waiting; tests have another.
pub trait Clock: fmt::Debug + Send + Sync {
    /// What time it is.
    fn now(&self) -> SystemTime;
    /// Waits, but not beyond an interrupt.
    fn sleep(&self, time: Duration, cancel: &Cancel);
}

/// The system's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// How long an interrupt may go unnoticed.
pub(super) const SLICE: Duration = Duration::from_millis(100);

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration, cancel: &Cancel) {
        let mut left = time;
        while !left.is_zero() && !cancel.is_interrupted() {
            let slice = left.min(SLICE);
            std::thread::sleep(slice);
            left -= slice;
        }
    }
}

/// How often something is tried, and how long is waited in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// After the first try.
    pub count: u32,
    /// Before the second try, on average; twice as long before each further one.
    pub first: Duration,
    /// No wait is longer, whatever `Retry-After` says.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { count: 5, first: Duration::from_millis(400), longest: Duration::from_secs(60) }
    }
}

/// The tries of one thing.
#[derive(Debug)]
pub(super) struct Backoff<'a> {
    retries: &'a Retries,
    clock: &'a dyn Clock,
    cancel: &'a Cancel,
    /// How often it was waited.
    pub(super) waits: u32,
}

impl<'a> Backoff<'a> {
    pub(super) fn new(retries: &'a Retries, clock: &'a dyn Clock, cancel: &'a Cancel) -> Self {
        Self { retries, clock, cancel, waits: 0 }
    }

    /// Waits before the next try; false where there is none left. `after` is what the registry asks for.
    ///
    /// # Errors
    /// There was an interrupt.
    pub(super) fn wait(&mut self, after: Option<Duration>) -> Result<bool, RegistryError> {
        if self.cancel.is_interrupted() {
            return Err(RegistryError::interrupted());
        }
        if self.waits == self.retries.count {
            return Ok(false);
        }
        let own = jittered(self.retries.first.saturating_mul(1 << self.waits.min(16)));
        self.waits += 1;
        self.clock.sleep(after.unwrap_or(own).min(self.retries.longest), self.cancel);
        if self.cancel.is_interrupted() { Err(RegistryError::interrupted()) } else { Ok(true) }
    }
}

/// Between half of it and one and a half of it, so that clients that failed together do not come back together.
fn jittered(time: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    time.mul_f64(0.5 + random as f64 / f64::from(u32::MAX))
}

/// The value of `Retry-After`, which is seconds or a date:
/// <https://www.rfc-editor.org/rfc/rfc9110#name-retry-after>.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(date(value)?.duration_since(now).unwrap_or_default()),
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that is written today:
/// <https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats>.
fn date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = words[..] else { return None };
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let mut parts = time.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let (day, year) = (day.parse::<u64>().ok()?, year.parse::<u64>().ok()?);
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// Days since 1970-01-01, counted in years that begin in March: <https://howardhinnant.github.io/date_algorithms.html>.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug, Default)]
    struct Notes(Mutex<Vec<Duration>>);

    impl Clock for Notes {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn sleep(&self, time: Duration, _: &Cancel) {
            self.0.lock().unwrap().push(time);
        }
    }

    #[test]
    fn waits_double_with_jitter_and_end() {
        let (retries, clock, cancel) =
            (Retries { count: 4, ..Retries::default() }, Notes::default(), Cancel::default());
        let mut backoff = Backoff::new(&retries, &clock, &cancel);
        while backoff.wait(None).unwrap() {}
        let waits = clock.0.into_inner().unwrap();
        assert_eq!(waits.len(), 4);
        for (wait, middle) in waits.iter().zip([400, 800, 1600, 3200]) {
            assert!((middle / 2..=middle * 3 / 2).contains(&wait.as_millis()), "{wait:?} around {middle}");
        }
    }

    #[test]
    fn what_the_registry_asks_for_is_waited_up_to_the_longest() {
        let (retries, clock, cancel) = (Retries::default(), Notes::default(), Cancel::default());
        let mut backoff = Backoff::new(&retries, &clock, &cancel);
        backoff.wait(Some(Duration::from_secs(7))).unwrap();
        backoff.wait(Some(Duration::from_secs(86_400))).unwrap();
        assert_eq!(*clock.0.lock().unwrap(), [Duration::from_secs(7), Duration::from_secs(60)]);
        cancel.interrupt();
        assert_eq!(backoff.wait(None).unwrap_err().kind, super::super::RegistryErrorKind::Interrupted);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 30);
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO), "in the past");
        let leap = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_164_800);
        assert_eq!(date("Thu, 29 Feb 2024 00:00:00 GMT"), Some(leap));
        for wrong in ["soon", "", "-1", "Sun, 06 Abc 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT"] {
            assert_eq!(retry_after(wrong, now), None, "{wrong}");
        }
    }
}
