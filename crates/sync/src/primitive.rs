//! What the lock algorithms are made of: atomics, futexes, and the thread's list of held locks.
//!
//! `robust_word` and the protocols take these from here alone. The loom models compile the same
//! files against a `primitive` of their own (`tests/loom/primitive.rs`), whose atomics loom
//! schedules: this file is the switch between what ships and what is explored.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::atomic::{Ordering, compiler_fence, fence};

pub(crate) use crate::futex::{Futex, Watched, Woken, thread_lives, wait_any};
pub(crate) use crate::robust_list::{ListNode, ThreadList};

/// Keeps loads behind it from being done before the atomic read-modify-writes before it.
#[inline]
pub(crate) fn full_barrier() {
    if cfg!(target_arch = "x86_64") {
        // Each of those instructions is a full barrier already.
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// How often a busy word is read again before the thread goes to sleep: about one short section.
pub(crate) const SPINS: u32 = 100;
