//! [`Waitlist`]: who waits for a condition, as a count that notifiers move on.
//!
//! The lower half of the word is what waiters sleep on: a sequence that every notification moves on, and
//! in bit 0 whether anybody sleeps, or may sleep. The upper half counts registrations. A waiter
//! registers while it holds the mutex, so that a notification that comes after has moved the
//! sequence and the kernel refuses the sleep. A notifier that wakes fewer than it meant to found nobody else
//! asleep; it clears the bit, unless somebody has registered since.
//!
//! A waiter goes when the sequence is no longer the one it registered at, whoever the notification was
//! for: what it waited for may have been left by one who was notified and died. Waiters and notifiers announce
//! the bell, so that the death of either wakes a waiter, which wakes all the others to look for themselves.
//!
//! A waiter that was let go still has to lock the mutex, and a lock is announced by itself. So it takes the
//! baton first, a robust word that all waiters watch, and puts it down when it has the mutex. Only if
//! another one has the baton just then is its death found out within the back-stop.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::bell::Bell;
use crate::deadline::Deadline;
use crate::primitive::{AtomicU64, Futex, SPINS, ThreadList, Watched, Woken, spin_loop, wait_any};
use crate::robust_word::RobustWord;
use crate::word::{kernels, owner_died};

const SLEEPERS: u64 = 1;
const ONE_NOTIFICATION: u32 = 2;
const ONE_REGISTRATION: u64 = 1 << 32;

/// Whether a wait ended because something happened or because its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Somebody notified, or may have: look at what was waited for.
    Notified,
    /// The time is over.
    TimedOut,
}

/// The words of a condition variable. Zero bytes are one that nobody waits for.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Waitlist {
    sequence: Futex<AtomicU64>,
    bell: Bell,
    baton: RobustWord,
}

/// What a waiter found when it registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u32);

impl Waitlist {
    pub(crate) const NEXT_OFFSET: usize = std::mem::offset_of!(Self, bell) + Bell::NEXT_OFFSET;

    /// Registers a waiter, which must hold the mutex.
    pub(crate) fn register(&self) -> Ticket {
        let register = |word: u64| word.wrapping_add(ONE_REGISTRATION) | SLEEPERS;
        let (Ok(before) | Err(before)) =
            (self.sequence).fetch_update(AcqRel, Relaxed, |word| Some(register(word)));
        Ticket(kernels(register(before)))
    }

    /// Wakes at least `count` of those who registered before, or all of them if they are fewer.
    #[inline]
    pub(crate) fn notify(&self, me: &ThreadList, count: i32) {
        self.bell.rung_if_killed(me, || {
            let (Ok(before) | Err(before)) =
                (self.sequence).fetch_update(AcqRel, Relaxed, |word| Some(moved_on(word)));
            if before & SLEEPERS != 0 {
                self.wake(count, moved_on(before));
            }
        });
    }

    #[cold]
    fn wake(&self, count: i32, now: u64) {
        if self.sequence.wake(count) < count.unsigned_abs() {
            // Fails if somebody registered since, even at the same sequence.
            let _ = (self.sequence).compare_exchange(now, now & !SLEEPERS, Relaxed, Relaxed);
        }
    }

    /// Waits until a notification later than `ticket`, or `deadline`. The mutex must not be held.
    ///
    /// To be followed by [`put_down`](Self::put_down) when the thread has the mutex.
    pub(crate) fn wait(&self, me: &ThreadList, ticket: Ticket, deadline: Deadline) -> Waited {
        let spins = if deadline == Deadline::Now { 0 } else { SPINS };
        for _ in 0..spins {
            if self.has_moved(ticket) {
                return Waited::Notified;
            }
            spin_loop();
        }
        self.bell.rung_if_killed(me, || {
            let waited = self.sleep(ticket, deadline);
            if waited == Waited::Notified {
                self.take_up(me);
            }
            waited
        })
    }

    /// Takes the baton, if nobody has it.
    fn take_up(&self, me: &ThreadList) {
        let baton = self.baton.load();
        if owner_died(baton) {
            self.baton.reset(baton);
        }
        // One entry of the list is for the mutex.
        if me.room() > 1 {
            // Announces the baton in place of the bell; both are watched.
            self.baton.lock_watched(me);
        }
    }

    /// Ends what a waiter carried until it had the mutex.
    pub(crate) fn put_down(&self, me: &ThreadList) {
        self.baton.unlock_unwatched(me, || {});
    }

    fn sleep(&self, ticket: Ticket, deadline: Deadline) -> Waited {
        loop {
            if self.has_moved(ticket) {
                return Waited::Notified;
            }
            let Some(patience) = deadline.next_wait() else {
                return Waited::TimedOut;
            };
            let baton = self.baton.load();
            if owner_died(baton) {
                return self.rouse();
            }
            let (bell, baton_at) = (self.bell.word(), self.baton.futex());
            let sequence = Watched {
                futex: &self.sequence,
                value: ticket.0,
            };
            let deaths = [(bell, bell.load(Relaxed)), (baton_at, baton)];
            let deaths = deaths.map(|(futex, word)| Watched {
                futex,
                value: kernels(word),
            });
            match wait_any(sequence, &deaths, patience) {
                Woken::First if self.has_moved(ticket) => return Waited::Notified,
                // Woken in place of one who registered earlier, or because somebody died: all shall look.
                Woken::First | Woken::Other => return self.rouse(),
                Woken::Not => {}
            }
        }
    }

    /// Notifies all, to look for themselves: had the sequence not moved on, those woken would do the same, for ever.
    fn rouse(&self) -> Waited {
        let _ = (self.sequence).fetch_update(AcqRel, Relaxed, |word| Some(moved_on(word)));
        self.sequence.wake(i32::MAX);
        Waited::Notified
    }

    fn has_moved(&self, ticket: Ticket) -> bool {
        kernels(self.sequence.load(Acquire)) != ticket.0
    }
}

/// The word after one more notification.
const fn moved_on(word: u64) -> u64 {
    let sequence = kernels(word).wrapping_add(ONE_NOTIFICATION);
    (word & !(ONE_REGISTRATION - 1)) | sequence as u64
}
