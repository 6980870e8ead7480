//! [`Seat`]: a robust word on a cache line of its own, for locks that many hold at once.

use std::sync::atomic::Ordering::Relaxed;

use crate::primitive::AtomicU64;
use crate::robust_word::RobustWord;

/// Where one holder of a lock sits, among others who do not disturb it.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub(crate) struct Seat {
    pub(crate) owner: RobustWord,
    zeros: [AtomicU64; 3],
}

impl Seat {
    /// Makes it a free one, whoever had it.
    pub(crate) fn format(&self) {
        self.owner.format();
        for zero in &self.zeros {
            zero.store(0, Relaxed);
        }
    }
}
