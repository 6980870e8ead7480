//! How a permit is taken, given back, and taken from the dead: the algorithm of owned permits.
//!
//! A permit is a seat: a robust word that is its holder's. So there is no count that could go wrong: free are
//! the seats that nobody owns. Who finds none sleeps on the sequence word, which every release counts
//! on, and on the words of all seats, so that the death of any holder wakes somebody too. A sleeper
//! read the sequence before it looked at the seats, so that the kernel refuses the sleep if a seat came
//! free meanwhile. Where the kernel lacks `futex_waitv` (before Linux 5.16), a death shows after the
//! back-stop.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::time::Duration;

use crate::deadline::Deadline;
use crate::primitive::{AtomicU32, Futex, SPINS, ThreadList, Watched, spin_loop, wait_any};
use crate::robust_word::{Missed, RobustWord};
use crate::seat::Seat;
use crate::word;

/// Bit 0 of the sequence word: somebody sleeps on it. Sticky, as the waiters bit of a lock is.
const SLEEPERS: u32 = 1;
const ONE_RELEASE: u32 = 2;

/// The permits of a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PermitSet<'p> {
    pub(crate) sequence: &'p Futex<AtomicU32>,
    pub(crate) seats: &'p [Seat],
}

/// What a look at all seats gave.
enum Look {
    Taken(usize),
    /// All are owned, so many of them by this thread.
    AllOwned {
        own: usize,
    },
}

impl PermitSet<'_> {
    /// Takes a seat, waiting until `deadline`, and says which. The list of `me` must have room for one.
    #[inline]
    pub(crate) fn acquire(self, me: &ThreadList, deadline: Deadline) -> Result<usize, Missed> {
        if let Some(home) = self.home(me)
            && self.seats[home].owner.lock_if_untouched(me)
        {
            return Ok(home);
        }
        self.acquire_any(me, deadline)
    }

    /// Gives the seat back; does nothing if this thread does not own it.
    #[inline]
    pub(crate) fn release(self, me: &ThreadList, seat: usize) {
        let owner = &self.seats[seat].owner;
        // While somebody sleeps, the next owner's death shall wake too.
        if self.sequence.load(Relaxed) & SLEEPERS == 0 {
            owner.unlock_unwatched(me, || self.count_on());
        } else {
            owner.unlock_watched(me, || self.count_on());
        }
    }

    /// Where a thread looks first: threads with other ids look elsewhere. `None` where there is no seat.
    #[inline]
    fn home(self, me: &ThreadList) -> Option<usize> {
        (me.tid() as usize).checked_rem(self.seats.len())
    }

    #[cold]
    fn acquire_any(self, me: &ThreadList, deadline: Deadline) -> Result<usize, Missed> {
        let mut spins = if deadline == Deadline::Now { 0 } else { SPINS };
        loop {
            // Acquire, and before the seats: pairs with the release that `count_on` counts.
            let sequence = self.sequence.load(Acquire);
            match self.look(me) {
                Look::Taken(seat) => return Ok(seat),
                Look::AllOwned { own } if own > 0 && own == self.seats.len() => {
                    return Err(Missed::Deadlock);
                }
                Look::AllOwned { .. } => {}
            }
            if spins > 0 && sequence & SLEEPERS == 0 {
                spins -= 1;
                spin_loop();
                continue;
            }
            match deadline.next_wait() {
                Some(patience) => self.sleep(sequence, patience),
                None if self.bury_the_dead() => {}
                None => {
                    return Err(Missed::Held {
                        holder: 0,
                        watched: Duration::ZERO,
                    });
                }
            }
        }
    }

    fn look(self, me: &ThreadList) -> Look {
        let home = self.home(me).unwrap_or(0);
        let mut own = 0;
        for index in (home..self.seats.len()).chain(0..home) {
            let owner = &self.seats[index].owner;
            match word::owner(owner.load()) {
                0 if owner.lock(me, Deadline::Now).is_ok() => return Look::Taken(index),
                tid if tid == me.tid() => own += 1,
                _ => {}
            }
        }
        Look::AllOwned { own }
    }

    fn count_on(self) {
        let before = self.sequence.fetch_add(ONE_RELEASE, AcqRel);
        if before & SLEEPERS != 0 {
            self.wake_one(before.wrapping_add(ONE_RELEASE));
        }
    }

    #[cold]
    fn wake_one(self, sequence: u32) {
        if self.sequence.wake(1) > 0 {
            return;
        }
        let none = sequence & !SLEEPERS;
        if (self.sequence)
            .compare_exchange(sequence, none, Relaxed, Relaxed)
            .is_ok()
        {
            // Who fell asleep since the wake shall mark the word again.
            self.sequence.wake(i32::MAX);
        }
    }

    /// Sleeps until a seat is given back, or the holder of one dies.
    fn sleep(self, seen: u32, patience: Duration) {
        let sequence = seen | SLEEPERS;
        let marked = seen == sequence
            || (self.sequence)
                .compare_exchange(seen, sequence, Relaxed, Relaxed)
                .is_ok();
        if !marked {
            return;
        }
        let mut watched = Vec::with_capacity(self.seats.len());
        for seat in self.seats {
            let word = seat.owner.load();
            if word::owner(word) == 0 {
                return;
            }
            let Some(word) = seat.owner.watch(word) else {
                return;
            };
            watched.push(Watched {
                futex: seat.owner.futex(),
                value: word::kernels(word),
            });
        }
        let first = Watched {
            futex: self.sequence,
            value: sequence,
        };
        wait_any(first, &watched, patience);
        if self.sequence.load(Relaxed) == sequence {
            self.bury_the_dead();
        }
    }

    /// Frees the seats of dead owners that the kernel has missed; says whether there was one.
    fn bury_the_dead(self) -> bool {
        let bury = |owner: &RobustWord| owner.bury_the_dead(owner.load());
        let n_dead = self.seats.iter().filter(|seat| bury(&seat.owner)).count();
        n_dead > 0
    }
}
