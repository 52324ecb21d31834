//! Children that may take only so long.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{Cancel, Child, Ended};
use crate::threads;

/// How often the clock is looked at.
const STEP: Duration = Duration::from_millis(20);

/// How long a child may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(1);

impl Child {
    /// Runs it to its end, but at most for `limit`: then it is asked to end, and killed if it does not. Says also whether
    /// that was so. Its output up to then is returned in any case.
    ///
    /// # Errors
    /// As [`Child::run`].
    pub fn run_for(&self, limit: Duration, cancel: &Cancel) -> io::Result<(Ended, bool)> {
        if cancel.is_interrupted() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
        }
        let (own, is_done, is_late) = (Cancel::default(), AtomicBool::new(false), AtomicBool::new(false));
        let watch = || {
            let is_over = |deadline: Instant| is_done.load(Ordering::Acquire) || Instant::now() >= deadline;
            let deadline = Instant::now() + limit;
            while !is_over(deadline) && !cancel.is_interrupted() {
                std::thread::sleep(STEP);
            }
            if is_done.load(Ordering::Acquire) {
                return;
            }
            is_late.store(!cancel.is_interrupted(), Ordering::Release);
            own.interrupt();
            let deadline = Instant::now() + GRACE;
            while !is_over(deadline) {
                std::thread::sleep(STEP);
            }
            if !is_done.load(Ordering::Acquire) {
                own.interrupt();
            }
        };
        let ended = threads::beside(watch, || {
            let ended = self.run(&own);
            is_done.store(true, Ordering::Release);
            ended
        });
        let is_late = is_late.into_inner();
        match ended {
            // It was not even started by then.
            Err(error) if is_late && error.kind() == io::ErrorKind::Interrupted => {
                Ok((Ended { code: None, stdout: Vec::new(), stderr: Vec::new() }, true))
            }
            ended => Ok((ended?, is_late)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::process::Output;

    fn shell(script: &str) -> Child {
        let args = ["-c", script].map(str::to_owned).to_vec();
        Child { program: "sh".to_owned(), args, env: BTreeMap::new(), cwd: None, output: Output::Capture }
    }

    #[test]
    fn what_ends_in_time_is_told_from_what_does_not() {
        let long = Duration::from_secs(600);
        let (ended, is_late) = shell("echo a; exit 3").run_for(long, &Cancel::default()).unwrap();
        assert_eq!((ended.code, ended.stdout.as_slice(), is_late), (Some(3), &b"a\n"[..], false));
        let short = Duration::from_millis(300);
        let (ended, is_late) = shell("echo a; exec sleep 600").run_for(short, &Cancel::default()).unwrap();
        assert_eq!((ended.code, is_late), (None, true));
    }

    #[test]
    fn what_does_not_heed_the_request_to_end_is_killed() {
        let deaf = shell("trap '' TERM; while :; do sleep 1; done");
        let (ended, is_late) = deaf.run_for(Duration::from_millis(300), &Cancel::default()).unwrap();
        assert_eq!((ended.code, is_late), (None, true));
    }

    #[test]
    fn an_interrupt_ends_it_as_well_and_is_not_lateness() {
        let cancel = Cancel::default();
        let child = shell("exec sleep 600");
        let (ended, is_late) = threads::beside(
            || {
                std::thread::sleep(Duration::from_millis(100));
                cancel.interrupt();
            },
            || child.run_for(Duration::from_secs(600), &cancel),
        )
        .unwrap();
        assert_eq!((ended.code, is_late), (None, false));
        let refused = child.run_for(Duration::from_secs(600), &cancel).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::Interrupted);
    }
}
