//! [`FutexLock`]: the shortest lock between processes that sleeps, and that nobody survives who dies in it.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::mailbox::{wait, wake};

const FREE: u32 = 0;
const HELD: u32 = 1;
const AWAITED: u32 = 2;
const SPINS: u32 = 100;

/// A word with three states (U. Drepper, "Futexes Are Tricky", mutex 2).
#[derive(Debug)]
pub struct FutexLock<'a>(pub &'a AtomicU32);

impl FutexLock<'_> {
    /// Locks, does `inside` and unlocks.
    pub fn locked<R>(&self, inside: impl FnOnce() -> R) -> R {
        if !self.try_lock() {
            self.lock_busy();
        }
        let result = inside();
        if self.0.swap(FREE, Ordering::Release) == AWAITED {
            wake(self.0);
        }
        result
    }

    fn try_lock(&self) -> bool {
        let swapped = self
            .0
            .compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed);
        swapped.is_ok()
    }

    #[cold]
    fn lock_busy(&self) {
        for _ in 0..SPINS {
            if self.0.load(Ordering::Relaxed) == FREE && self.try_lock() {
                return;
            }
            spin_loop();
        }
        while self.0.swap(AWAITED, Ordering::Acquire) != FREE {
            wait(self.0, AWAITED);
        }
    }
}
