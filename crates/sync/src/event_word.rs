//! [`EventWord`]: a flag that sleepers wait for, in one futex word that is its own bell.
//!
//! Bit 30 says that the event is set, bit 31 that somebody sleeps, or may sleep; the upper half counts how
//! often it was set. A sleeper goes when the flag is set or the count is no longer the one it found,
//! so that a flag set and cleared again at once lets go whoever slept. The 30 bits that would be an owner
//! stay 0, and the word is announced to the kernel ([`Bell`]) by sleepers and by setters: when either
//! is killed, one sleeper is woken, looks, and wakes the others if the bit says that nobody has yet.
//!
//! The sleepers' bit is cleared only while the flag is set, when nobody goes to sleep.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::bell::Bell;
use crate::deadline::Deadline;
use crate::primitive::{SPINS, ThreadList, spin_loop};
use crate::word::{WAITERS, kernels};

const SET: u64 = 1 << 30;
const ONE_SET: u64 = 1 << 32;

/// The word of an event. Zero bytes are a cleared one.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(crate) struct EventWord(Bell);

const fn is_set(word: u64) -> bool {
    word & SET != 0
}

/// Whether a wait that began at `first` is over at `now`.
const fn is_over(first: u64, now: u64) -> bool {
    is_set(now) || first >> 32 != now >> 32
}

impl EventWord {
    pub(crate) const NEXT_OFFSET: usize = Bell::NEXT_OFFSET;

    pub(crate) fn is_set(&self) -> bool {
        // Acquire: pairs with `set`.
        is_set(self.0.word().load(Acquire))
    }

    /// Sets the flag and wakes all sleepers.
    #[inline]
    pub(crate) fn set(&self, me: &ThreadList) {
        self.0.rung_if_killed(me, || {
            let set = |seen: u64| {
                if is_set(seen) {
                    seen
                } else {
                    seen.wrapping_add(ONE_SET) | SET
                }
            };
            // Release: pairs with the Acquire of those who find it set, the first setter's or not.
            let (Ok(seen) | Err(seen)) = self.change(set);
            let now = set(seen);
            if now & WAITERS != 0 {
                self.wake_all(now);
            }
        });
    }

    /// Clears the flag. Sleepers that a setter has still to wake keep their bit.
    pub(crate) fn clear(&self) {
        let _ = self.change(|seen| seen & !SET);
    }

    fn change(&self, new: impl Fn(u64) -> u64) -> Result<u64, u64> {
        (self.0.word()).fetch_update(AcqRel, Relaxed, |seen| Some(new(seen)))
    }

    /// Waits until the flag is set, or was since the call; `false` if `deadline` came first.
    #[inline]
    pub(crate) fn wait(&self, me: &ThreadList, deadline: Deadline) -> bool {
        let first = self.0.word().load(Acquire);
        if is_set(first) {
            return true;
        }
        self.wait_from(first, me, deadline)
    }

    #[cold]
    fn wait_from(&self, first: u64, me: &ThreadList, deadline: Deadline) -> bool {
        let spins = if deadline == Deadline::Now { 0 } else { SPINS };
        for _ in 0..spins {
            if is_over(first, self.0.word().load(Acquire)) {
                return true;
            }
            spin_loop();
        }
        self.0
            .rung_if_killed(me, || self.sleep_from(first, deadline))
    }

    fn sleep_from(&self, first: u64, deadline: Deadline) -> bool {
        let word = self.0.word();
        loop {
            let seen = word.load(Acquire);
            if is_over(first, seen) {
                if seen & WAITERS != 0 {
                    // The setter was killed before it woke the others, or is about to.
                    self.wake_all(seen);
                }
                return true;
            }
            let Some(patience) = deadline.next_wait() else {
                return false;
            };
            let marked = seen | WAITERS;
            if seen == marked
                || word
                    .compare_exchange(seen, marked, Relaxed, Relaxed)
                    .is_ok()
            {
                word.wait(kernels(marked), patience);
            }
        }
    }

    /// Wakes everybody; if the flag is set in `seen` and still as it was, nobody sleeps then.
    #[cold]
    fn wake_all(&self, seen: u64) {
        let word = self.0.word();
        word.wake(i32::MAX);
        if is_set(seen) {
            let _ = word.compare_exchange(seen, seen & !WAITERS, Relaxed, Relaxed);
        }
    }
}
