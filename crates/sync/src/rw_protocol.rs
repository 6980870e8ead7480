//! How readers and a writer keep out of each other's way: the algorithm of the read-write lock.
//!
//! A writer takes the *turnstile*, a robust word, and then waits until no thread owns a reader's slot.
//! A reader takes a slot, a robust word too and as a rule nobody else's, and then looks at the
//! turnstile. If that is free, the reader is in: nothing was written that readers share. Each side writes its
//! own word first and looks at the other's then, with a full barrier in between, so that of a reader
//! and a writer that come at once at least one sees the other. A reader that sees the turnstile taken
//! gives its slot back, *passes through* the turnstile (takes it, takes a slot, releases it), and so waits
//! behind the writer as writers do behind each other.
//!
//! Hence the policy: a writer waits for the readers that were there before it, never for later ones; and
//! readers wait for the writers before them in the turnstile, which is as fair as the mutex is.
//!
//! Only who holds the turnstile sleeps on a slot, so that a wake-up there cannot reach the wrong one.
//! A death frees the word it happened in and wakes a sleeper, as with every robust word. Readers leave
//! nothing behind; whether a writer did is written beside the lock (`rw_words`).

use std::sync::atomic::Ordering::Acquire;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::primitive::{ThreadList, full_barrier};
use crate::robust_word::{Missed, RobustWord, Wait};
use crate::seat::Seat;
use crate::word;

/// How soon a reader looks again when all slots are taken.
const CROWD_PAUSE: Duration = Duration::from_millis(1);

/// A read-write lock in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadersAndWriter<'l> {
    pub(crate) turnstile: &'l RobustWord,
    pub(crate) slots: &'l [Seat],
}

impl ReadersAndWriter<'_> {
    /// Enters as a reader, and says in which slot. The list of `me` must have room for two.
    #[inline]
    pub(crate) fn read(self, me: &ThreadList, deadline: Deadline) -> Result<usize, Missed> {
        let Some(slot) = self.take_free_slot(me) else {
            return self.read_in_turn(me, deadline);
        };
        // Pairs with the barrier in `write`: this thread sees the writer's turnstile, or the writer sees the slot.
        full_barrier();
        // Acquire: pairs with the release of the turnstile by the last writer.
        if word::owner(self.turnstile.load()) == 0 {
            return Ok(slot);
        }
        self.leave(me, slot);
        self.read_in_turn(me, deadline)
    }

    /// Leaves as the reader in `slot`; does nothing if this thread is not.
    #[inline]
    pub(crate) fn leave(self, me: &ThreadList, slot: usize) {
        self.slots[slot].owner.unlock_after(me, || {});
    }

    /// Enters as the writer. The list of `me` must have room for one.
    pub(crate) fn write(self, me: &ThreadList, deadline: Deadline) -> Result<(), Missed> {
        // Whether the last owner died is told by what it left beside the lock.
        let _ = self.turnstile.lock(me, deadline)?;
        // Pairs with the barrier in `read`.
        full_barrier();
        for slot in self.slots {
            if let Err(missed) = slot.owner.await_unowned(me.tid(), deadline) {
                self.turnstile.unlock_after(me, || {});
                return Err(missed);
            }
        }
        Ok(())
    }

    #[cold]
    fn read_in_turn(self, me: &ThreadList, deadline: Deadline) -> Result<usize, Missed> {
        if self.reads_already(me) {
            // Through another mapping of the segment: a writer in the turnstile would wait for it.
            return Err(Missed::Deadlock);
        }
        let _ = self.turnstile.lock(me, deadline)?;
        let slot = self.await_free_slot(me, deadline);
        self.turnstile.unlock_after(me, || {});
        slot
    }

    fn reads_already(self, me: &ThreadList) -> bool {
        let own = |slot: &Seat| word::owner(slot.owner.load()) == me.tid();
        self.slots.iter().any(own)
    }

    #[inline]
    fn take_free_slot(self, me: &ThreadList) -> Option<usize> {
        let home = self.home(me);
        if self.slots[home].owner.lock_if_untouched(me) {
            return Some(home);
        }
        self.take_another_slot(me, home)
    }

    /// Where a thread looks first: threads with other ids look elsewhere.
    #[inline]
    fn home(self, me: &ThreadList) -> usize {
        me.tid() as usize % self.slots.len()
    }

    /// Also takes what the dead left, and the home slot if it is free and only marked as awaited.
    #[cold]
    fn take_another_slot(self, me: &ThreadList, home: usize) -> Option<usize> {
        (home..self.slots.len()).chain(0..home).find(|&index| {
            let owner = &self.slots[index].owner;
            word::owner(owner.load()) == 0 && owner.lock(me, Deadline::Now).is_ok()
        })
    }

    /// Only for who holds the turnstile.
    fn await_free_slot(self, me: &ThreadList, deadline: Deadline) -> Result<usize, Missed> {
        let mut wait = Wait::with_naps(deadline, CROWD_PAUSE);
        for next in self.home(me).. {
            if let Some(slot) = self.take_free_slot(me) {
                return Ok(slot);
            }
            // Another one each time, so that the dead are found in all of them.
            let owner = &self.slots[next % self.slots.len()].owner;
            let seen = owner.futex().load(Acquire);
            if word::owner(seen) != 0 {
                wait.pause(owner, seen)?;
            }
        }
        unreachable!("nobody counts that far")
    }
}
