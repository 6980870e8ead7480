//! [`CountWord`]: how many permits a semaphore has, and who sleeps because there is none.
//!
//! The lower half, which threads sleep on, has the count in 31 bits and [`SLEEPERS`] above; the upper
//! half counts releases. The bit is sticky, as a lock's waiters bit is. Only a releaser whose wake found
//! nobody clears it, and only if nobody released since: then the count was never 0 meanwhile, so that nobody
//! has fallen asleep.
//!
//! Taking is one swap and releasing is one swap and a wake, so that whoever is killed in between has done the
//! whole or nothing, but for the wake: who missed that looks for itself when the back-stop is over.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::deadline::Deadline;
use crate::primitive::{AtomicU64, Futex, SPINS, spin_loop};

const COUNT: u64 = SLEEPERS - 1;
/// Somebody sleeps, or may sleep, because the count is 0.
const SLEEPERS: u64 = 1 << 31;
const ONE_RELEASE: u64 = 1 << 32;

/// A count that threads wait for while it is 0. Zero bytes are a count of 0.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct CountWord {
    futex: Futex<AtomicU64>,
}

impl CountWord {
    /// The largest count.
    pub(crate) const MAX: u32 = i32::MAX.cast_unsigned();

    pub(crate) fn load(&self) -> u32 {
        (self.futex.load(Acquire) & COUNT) as u32
    }

    /// Makes it `count`, whatever it was, and lets those who sleep look.
    pub(crate) fn set(&self, count: u32) {
        let mut seen = self.futex.load(Relaxed);
        loop {
            let new = (seen & !COUNT).wrapping_add(ONE_RELEASE) | u64::from(count);
            match (self.futex).compare_exchange_weak(seen, new, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        self.futex.wake(i32::MAX);
    }

    /// Takes one off the count, waiting while it is 0; `false` if it was so until `deadline`.
    #[inline]
    pub(crate) fn acquire(&self, deadline: Deadline) -> bool {
        self.take_one().is_ok() || self.acquire_at_zero(deadline)
    }

    /// Adds `n` to the count, unless it would exceed `limit`.
    ///
    /// # Errors
    ///
    /// The count, to which nothing was added.
    #[inline]
    pub(crate) fn release(&self, n: u32, limit: u32) -> Result<(), u32> {
        let mut seen = self.futex.load(Relaxed);
        loop {
            let count = (seen & COUNT) as u32;
            if limit.saturating_sub(count) < n {
                return Err(count);
            }
            let new = seen.wrapping_add(ONE_RELEASE) + u64::from(n);
            // Release: pairs with the Acquire in `take_one`.
            match (self.futex).compare_exchange_weak(seen, new, Release, Relaxed) {
                Ok(_) if seen & SLEEPERS == 0 => return Ok(()),
                Ok(_) => {
                    self.wake(n, new);
                    return Ok(());
                }
                Err(now) => seen = now,
            }
        }
    }

    #[cold]
    fn wake(&self, n: u32, released: u64) {
        let n = i32::try_from(n).unwrap_or(i32::MAX);
        if n > 0 && self.futex.wake(n) == 0 {
            let none = released & !SLEEPERS;
            let _ = (self.futex).compare_exchange(released, none, Relaxed, Relaxed);
        }
    }

    /// Takes one off the count; else the word, whose count is 0.
    #[inline]
    fn take_one(&self) -> Result<(), u64> {
        let mut seen = self.futex.load(Relaxed);
        while seen & COUNT != 0 {
            match (self.futex).compare_exchange_weak(seen, seen - 1, Acquire, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => seen = now,
            }
        }
        Err(seen)
    }

    #[cold]
    fn acquire_at_zero(&self, deadline: Deadline) -> bool {
        let mut spins = if deadline == Deadline::Now { 0 } else { SPINS };
        loop {
            let Err(seen) = self.take_one() else {
                return true;
            };
            if spins > 0 && seen & SLEEPERS == 0 {
                spins -= 1;
                spin_loop();
                continue;
            }
            let Some(patience) = deadline.next_wait() else {
                return false;
            };
            let marked = seen | SLEEPERS;
            let is_marked = seen == marked
                || (self.futex)
                    .compare_exchange(seen, marked, Relaxed, Relaxed)
                    .is_ok();
            if is_marked {
                // The lower half: the kernel refuses the sleep if the count has changed.
                self.futex.wait(marked as u32, patience);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_count_goes_down_to_zero_and_up_to_its_limit() {
        let count = CountWord::default();
        count.set(2);
        assert!(count.acquire(Deadline::Now) && count.acquire(Deadline::Now));
        assert!(!count.acquire(Deadline::Now));
        assert_eq!(count.release(3, 2), Err(0));
        assert_eq!(count.release(2, 2), Ok(()));
        assert_eq!(count.release(1, 2), Err(2));
        assert_eq!(count.release(0, 2), Ok(()));
        count.set(CountWord::MAX);
        assert_eq!(count.release(1, CountWord::MAX), Err(CountWord::MAX));
        assert_eq!(count.load(), CountWord::MAX);
    }
}
