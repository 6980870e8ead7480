//! [`Spinlock`]: the least that a lock between processes can be, as the limit to measure beside.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering};

/// A word that is swapped to 1 and stored back; whoever comes late burns its time.
#[derive(Debug)]
pub struct Spinlock<'a>(pub &'a AtomicU32);

impl Spinlock<'_> {
    /// Locks, does `inside` and unlocks.
    pub fn locked(&self, inside: impl FnOnce()) {
        while self.0.swap(1, Ordering::Acquire) != 0 {
            while self.0.load(Ordering::Relaxed) != 0 {
                spin_loop();
            }
        }
        inside();
        self.0.store(0, Ordering::Release);
    }
}
