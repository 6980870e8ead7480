//! [`OnceWord`]: something that is done once, under a lock that survives its owner.
//!
//! Who finds it not ready takes the lock and looks again; who still finds it not ready does it, says so, and
//! releases. Whoever waited finds it ready. Killed inside, the lock is free and it is not ready, so that the
//! next one does it again.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::deadline::Deadline;
use crate::primitive::{AtomicU32, ThreadList};
use crate::robust_word::{Missed, RobustWord};

const READY: u32 = 1;

/// The words of a once. Zero bytes are one that was not begun.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct OnceWord {
    state: AtomicU32,
    /// How often it was begun.
    begun: AtomicU32,
    lock: RobustWord,
}

impl OnceWord {
    pub(crate) fn is_ready(&self) -> bool {
        // Acquire: pairs with the Release in `run`.
        self.state.load(Acquire) == READY
    }

    /// The thread that does it now; 0 for none.
    pub(crate) fn doer(&self) -> u32 {
        crate::word::owner(self.lock.load())
    }

    /// Runs `init` unless it was done, and waits until it is; `init` gets the number of attempts that were begun and
    /// not finished.
    pub(crate) fn run<E>(
        &self,
        me: &ThreadList,
        deadline: Deadline,
        init: impl FnOnce(u32) -> Result<(), E>,
    ) -> Result<Result<(), E>, Missed> {
        // A death of the last owner shows in the count.
        let _ = self.lock.lock(me, deadline)?;
        let _held = Held { word: self, me };
        if self.is_ready() {
            return Ok(Ok(()));
        }
        let begun = self.begun.load(Relaxed);
        self.begun.store(begun.wrapping_add(1), Relaxed);
        let done = init(begun);
        if done.is_ok() {
            self.state.store(READY, Release);
        }
        Ok(done)
    }
}

/// The lock, held; dropped by a panic of `init` too.
struct Held<'o> {
    word: &'o OnceWord,
    me: &'o ThreadList,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.word.lock.unlock_after(self.me, || {});
    }
}
