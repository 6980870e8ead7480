//! [`contend`] and [`deaths`]: several processes at one lock, and what its owner's death takes to be known.
#![expect(unsafe_code, reason = "fork, kill and the shared page")]

use std::hint::{black_box, spin_loop};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::shared_page::shared_page;

const READY: usize = 0;
const GO: usize = 1;
const FIRST_COUNT: usize = 64;
/// Words between two processes' counts, so that they do not share a cache line.
const STRIDE: usize = 16;
const MOST: usize = 16;

/// How often each process did it, and how long that took.
#[derive(Clone, Debug)]
pub struct Contention {
    /// One count per process.
    pub counts: Vec<u64>,
    /// From the start of all to the end of all.
    pub elapsed: Duration,
}

impl Contention {
    /// The time that `n` operations of any of the processes take.
    #[must_use]
    pub fn time_of(&self, n: u64) -> Duration {
        let total: u64 = self.counts.iter().sum();
        self.elapsed.mul_f64(n as f64 / total.max(1) as f64)
    }

    /// The smallest count by the largest: 1 if all had the same share.
    #[must_use]
    pub fn fairness(&self) -> f64 {
        let least = self.counts.iter().min().copied().unwrap_or(0);
        let most = self.counts.iter().max().copied().unwrap_or(0);
        least as f64 / most.max(1) as f64
    }
}

/// Lets `n_processes` do `operation` over and over for `span`, each `gap` apart.
///
/// # Panics
///
/// If the kernel refuses to fork, or a process fails.
#[must_use]
pub fn contend(
    n_processes: usize,
    gap: Duration,
    span: Duration,
    operation: impl Fn(),
) -> Contention {
    assert!(n_processes <= MOST, "room for {MOST} counts");
    let words = words();
    for word in words {
        word.store(0, Ordering::SeqCst);
    }
    let turns = turns_of(gap);
    let children: Vec<i32> = (0..n_processes)
        .map(|index| {
            fork(|| {
                // What a first use takes is no part of it.
                operation();
                words[READY].fetch_add(1, Ordering::SeqCst);
                while words[GO].load(Ordering::Acquire) == 0 {
                    spin_loop();
                }
                let mut count = 0_u64;
                while words[GO].load(Ordering::Relaxed) == 1 {
                    operation();
                    turn(turns);
                    count += 1;
                }
                words[FIRST_COUNT + STRIDE * index].store(count, Ordering::SeqCst);
            })
        })
        .collect();
    while words[READY].load(Ordering::SeqCst) < n_processes as u64 {
        thread::yield_now();
    }
    let start = Instant::now();
    words[GO].store(1, Ordering::SeqCst);
    thread::sleep(span);
    words[GO].store(2, Ordering::SeqCst);
    let elapsed = start.elapsed();
    children.into_iter().for_each(reap);
    let count = |index: usize| words[FIRST_COUNT + STRIDE * index].load(Ordering::SeqCst);
    Contention {
        counts: (0..n_processes).map(count).collect(),
        elapsed,
    }
}

/// The time from the death of a process that ran `hold`, and so has a lock, to the return of `wait`, which this process
/// calls and which sleeps meanwhile; `n` times, added up.
///
/// # Panics
///
/// If the kernel refuses to fork.
#[must_use]
pub fn deaths(n: u64, hold: impl Fn(), mut wait: impl FnMut()) -> Duration {
    const ASLEEP: Duration = Duration::from_millis(2);
    let words = words();
    let mut total = Duration::ZERO;
    for _ in 0..n {
        words[READY].store(0, Ordering::SeqCst);
        let owner = fork(|| {
            hold();
            words[READY].store(1, Ordering::SeqCst);
            thread::sleep(Duration::from_secs(3600));
        });
        while words[READY].load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        let killer = fork(|| {
            thread::sleep(ASLEEP);
            words[GO].store(now(), Ordering::SeqCst);
            // SAFETY: it takes numbers only; the owner is not reaped before this process is.
            unsafe { libc::kill(owner, libc::SIGKILL) };
        });
        wait();
        total += Duration::from_nanos(now().saturating_sub(words[GO].load(Ordering::SeqCst)));
        reap(killer);
        reap(owner);
    }
    total
}

/// Nanoseconds on the monotonic clock, which all processes share.
fn now() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists, and `time` is writable.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// How many turns of an empty loop take as long as `gap`.
fn turns_of(gap: Duration) -> u64 {
    const TRIAL: u64 = 100_000;
    if gap.is_zero() {
        return 0;
    }
    let fastest = (0..20).map(|_| {
        let start = Instant::now();
        turn(TRIAL);
        start.elapsed()
    });
    let trial = fastest.min().unwrap_or(gap);
    (gap.as_nanos() as u64 * TRIAL) / (trial.as_nanos() as u64).max(1)
}

fn turn(turns: u64) {
    for index in 0..turns {
        black_box(index);
    }
}

fn words() -> &'static [AtomicU64] {
    // SAFETY: the page is zeroed, aligned, as long as 512 such words, never unmapped, and used through
    // these atomics alone.
    unsafe { std::slice::from_raw_parts(shared_page().cast::<AtomicU64>().as_ptr(), 512) }
}

/// A child that runs `body` and ends; it dies with this process.
fn fork(body: impl FnOnce()) -> i32 {
    // SAFETY: this process has one thread while it measures, so the child may run anything.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1, "fork");
    if child == 0 {
        // SAFETY: it takes numbers only.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        body();
        // SAFETY: it ends the child without running what belongs to the parent.
        unsafe { libc::_exit(0) };
    }
    child
}

fn reap(child: i32) {
    // SAFETY: a null status is allowed.
    unsafe { libc::waitpid(child, null_mut(), 0) };
}
