//! The only module that starts threads.
#![expect(clippy::disallowed_methods, reason = "this is the module that starts threads")]

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The stack of each thread in bytes, as large as a main thread's on Linux; only what is used is ever backed by memory.
const STACK_BYTES: usize = 8 << 20;

/// Applies `f` to each item on up to `jobs` threads; the results are in the items' order. Threads take the next item
/// when they are done with one. With one job, or one item, everything runs on the caller's thread.
///
/// # Panics
/// When `f` panics, with its panic.
pub fn map<T, R, F>(jobs: usize, items: &[T], f: F) -> Vec<R>
where
    T: Sync,
    R: Send,
    F: Fn(&T) -> R + Sync,
{
    let jobs = jobs.min(items.len());
    if jobs <= 1 {
        return items.iter().map(f).collect();
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    workers(jobs, |_| {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            own.push((index, f(item)));
        }
        results.lock().expect("nothing panics while it holds this lock").append(&mut own);
    });
    let mut results = results.into_inner().expect("nothing panics while it holds this lock");
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs `f` on `count` threads at once, each with its number from 0, and returns when all are done.
///
/// # Panics
/// When `f` panics, with one of its panics, after all threads ended.
pub fn workers<F>(count: usize, f: F)
where
    F: Fn(usize) + Sync,
{
    let f = &f;
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..count).map(|number| start(scope, move || f(number))).collect();
        let panics: Vec<_> = started.into_iter().filter_map(|worker| worker.join().err()).collect();
        if let Some(panic) = panics.into_iter().next() {
            resume_unwind(panic);
        }
    });
}

/// Runs `side` on a thread of its own while `main` runs on the caller's; returns what `main` returns, after both.
///
/// # Panics
/// When one of them panics, with its panic.
pub fn beside<R>(side: impl FnOnce() + Send, main: impl FnOnce() -> R) -> R {
    std::thread::scope(|scope| {
        let side = start(scope, side);
        let result = main();
        if let Err(panic) = side.join() {
            resume_unwind(panic);
        }
        result
    })
}

fn start<'scope, F>(scope: &'scope Scope<'scope, '_>, f: F) -> ScopedJoinHandle<'scope, ()>
where
    F: FnOnce() + Send + 'scope,
{
    Builder::new()
        .stack_size(STACK_BYTES)
        .spawn_scoped(scope, f)
        .expect("a system that cannot start one more thread cannot build images")
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::thread::current;

    use super::*;

    fn panic_text(f: impl FnOnce()) -> String {
        let panic = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
        (*panic.downcast_ref::<&str>().expect("the panic is a text")).to_owned()
    }

    #[test]
    fn map_keeps_the_order_whatever_the_jobs() {
        let items: Vec<u32> = (0..1000).collect();
        let expected: Vec<u32> = items.iter().map(|item| item * 3).collect();
        for jobs in [0, 1, 2, 7, 5000] {
            assert_eq!(map(jobs, &items, |item| item * 3), expected, "{jobs} jobs");
        }
        assert_eq!(map(4, &[], |item: &u32| *item), Vec::<u32>::new());
    }

    #[test]
    fn map_with_one_job_stays_on_the_callers_thread_and_with_two_uses_both_at_once() {
        let here = current().id();
        assert_eq!(map(1, &[1, 2], |_| current().id() == here), [true, true]);
        let meet = Barrier::new(2);
        assert_eq!(
            map(2, &[1, 2], |_| {
                meet.wait();
                current().id() == here
            }),
            [false, false]
        );
    }

    #[test]
    fn workers_run_at_once_and_know_their_number() {
        let meet = Barrier::new(3);
        let numbers = Mutex::new(Vec::new());
        workers(3, |number| {
            meet.wait();
            numbers.lock().unwrap().push(number);
        });
        let mut numbers = numbers.into_inner().unwrap();
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2]);
    }

    #[test]
    fn workers_have_room_for_deep_recursion() {
        fn depth(left: usize) -> usize {
            let frame = std::hint::black_box([0_u8; 1024]);
            if left == 0 { usize::from(frame[0]) } else { 1 + depth(left - 1) }
        }
        workers(1, |_| assert_eq!(depth(2000), 2000));
    }

    #[test]
    fn a_panic_reaches_the_caller_with_its_text() {
        assert_eq!(panic_text(|| drop(map(2, &[1, 2, 3], |item| assert!(*item < 3, "three")))), "three");
        assert_eq!(panic_text(|| workers(2, |number| assert!(number == 0, "one"))), "one");
        assert_eq!(panic_text(|| beside(|| panic!("side"), || ())), "side");
    }

    #[test]
    fn beside_runs_both_at_once_and_returns_the_main_result() {
        let meet = Barrier::new(2);
        let result = beside(
            || {
                meet.wait();
            },
            || {
                meet.wait();
                7
            },
        );
        assert_eq!(result, 7);
    }
}
