//! [`RobustWord`]: the lock of this crate, a futex word that the kernel frees when its owner dies.
//!
//! Taking: announce the node to the kernel, swap the word from 0 to the thread's id, link the node,
//! withdraw the announcement. Releasing: announce, unlink, swap back, wake, withdraw. Between any two
//! of these steps the owner may be killed: the kernel walks the list and the announcement, and sets
//! [`OWNER_DIED`](crate::word) where the word has the dead thread's id.
//!
//! A *leaf* lock is the same word under the announcement alone. It is cheaper, and it must not be
//! held while any robust lock is taken or released, as there is one announcement per thread.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use crate::deadline::Deadline;
use crate::primitive::{AtomicU64, Futex, ListNode, SPINS, ThreadList, spin_loop, thread_lives};
use crate::watch::Watch;
use crate::word::{self, Slept, Step, WAITERS};

/// A lock of 40 bytes, laid out as glibc's robust mutexes are: the word first, the node 32 bytes on.
///
/// Zero bytes are an unlocked one.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct RobustWord {
    futex: Futex<AtomicU64>,
    zeros: [AtomicU64; 2],
    node: ListNode,
}

/// How a lock was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Acquired {
    Clean,
    /// The last owner died while it held the lock.
    OwnerDied,
}

/// Why a lock was not got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// Another thread, this one, held it until the deadline, and was seen to for so long.
    Held { holder: u32, watched: Duration },
    /// The thread itself holds it.
    Deadlock,
}

impl RobustWord {
    pub(crate) const NEXT_OFFSET: usize = std::mem::offset_of!(Self, node) + ListNode::NEXT_OFFSET;

    /// Makes it an unlocked one, whoever held it.
    pub(crate) fn format(&self) {
        self.futex.store(0, Relaxed);
        for zero in &self.zeros {
            zero.store(0, Relaxed);
        }
    }

    /// The word as it is now.
    pub(crate) fn load(&self) -> u64 {
        self.futex.load(Acquire)
    }

    pub(crate) fn futex(&self) -> &Futex<AtomicU64> {
        &self.futex
    }

    /// Whether this thread holds it, and linked it.
    pub(crate) fn is_held_by(&self, me: &ThreadList) -> bool {
        me.holds(&self.node)
    }

    /// Says that this lock, which the thread holds, outlives the thread.
    pub(crate) fn keep(&self, me: &ThreadList) {
        me.keep(&self.node);
    }

    /// Takes the lock for the thread `me`, whose list must not be full.
    #[inline]
    pub(crate) fn lock(&self, me: &ThreadList, deadline: Deadline) -> Result<Acquired, Missed> {
        me.begin(&self.node);
        let acquired = self.acquire(me.tid(), deadline);
        if acquired.is_ok() {
            me.link(&self.node);
        }
        me.end();
        acquired
    }

    /// Takes the lock if its word is 0: neither owned, nor awaited, nor left by the dead.
    #[inline]
    pub(crate) fn lock_if_untouched(&self, me: &ThreadList) -> bool {
        self.lock_marked(me, 0)
    }

    /// Like [`lock_if_untouched`](Self::lock_if_untouched), with the waiters bit set, so that the
    /// owner's death wakes one of those who watch.
    pub(crate) fn lock_watched(&self, me: &ThreadList) -> bool {
        self.lock_marked(me, WAITERS)
    }

    #[inline]
    fn lock_marked(&self, me: &ThreadList, mark: u64) -> bool {
        me.begin(&self.node);
        let taken = self.swap_in(me.tid(), mark);
        if taken {
            me.link(&self.node);
        }
        me.end();
        taken
    }

    /// Does `last` as the lock's owner, releases the lock and wakes one sleeper.
    ///
    /// Nothing of that happens if this thread does not hold it.
    #[inline]
    pub(crate) fn unlock_after(&self, me: &ThreadList, last: impl FnOnce()) {
        me.begin(&self.node);
        if me.unlink(&self.node) {
            last();
            self.release(me.tid());
        }
        me.end();
    }

    /// Releases the lock without waking those that only watch for the owner's death, who watch no longer,
    /// and then does `next`. Dying on the way there wakes one of them.
    ///
    /// `false`, and nothing happens, if this thread does not hold it.
    #[inline]
    pub(crate) fn unlock_unwatched(&self, me: &ThreadList, next: impl FnOnce()) -> bool {
        self.unlock_keeping(me, word::freed(u64::MAX), next)
    }

    /// Like [`unlock_unwatched`](Self::unlock_unwatched), with those who watch watching the next owner too.
    #[inline]
    pub(crate) fn unlock_watched(&self, me: &ThreadList, next: impl FnOnce()) -> bool {
        self.unlock_keeping(me, word::freed(u64::MAX) | WAITERS, next)
    }

    #[inline]
    fn unlock_keeping(&self, me: &ThreadList, kept: u64, next: impl FnOnce()) -> bool {
        me.begin(&self.node);
        let held = me.unlink(&self.node);
        if held {
            // Release: pairs with the Acquire of the next owner.
            self.futex.fetch_and(kept, Release);
            next();
        }
        me.end();
        held
    }

    /// Takes it as a leaf lock: see the file's own text.
    #[inline]
    pub(crate) fn lock_leaf(
        &self,
        me: &ThreadList,
        deadline: Deadline,
    ) -> Result<Acquired, Missed> {
        me.begin(&self.node);
        let acquired = self.acquire(me.tid(), deadline);
        if acquired.is_err() {
            me.end();
        }
        acquired
    }

    /// Releases what [`lock_leaf`](Self::lock_leaf) took.
    #[inline]
    pub(crate) fn unlock_leaf(&self, me: &ThreadList) {
        self.release(me.tid());
        me.end();
    }

    /// Waits until no thread owns it, without taking it; fails if the thread `tid` does itself.
    ///
    /// Only one thread at a time may wait like this, and nobody for the lock itself: who is woken here does not
    /// wake the next.
    #[inline]
    pub(crate) fn await_unowned(&self, tid: u32, deadline: Deadline) -> Result<(), Missed> {
        match word::owner(self.load()) {
            0 => Ok(()),
            _ => self.await_owned(tid, deadline),
        }
    }

    #[cold]
    fn await_owned(&self, tid: u32, deadline: Deadline) -> Result<(), Missed> {
        let mut wait = Wait::new(deadline);
        loop {
            let seen = self.load();
            match word::owner(seen) {
                0 => return Ok(()),
                owner if owner == tid => return Err(Missed::Deadlock),
                _ => wait.pause(self, seen)?,
            }
        }
    }

    /// If the owner in the word seen is dead, does what the kernel should have done; says whether.
    ///
    /// The kernel leaves out locks beyond the 2048th, locks behind a link that somebody overwrote, and
    /// those of a thread that called `exec` and was not its process's main one, as its id
    /// changes before the kernel walks its list.
    #[cold]
    pub(crate) fn bury_the_dead(&self, seen: u64) -> bool {
        let owner = word::owner(seen);
        owner != 0
            && !thread_lives(owner)
            && self
                .futex
                .compare_exchange(seen, word::after_death(seen), Relaxed, Relaxed)
                .is_ok()
    }

    /// Clears what a death left, unless the word changed meanwhile.
    pub(crate) fn reset(&self, seen: u64) {
        let _ = self
            .futex
            .compare_exchange(seen, word::freed(seen), Release, Relaxed);
    }

    /// Sets the waiters bit, so that the owner's death wakes; the word to sleep on, unless it changed.
    pub(crate) fn watch(&self, seen: u64) -> Option<u64> {
        let watched = seen | WAITERS;
        let set = seen == watched
            || self
                .futex
                .compare_exchange(seen, watched, Relaxed, Relaxed)
                .is_ok();
        set.then_some(watched)
    }

    #[inline]
    fn swap_in(&self, tid: u32, mark: u64) -> bool {
        let free = self.futex.load(Relaxed);
        // Acquire: pairs with the Release of whoever released the lock.
        word::is_free(free)
            && self
                .futex
                .compare_exchange(free, word::owned(free, tid) | mark, Acquire, Relaxed)
                .is_ok()
    }

    #[inline]
    fn acquire(&self, tid: u32, deadline: Deadline) -> Result<Acquired, Missed> {
        if self.swap_in(tid, 0) {
            return Ok(Acquired::Clean);
        }
        self.acquire_busy(tid, deadline)
    }

    #[cold]
    fn acquire_busy(&self, tid: u32, deadline: Deadline) -> Result<Acquired, Missed> {
        let mut wait = Wait::new(deadline);
        loop {
            let seen = self.futex.load(Relaxed);
            match word::step(seen, tid, wait.slept) {
                Step::Take(new) => {
                    if self
                        .futex
                        .compare_exchange(seen, new, Acquire, Relaxed)
                        .is_ok()
                    {
                        return Ok(if word::owner_died(seen) {
                            Acquired::OwnerDied
                        } else {
                            Acquired::Clean
                        });
                    }
                }
                Step::Deadlock => return Err(Missed::Deadlock),
                Step::Sleep => wait.pause(self, seen)?,
            }
        }
    }

    #[inline]
    fn release(&self, tid: u32) {
        // Release: pairs with the Acquire of the next owner.
        let seen = self.futex.fetch_sub(tid.into(), Release);
        if word::has_waiters(seen) {
            self.wake_next(word::freed(seen));
        }
    }

    /// Wakes a sleeper; if there is none, clears the waiters bit of the lock just released.
    #[cold]
    fn wake_next(&self, free: u64) {
        if self.futex.wake(1) == 0 {
            // Fails if the lock was taken since, even if it is free again: `free` counts that.
            let _ = self
                .futex
                .compare_exchange(free | WAITERS, free, Relaxed, Relaxed);
        }
    }
}

/// One thread's wait for one word: first it spins, for about as long as a wake-up takes, then it sleeps.
pub(crate) struct Wait {
    deadline: Deadline,
    /// How long one sleep may be.
    longest_nap: Duration,
    spins: u32,
    slept: Slept,
    watch: Watch,
}

impl Wait {
    fn new(deadline: Deadline) -> Self {
        Self::with_naps(deadline, Duration::MAX)
    }

    /// A wait that is cut into sleeps of at most `longest_nap`.
    pub(crate) fn with_naps(deadline: Deadline, longest_nap: Duration) -> Self {
        Self {
            deadline,
            longest_nap,
            spins: if deadline == Deadline::Now { 0 } else { SPINS },
            slept: Slept::Never,
            watch: Watch::default(),
        }
    }

    /// Lets some time pass, in which the word seen, which another thread owns, may change.
    pub(crate) fn pause(&mut self, lock: &RobustWord, seen: u64) -> Result<(), Missed> {
        if self.spins > 0 && !word::has_waiters(seen) {
            self.spins -= 1;
            spin_loop();
            return Ok(());
        }
        self.watch.look(seen);
        let Some(patience) = self.deadline.next_wait() else {
            if lock.bury_the_dead(seen) {
                return Ok(());
            }
            return Err(Missed::Held {
                holder: word::owner(seen),
                watched: self.watch.watched(),
            });
        };
        let Some(watched) = lock.watch(seen) else {
            return Ok(());
        };
        self.slept = Slept::Before;
        let patience = patience.min(self.longest_nap);
        lock.futex.wait(word::kernels(watched), patience);
        if lock.futex.load(Relaxed) == watched {
            lock.bury_the_dead(watched);
        }
        Ok(())
    }
}
