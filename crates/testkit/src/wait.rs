//! [`wait_until`]: waiting for a condition that no event announces.

use std::thread;
use std::time::{Duration, Instant};

use crate::PATIENCE;

/// Returns once `condition` holds, asking again and again: at first at once, then every millisecond.
///
/// `what` completes the sentence "waiting until …" of the panic.
///
/// # Panics
///
/// If `condition` does not hold within [`PATIENCE`].
///
/// # Examples
///
/// ```
/// let mut calls = 0;
/// multiproc_testkit::wait_until("the third call", || {
///     calls += 1;
///     calls == 3
/// });
/// ```
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    for round in 0_u64.. {
        if condition() {
            return;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "gave up after {PATIENCE:?} waiting until {what}"
        );
        if round < 100 {
            thread::yield_now();
        } else {
            thread::sleep(Duration::from_millis(1));
        }
    }
}
