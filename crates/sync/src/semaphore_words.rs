//! [`SemaphoreWords`]: the 64 bytes of a semaphore in a segment, version 1.
//!
//! Little-endian.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 4 | kind | `mpSE` or `mpSB`; written last |
//! | 4 | 4 | version | 1 |
//! | 8 | 4 | limit | the most permits there may be |
//! | 12 | 4 | zero | |
//! | 16 | 8 | count | how many are free: see `count_word` |
//! | 24 | 40 | zero | |

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::count_word::CountWord;
use crate::identity::Identity;

/// The bytes of a semaphore.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct SemaphoreWords {
    pub(crate) identity: Identity,
    limit: AtomicU32,
    zero: AtomicU32,
    pub(crate) count: CountWord,
    zeros: [AtomicU64; 5],
}

const _: () = {
    assert!(size_of::<SemaphoreWords>() == 64);
    assert!(std::mem::offset_of!(SemaphoreWords, count) == 16);
};

impl SemaphoreWords {
    /// Makes the bytes a semaphore with `count` of at most `limit` permits free.
    pub(crate) fn format(&self, kind: u32, count: u32, limit: u32) {
        self.identity.withdraw();
        self.limit.store(limit, Ordering::Relaxed);
        self.zero.store(0, Ordering::Relaxed);
        for zero in &self.zeros {
            zero.store(0, Ordering::Relaxed);
        }
        self.count.set(count);
        self.identity.publish(kind);
    }

    pub(crate) fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed).min(CountWord::MAX)
    }
}
